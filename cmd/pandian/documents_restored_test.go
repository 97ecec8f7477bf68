package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/sandbox"
)

// dump writes the database to a file and returns its name.
func (s *shop) dump() string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "pandian.dump")
	s.tool("pg_dump", "--format=custom", "--file="+file, s.database)
	return file
}

// restore fills an empty database from a file, as docs/operator.md says.
func (s *shop) restore(file string) {
	s.t.Helper()
	s.tool("pg_restore", "--no-owner", "--exit-on-error", "--dbname="+s.database, file)
	s.countsRight()
}

// countsRight holds that as many documents are pending as are counted.
//
// fault 15: rows that are restored are not counted a second time, and the triggers that
// count what comes after them are restored, too.
func (s *shop) countsRight() {
	s.t.Helper()
	if wrong := s.pairs("select connection_code, counted_before || ' instead of ' || counted_now from outbox.recount()"); len(wrong) > 0 {
		s.t.Errorf("the count of pending documents is wrong: %v", wrong)
	}
	if ask[int](s, "select coalesce(sum(written_count), 0) from outbox.tail") == 0 {
		s.t.Error("nothing that was written is counted")
	}
}

// tool runs a program of PostgreSQL that belongs to the server.
func (s *shop) tool(name string, args ...string) {
	s.t.Helper()
	dir := ask[string](s, "select setting from pg_config where name = 'BINDIR'")
	if said, err := exec.CommandContext(s.t.Context(), filepath.Join(dir, name), args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v: %s", name, err, said)
	}
}

// moveTo has everything from here on use another database.
func (s *shop) moveTo(database string) {
	s.database = withCanary(database)
	s.environ = []string{"PANDIAN_CONFIG=" + filepath.Join(s.dir, "pandian.yaml"), "PANDIAN_DATABASE_URL=" + s.database}
}

// recreate drops the database and makes it anew, empty, under its name.
func (s *shop) recreate() {
	s.t.Helper()
	address, err := url.Parse(s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	name := pgx.Identifier{strings.TrimPrefix(address.Path, "/")}.Sanitize()
	address.Path = "/postgres"
	conn, err := pgx.Connect(s.t.Context(), address.String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range []string{"drop database " + name + " with (force)", "create database " + name} {
		if _, err := conn.Exec(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
}

// lived is what became of documents before and after a dump.
type lived struct {
	file string
	// held is the key of a document that was held when the dump was made, and sent
	// after it.
	held string
}

// livesOn delivers some documents, dumps, and delivers the rest and what is new.
func (c *chaos) livesOn(dump func() string) lived {
	c.t.Helper()
	c.must("extract", c.pipeline)
	c.must("transform", c.pipeline)
	held := ask[string](c.shop, "select min(business_key) from outbox.document where pipeline_code = $1", c.pipeline)
	c.must("outbox", "hold", c.pipeline, "--key", held, "--reason", "wait")
	c.must("load", c.pipeline, "--limit", "5")
	was := lived{dump(), held}
	c.must("outbox", "release", c.pipeline, "--key", held, "--reason", "go on")
	c.run(c.pipeline)
	c.worldChanges()
	nextSecond()
	c.run(c.pipeline)
	c.arrives(c.pipeline)
	if state := c.state(); state.State != "trusted" {
		c.t.Errorf("got %+v of a database that nothing happened to, want it trusted", state)
	}
	return was
}

// state is what status says of the database.
func (s *shop) state() databaseState {
	s.t.Helper()
	return decode[struct{ Database databaseState }](s.t, s.must("status", "--json").envelope(s.t).Summary).Database
}

// findsOut runs in a database that knows less than was sent, until all stands as it
// was, and holds that nothing was made, changed or refused a second time.
func (c *chaos) findsOut(was lived, cause string) {
	c.t.Helper()
	received := c.box.Received()
	command := "load" // what stands in the outbox, before the sources are asked
	if c.pipeline == jdyPipeline {
		command = "run" // a load alone would write a shop as it was, before the next run mends it
	}
	first := c.must(command, c.pipeline, "--json")
	c.sentNothing(received)
	c.must("run", c.pipeline)
	if !strings.Contains(first.stderr, "documents are looked up before they are sent") {
		c.t.Errorf("want the restore to be said, got %s", first)
	}
	if life := c.state(); life.State != "looked_up" || life.Cause == nil || *life.Cause != cause || life.Since == nil {
		c.t.Errorf("got %+v, want the cause %s", life, cause)
	}
	c.sentNothing(received)
	c.must("outbox", "release", c.pipeline, "--key", was.held, "--reason", "go on again")
	second := c.must("run", c.pipeline, "--json")
	if strings.Contains(second.stderr, "the database was restored: ") {
		c.t.Errorf("want it to be news once, got %s", second)
	}
	c.arrives(c.pipeline)
	c.sentNothing(received)
	if c.pipeline != jdyPipeline { // where a changed shop is an update
		c.askedBeforeResending(targetOf(c.pipeline))
	}
	if count := ask[int](c.shop, "select count(*) from ops.database_identity where trusted_at is null"); count != 1 {
		c.t.Errorf("got %d lives that are not trusted, want one", count)
	}
}

// goesOn makes new documents, whose numbers in the outbox were given once before, and
// ends the looking up.
func (c *chaos) goesOn() {
	c.t.Helper()
	c.worldChanges()
	nextSecond()
	c.run(c.pipeline)
	c.arrives(c.pipeline)
	c.fails(fault.UsageWrong, "outbox", "trust")
	if told := c.fails(fault.NeedsAttention, "status", "--fail-on", "failed,restored"); told.Path != "database" || !strings.HasPrefix(told.Message, "restored: ") {
		c.t.Errorf("got %+v, want a monitor to hear of the restore", told)
	}
	c.must("outbox", "trust", "--reason", "all is settled", "--by", "李雷")
	c.must("status", "--fail-on", "restored")
	if state := c.state(); state.State != "trusted" {
		c.t.Errorf("got %+v after a person said so, want it trusted", state)
	}
	if count := ask[int](c.shop, `
		select count(*) from ops.audit
		where verb = 'trust' and decided_by = '李雷' and pipeline_code = $1 and document_id is null`, c.pipeline); count != 1 {
		c.t.Errorf("got %d rows in ops.audit, want one for the outbox", count)
	}
	c.worldChanges()
	nextSecond()
	c.run(c.pipeline)
	c.arrives(c.pipeline)
	c.countsRight()
}

// restoredChaos is a merchant whose T+ takes a number twice.
func restoredChaos(t *testing.T, pipeline string) *chaos {
	t.Helper()
	options := chaosOptions()
	options.sandbox = func(o *sandbox.Options) { o.World.Rows, o.TPlusTakesTwice = 20, true }
	return chaosOf(t, newDocuments(t, options), pipeline, 1)
}

// fault 15: a database that is restored from a dump sends nothing twice, whether the
// documents stand as pending in it, in trouble, or are not there yet.
func TestARestoredDatabaseSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, pipeline := range []string{jdyPipeline, tplusPipeline} {
		t.Run(pipeline+", into another database", func(t *testing.T) {
			t.Parallel()
			c := restoredChaos(t, pipeline)
			was := c.livesOn(c.dump)
			c.moveTo(pgtest.Empty(t))
			c.restore(was.file)
			if state := c.state(); state.State != "changed" {
				t.Errorf("got %+v before the first run, want it changed", state)
			}
			c.doctorTells()
			c.findsOut(was, "moved")
			c.doctorTells()
			c.goesOn()
		})
	}
	t.Run("into the same database, dropped and made anew", func(t *testing.T) {
		t.Parallel()
		c := restoredChaos(t, k3Pipeline)
		was := c.livesOn(c.dump)
		c.recreate()
		c.restore(was.file)
		c.findsOut(was, "moved")
		c.goesOn()
	})
}

// doctorTells holds that doctor says what happened, what it means and how it ends.
func (s *shop) doctorTells() {
	s.t.Helper()
	ended := s.must("doctor", "--offline", "--json")
	for _, want := range []string{"restored from a dump", "looked up at its target", "pandian outbox trust", "tokens that platforms replace"} {
		if !strings.Contains(ended.stdout, want) {
			s.t.Errorf("want doctor to say %q, got %s", want, ended)
		}
	}
}

// fault 15: a standby that lagged is promoted; a copy that was put back without a
// trace is called into doubt by a person.
func TestAPromotedStandbySendsNothingTwice(t *testing.T) {
	t.Parallel()
	ways := map[string]bool{"promoted": true}
	if fromEnv(t, chaosSeconds, 6) > 6 {
		ways["put back as it was"] = false
	}
	for name, isPromoted := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newOwnServer(t)
			c := chaosOn(t, server, k3Pipeline)
			data := filepath.Join(server.Dir(), "data")
			copied := filepath.Join(server.Dir(), "standby")
			was := c.livesOn(func() string {
				server.stops(t)
				c.copies(data, copied)
				server.startsAgain(t)
				return ""
			})
			server.stops(t)
			if err := os.RemoveAll(data); err != nil {
				t.Fatal(err)
			}
			c.copies(copied, data)
			if !isPromoted {
				server.startsAgain(t)
				c.must("outbox", "doubt", "--reason", "the disk was put back")
				c.findsOut(was, "told")
				return
			}
			c.copies(filepath.Join(data, "PG_VERSION"), filepath.Join(data, "standby.signal"))
			server.startsAgain(t)
			if !ask[bool](c.shop, "select pg_promote()") {
				t.Fatal("the standby was not promoted")
			}
			c.findsOut(was, "timeline")
			c.goesOn()
		})
	}
}

// copies copies a file or folder as it is, its owner included.
func (s *shop) copies(from, to string) {
	s.t.Helper()
	if said, err := exec.CommandContext(s.t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		s.t.Fatalf("cp: %v: %s", err, said)
	}
}

// fault 15: what never was restored never says so: a new database, a copy of an empty
// one, a demo.
func TestADatabaseThatWasNotRestoredSaysNothing(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	if state := d.state(); state.State != "new" {
		t.Errorf("got %+v of a new database", state)
	}
	for range 2 {
		if ended := d.must("run", tplusPipeline); strings.Contains(ended.stderr, "looked up") {
			t.Errorf("got %s, want no word of a restore", ended)
		}
	}
	if ended := d.must("status", "--fail-on", "restored"); strings.Contains(ended.stderr, "looked up") {
		t.Errorf("got %s, want no word of a restore", ended)
	}
	if ended := d.must("outbox", "trust", "--reason", "to be sure"); !strings.Contains(ended.stderr, "nothing to do") {
		t.Errorf("got %s, want nothing to be done", ended)
	}
	if got := fmt.Sprint(d.pairs("select identity_id::text, cause from ops.database_identity")); got != "map[1:first]" {
		t.Errorf("got the lives %s, want the first alone", got)
	}
}
