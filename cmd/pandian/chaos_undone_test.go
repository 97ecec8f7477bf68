package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
)

const (
	// chaosStrikes is how many transactions the server undoes, for each pipeline, at
	// the least; make chaos-undone asks for more.
	chaosStrikes = "PANDIAN_CHAOS_STRIKES"
	// strikesPerMille is how often it undoes one at a statement that writes.
	strikesPerMille = 20
)

// undone says what became of transactions that the server undid.
type undone struct {
	// struck is what the server counted, told what pandian said that it repeated, and
	// balanced the part of it that stands in the balance of a run.
	struck, told, balanced int
	// ok and failed count runs; gaveUp the transactions that were undone to the last.
	ok, failed, gaveUp int
}

// faults 12, 7: deadlocks and serialization failures at the statements of every step
// and at commits. Each is repeated as a whole and counted; a run that gives up says
// so; nothing is lost or done twice.
func TestTransactionsThatTheServerUndoes(t *testing.T) {
	t.Parallel()
	strikes, seed := fromEnv(t, chaosStrikes, 6), fromEnv(t, chaosSeed, 1)
	pipelines := []string{stockPipeline, tplusPipeline}
	if strikes > 6 {
		pipelines = chaosPipelines()
	}
	for _, pipeline := range pipelines {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			c := newChaos(t, pipeline, uint64(seed))
			found := c.isStruck(seed, strikes)
			c.recovers("the last of them")
			c.settles()
			if found.told+found.gaveUp != found.struck {
				t.Errorf("%d transactions were undone, %d were repeated and %d given up: they are not all accounted for",
					found.struck, found.told, found.gaveUp)
			}
			if found.balanced == 0 || found.balanced > found.told {
				t.Errorf("the balances of the runs count %d repeats of %d that were told", found.balanced, found.told)
			}
			all := c.tally()
			reports(t, "%s: seed %d, %d transactions undone by the server, %d repeated, %d given up; %d runs went well and %d failed: %d lost, %d duplicates, %d stuck",
				pipeline, seed, found.struck, found.told, found.gaveUp, found.ok, found.failed, len(all.Lost), len(all.Duplicates), all.Stuck)
		})
	}
}

// isStruck runs the pipeline until the server has undone enough.
func (c *chaos) isStruck(seed, strikes int) (found undone) {
	c.t.Helper()
	conn := c.connect()
	defer conn.Close(context.Background())
	pgtest.Strike(c.t, conn, seed, strikesPerMille, `ops."window"`, "outbox.claim", "ops.run")
	for runs := 0; found.told < strikes; runs++ {
		if runs > 10*strikes {
			c.t.Fatalf("%d runs and only %d transactions undone", runs, found.told)
		}
		ended := c.pandian("run", c.pipeline, "--json")
		found.add(c, ended)
		c.somethingNew()
	}
	found.struck = pgtest.StrikeNoMore(c.t, conn)
	return found
}

// add reads a run's log and its envelope.
func (u *undone) add(c *chaos, ended outcome) {
	c.t.Helper()
	for line := range strings.Lines(ended.stderr) {
		if strings.Contains(line, "which is repeated") ||
			strings.Contains(line, "the database failed") && strings.Contains(line, "trying again") && strings.Contains(line, "struck by a test") {
			u.told++
		}
	}
	got := ended.envelope(c.t)
	for _, balance := range decode[map[string]balance](c.t, got.Summary) {
		u.balanced += int(balance.Repeats)
	}
	if ended.code == fault.ExitOK {
		u.ok++
		return
	}
	u.failed++
	u.gaveUp += strings.Count(got.Error.Message, "struck by a test")
	if !strings.Contains(got.Error.Message, "6 times in a row") && !strings.Contains(got.Error.Message, "tried 5 times") || got.Error.Suggestion == "" {
		c.t.Errorf("a run gave up and does not say why: %s", ended)
	}
}

// fault 12: a real deadlock of two sessions that take their locks the other way
// round. The server ends pandian's transaction, which is repeated.
func TestADeadlockWithAnotherSession(t *testing.T) {
	t.Parallel()
	c := newChaos(t, k3Pipeline, 1)
	c.tell(`
		do $$
		begin
			execute format('alter database %I set deadlock_timeout = ''400ms''', current_database());
		end $$`)
	c.recovers("the start") // and the day's partitions are made
	for _, at := range []encounter{
		{step: "landing", holds: `ops."window"`, wants: "staging.page"},
		{step: "typing", holds: "ops.step_input", wants: "jst.saleout"},
		{step: "settling what was sent", holds: "outbox.claim", wants: "outbox.result", isAfterCall: true},
	} {
		c.worldChanges()
		nextSecond()
		if !c.meets(at) {
			t.Errorf("%s: the server never ended pandian's transaction", at.step)
		}
		c.recovers("a deadlock while " + at.step)
	}
	c.settles()
}

// encounter is where a run and another session meet: the run holds one table and
// wants the other, and the session the other way round.
type encounter struct {
	step, holds, wants string
	// isAfterCall lets the run come as far as the target first.
	isAfterCall bool
}

// meets says whether the run was the one whose transaction the server ended, and went
// well all the same.
func (c *chaos) meets(at encounter) bool {
	c.t.Helper()
	for range 5 { // on a machine that stands still the other session may be the one
		ended, err := c.meetsOnce(at)
		var refused *pgconn.PgError
		switch {
		case errors.As(err, &refused) && refused.Code == "40P01":
			c.worldChanges()
			nextSecond()
			continue
		case err != nil:
			c.t.Fatal(err)
		case ended.code != fault.ExitOK:
			c.t.Errorf("want the run to repeat what was undone, got %s", ended)
		}
		return strings.Contains(ended.stderr, "deadlock detected")
	}
	return false
}

// meetsOnce returns what became of the run and of the other session.
func (c *chaos) meetsOnce(at encounter) (ended outcome, err error) {
	c.t.Helper()
	var run *beside
	letGo := func() { run = c.beside("run", c.pipeline, "--json") }
	if at.isAfterCall {
		gate := c.front.holdFrom(c.t, targetOf(c.pipeline), 1)
		run = c.beside("run", c.pipeline, "--json")
		gate.awaits(c.t, run)
		letGo = gate.open
	}
	other := c.connect()
	exec := func(sql string) {
		if err == nil {
			_, err = other.Exec(c.t.Context(), sql)
		}
	}
	exec("set deadlock_timeout = '20s'")
	exec("begin")
	exec("lock table " + at.wants + " in share mode")
	letGo()
	c.waitFor("the run to want "+at.wants, `
		select exists (
			select from pg_locks
			where
				not granted and relation = $1::text::regclass
				and database = (select oid from pg_database where datname = current_database()))`, at.wants)
	exec("lock table " + at.holds + " in share mode")
	_ = other.Close(context.Background())
	ended = run.ends(c.t)
	c.front.holdNothing()
	return ended, err
}
