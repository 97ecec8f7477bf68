package main

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/pgtest"
	"pandian/internal/sandbox"
)

// untold are the functions by which a server tells its cluster and its timeline.
const untold = "pg_control_system(), pg_walfile_name(pg_lsn), pg_current_wal_insert_lsn()"

// isNotTold gives what asks for the identity of the database to an account that may
// not ask for cluster and timeline, as at clouds that keep these functions to themselves.
func (s *shop) isNotTold(account string) {
	s.t.Helper()
	s.tell("revoke execute on function " + untold + " from public")
	s.tell("grant usage on schema ops to " + account)
	s.tell("alter function ops.identify_database() owner to " + account)
}

// quietAccount makes an account without any right, for the time of the test.
func (s *shop) quietAccount(t *testing.T) string {
	t.Helper()
	name := "quiet_" + ask[string](s, "select right(current_database(), 12)")
	s.tell("create role " + name)
	database := s.database
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), database)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		for _, statement := range []string{"reassign owned by " + name + " to current_user", "drop owned by " + name, "drop role " + name} {
			if _, err := conn.Exec(context.Background(), statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
	return name
}

// newestLife counts the lives of the database, and what is not known of the newest.
func (s *shop) newestLife() (lives, unknown int) {
	s.t.Helper()
	const newest = "select num_nulls(system_identifier, timeline_id) from ops.database_identity order by identity_id desc limit 1"
	return ask[int](s, "select count(*) from ops.database_identity"), ask[int](s, newest)
}

// examines holds that doctor says something of whether the database was restored.
func (s *shop) examines(want ...string) {
	s.t.Helper()
	ended := s.must("doctor", "--offline", "--json")
	for _, words := range want {
		if !strings.Contains(ended.stdout, words) {
			s.t.Errorf("want doctor to say %q, got %s", words, ended)
		}
	}
}

// fault 15: where the server does not tell its cluster and its timeline, documents are
// sent as ever, doctor says what cannot be noticed, and a dump that is restored still is.
func TestARestoreIsNoticedWhereTheServerDoesNotTell(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{sandbox: func(o *sandbox.Options) { o.TPlusTakesTwice = true }})
	account := d.quietAccount(t)
	d.isNotTold(account)
	cannot := []string{
		"a dump that is restored is noticed; a base backup or a promoted standby is not",
		"grant execute on function pg_control_system()", "say pandian outbox doubt after a restore",
	}
	d.must("extract", tplusPipeline)
	d.must("transform", tplusPipeline)
	d.must("load", tplusPipeline, "--limit", "5")
	file := d.dump()
	if ended := d.must("run", tplusPipeline); strings.Contains(ended.stderr, "looked up") {
		t.Errorf("got %s, want documents sent as ever", ended)
	}
	d.arrives(tplusPipeline)
	if lives, unknown := d.newestLife(); lives != 1 || unknown != 2 {
		t.Fatalf("got %d lives, and %d things not known of the newest, want one of which neither is known", lives, unknown)
	}
	d.examines(cannot...)

	// What the server does not tell is not compared, whatever was known before.
	d.tell("update ops.database_identity set system_identifier = 1, timeline_id = 1")
	if state := d.state(); state.State != "trusted" {
		t.Errorf("got %+v, want what is not told to be no reason for doubt", state)
	}

	d.moveTo(pgtest.Empty(t))
	d.restore(file)
	d.isNotTold(account)
	if state := d.state(); state.State != "changed" {
		t.Errorf("got %+v before the first run, want it changed", state)
	}
	if ended := d.must("run", tplusPipeline); !strings.Contains(ended.stderr, "looked up") {
		t.Errorf("got %s, want the restore to be said", ended)
	}
	d.arrives(tplusPipeline) // nothing twice
	d.must("outbox", "trust", "--reason", "all is settled")
	d.examines(cannot...)

	// What cannot be noticed is for a person to say.
	d.must("outbox", "doubt", "--reason", "a standby was promoted")
	if state := d.state(); state.State != "looked_up" || *state.Cause != "told" {
		t.Errorf("got %+v, want documents to be looked up", state)
	}
	d.must("outbox", "trust", "--reason", "all is settled")

	// Once the server tells, it is written down, and is no news.
	d.tell("grant execute on function " + untold + " to " + account)
	before, _ := d.newestLife()
	if ended := d.must("load", tplusPipeline); strings.Contains(ended.stderr, "looked up") {
		t.Errorf("got %s, want no word of a restore", ended)
	}
	if lives, unknown := d.newestLife(); lives != before || unknown != 0 {
		t.Errorf("got %d lives, and %d things not known of the newest, want %d and all known", lives, unknown, before)
	}
	d.examines("the database is what it was when it last sent")
}
