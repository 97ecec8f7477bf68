package main

import (
	"os"
	"strings"
	"testing"

	"pandian/internal/fault"
	"pandian/internal/pgbouncer"
	"pandian/internal/pgtest"
	"pandian/internal/sandbox"
)

// behind is the merchant whose commands reach the database through a pooler. What the
// test itself asks goes to the server.
func (d *documents) behind(mode string, settings ...string) *documents {
	d.t.Helper()
	inside := *d.shop
	inside.environ = append(append([]string{}, d.environ...), "PANDIAN_DATABASE_URL="+pgbouncer.Start(d.t, d.database, mode, settings...))
	return &documents{shop: &inside, options: d.options}
}

// fault 15: pgbouncer in transaction or statement mode is refused by every command,
// before anything is written or sent, with a code of its own.
func TestAPoolerThatTakesSessionsAwayIsRefused(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	t.Run("refused", func(t *testing.T) {
		for mode, settings := range map[string][]string{
			pgbouncer.Transaction: nil,
			pgbouncer.Statement:   {"server_round_robin = 1"},
		} {
			t.Run(mode+" mode", func(t *testing.T) {
				t.Parallel()
				d.in(t).isRefusedBehind(mode, settings...)
			})
		}
	})
	if runs := ask[int](d.shop, "select count(*) from ops.run"); runs != 0 || len(d.ledger("k3cloud")) != 0 {
		t.Errorf("got %d runs and %d documents, want nothing to be written or sent", runs, len(d.ledger("k3cloud")))
	}
}

// isRefusedBehind holds that every command refuses the database behind pgbouncer.
func (d *documents) isRefusedBehind(mode string, settings ...string) {
	d.t.Helper()
	behind := d.behind(mode, settings...)
	for _, line := range [][]string{
		{"run", k3Pipeline}, {"load", k3Pipeline}, {"status"}, {"plan", k3Pipeline}, {"outbox", "list"},
		{"outbox", "trust", "--reason", "x"}, {"migrate", "up"}, {"migrate", "status"}, {"doctor", "--offline"}, {"diff"},
	} {
		failed := behind.fails(fault.DatabasePooled, line...)
		if !strings.Contains(failed.Suggestion, "pool_mode = session") || !strings.Contains(failed.Suggestion, "directly") {
			d.t.Errorf("%v: got advice %q, want it to name both ways out", line, failed.Suggestion)
		}
	}
}

// fault 15: pgbouncer in session mode works as the server itself does: migrations,
// runs, servers, decisions, and the rights of each stage.
func TestAPoolerInSessionMode(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{noMaps: true, sandbox: func(o *sandbox.Options) { o.World.Rows = 20 }})
	d.moveTo(pgtest.Empty(t))
	behind := d.behind(pgbouncer.Session, "default_pool_size = 60")
	behind.must("migrate", "up", "-q")
	d.mapShops()
	behind.must("doctor", "--offline")

	// The lock of a run is its session's.
	gate := d.front.holdFrom(t, "k3cloud", 1)
	run := behind.beside("run", k3Pipeline, "--json")
	gate.awaits(t, run)
	if count := ask[int](d.shop, `
		select count(*) from pg_locks
		where
			locktype = 'advisory' and classid = ops.run_lock_class()::oid and granted
			and database = (select oid from pg_database where datname = current_database())`); count != 1 {
		t.Errorf("got %d locks of runs, want that of the run under way", count)
	}
	if failed := behind.fails(fault.RunBusy, "run", k3Pipeline); failed.Message == "" {
		t.Error("want it to say who runs")
	}
	gate.open()
	d.front.holdNothing()
	if ended := run.ends(t); ended.code != fault.ExitOK {
		t.Fatalf("want the run to go well, got %s", ended)
	}
	d.arrives(k3Pipeline)

	behind.must("plan", tplusPipeline)
	behind.must("extract", tplusPipeline)
	behind.must("transform", tplusPipeline)
	key := ask[string](d.shop, "select min(business_key) from outbox.document where pipeline_code = $1", tplusPipeline)
	behind.must("outbox", "hold", tplusPipeline, "--key", key, "--reason", "wait")
	behind.must("load", tplusPipeline)
	behind.must("outbox", "list")
	behind.must("outbox", "release", tplusPipeline, "--key", key, "--reason", "go on")
	behind.must("load", tplusPipeline)
	d.arrives(tplusPipeline)
	behind.must("status")
	behind.must("diff")

	d.replace("  "+jdyPipeline+":\n", "  "+jdyPipeline+":\n    schedule: {cron: \"@every 1s\"}\n")
	child := behind.start("serve", "--listen", "127.0.0.1:0", "--grace", "20s")
	d.waitFor("two fires", firesThatAreOK, 2)
	if ended := behind.send(child, os.Interrupt); ended.code != fault.ExitInterrupted && ended.code != fault.ExitOK {
		t.Errorf("want the server to end well, got %s", ended)
	}
	d.arrives(jdyPipeline)
}
