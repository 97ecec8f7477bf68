package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

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
			strings.Contains(line, "the database failed, trying again") && strings.Contains(line, "struck by a test") {
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
	for _, at := range []struct{ step, holds, wants string }{
		{"landing", `ops."window"`, "staging.page"},
		{"typing", "ops.step_input", "jst.saleout"},
		{"delivering", "outbox.claim", "outbox.result"},
	} {
		if !c.meets(at.holds, at.wants) {
			t.Errorf("%s: the server never ended pandian's transaction", at.step)
		}
		c.recovers("a deadlock while " + at.step)
		c.somethingNew()
	}
	c.settles()
}

// meets runs the pipeline beside a session that has locked what the run wants, and
// then wants what the run holds. It says whether the run was the one that the server
// ended, and went well all the same.
func (c *chaos) meets(holds, wants string) bool {
	c.t.Helper()
	for range 5 { // on a machine that stands still the session may be the one
		other := c.connect()
		exec := func(sql string) error {
			_, err := other.Exec(c.t.Context(), sql)
			return err
		}
		if err := errors.Join(exec("set deadlock_timeout = '20s'"), exec("begin"), exec("lock table "+wants+" in share mode")); err != nil {
			c.t.Fatal(err)
		}
		done := make(chan outcome, 1)
		go func() { done <- c.pandian("run", c.pipeline, "--json") }()
		c.waitFor("the run to want "+wants, `
			select exists (
				select from pg_locks
				where
					not granted and relation = $1::text::regclass
					and database = (select oid from pg_database where datname = current_database()))`, wants)
		err := exec("lock table " + holds + " in share mode")
		_ = other.Close(context.Background())
		ended := <-done
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "40P01" {
			c.somethingNew()
			continue
		}
		if err != nil {
			c.t.Fatal(err)
		}
		if ended.code != fault.ExitOK {
			c.t.Errorf("want the run to repeat what was undone, got %s", ended)
		}
		return strings.Contains(ended.stderr, "deadlock detected")
	}
	return false
}

// waitAtMost keeps a test from hanging on what does not come.
func waitAtMost[T any](t *testing.T, what string, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(time.Minute):
		t.Fatalf("waited a minute for %s", what)
	}
	return value
}
