package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"pandian/internal/fault"
	"pandian/internal/sandbox/world"
)

// process is pandian in a process of its own.
type process struct {
	*exec.Cmd
	out, errs locked
	done      chan struct{}
}

func (s *shop) start(args ...string) *process {
	s.t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), done: make(chan struct{})}
	p.Env = append([]string{asPandian + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}, s.environ...)
	p.Stdout, p.Stderr = &p.out, &p.errs
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // the exit code is in ProcessState
		close(p.done)
	}()
	s.t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
	})
	return p
}

// send sends a signal and waits for the end.
func (s *shop) send(p *process, sig os.Signal) outcome {
	s.t.Helper()
	if err := p.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	ended := p.ends(s.t)
	s.hidesSecrets(ended)
	return ended
}

// waitFor asks until the answer is yes.
func (s *shop) waitFor(what, sql string, args ...any) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ask[bool](s, sql, args...) {
			return
		}
	}
	s.t.Fatalf("waited 30 s for %s", what)
}

// waitUntilDead waits until the database has noticed that a killed run is gone.
func (s *shop) waitUntilDead(runID int64) {
	s.t.Helper()
	s.waitFor("the lock of the killed run", `
		select not exists (
			select from pg_locks
			where
				locktype = 'advisory' and classid = ops.run_lock_class()::oid and objid = $1::bigint::oid
				and database = (select oid from pg_database where datname = current_database()))`, runID)
}

// manyPages is a world whose windows have several pages each.
func manyPages(o *world.Options) { o.Rows = 1500 }

// fault 1: killed after page fetch before commit.
func TestARunThatWasKilledWhileExtractingIsResumed(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{world: manyPages})
	gate := s.front.holdFrom(t, "wdt", 12)
	child := s.start("run", "stock-compare")
	gate.awaits(t, child)
	s.waitFor("the first window", `select exists (select from ops."window" where dataset = 'wdt.stock' and state = 'complete')`)
	s.send(child, syscall.SIGKILL)
	gate.open()
	s.waitUntilDead(1)
	second := s.run()
	s.wentOnAfterInterruption(second)
	if shared := ask[int64](s, `select count(distinct run_id) from ops."window" where dataset = 'wdt.stock' and state = 'complete'`); shared != 2 {
		t.Errorf("got windows of %d runs, want the second run to go on where the first was killed", shared)
	}
}

// fault 1: killed mid-transform.
func TestARunThatWasKilledWhileTransformingIsResumed(t *testing.T) {
	t.Parallel()
	for step, table := range map[string]string{
		"typing": "wdt.stock", "comparing": "compare.stock_result", "keeping the ledger": "compare.discrepancy",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{})
			holder := s.connect()
			defer holder.Close(context.Background())
			if _, err := holder.Exec(t.Context(), "begin; lock table "+table+" in share row exclusive mode"); err != nil {
				t.Fatal(err)
			}
			child := s.start("run")
			s.waitFor("the step to wait for the table", `
				select exists (select from pg_locks where not granted and relation = $1::text::regclass and database = (select oid from pg_database where datname = current_database()))`, table)
			s.send(child, syscall.SIGKILL)
			if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
				t.Fatal(err)
			}
			s.waitUntilDead(1)
			s.wentOnAfterInterruption(s.run())
		})
	}
}

// fault 1: killed after intent, mid write-back.
func TestWhatAKilledLoadHeldIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.must("extract")
	s.must("transform")
	holder := s.connect()
	defer holder.Close(context.Background())
	if _, err := holder.Exec(t.Context(), "begin; lock table outbox.writeback in share row exclusive mode"); err != nil {
		t.Fatal(err)
	}
	child := s.start("load")
	s.waitFor("both workers to hold documents and to wait for the table", `
		select count(*) = 2 from pg_locks
		where not granted and relation = 'outbox.writeback'::regclass and database = (select oid from pg_database where datname = current_database())`)
	s.send(child, syscall.SIGKILL)
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	s.waitUntilDead(3)
	all := int64(s.truth(demoParams).WrittenBack)
	next := s.must("load", "--json").figures(t)
	if next.Documents.Sent+next.Documents.Left != all || next.Documents.Left != 100 {
		t.Errorf("got %+v of %d documents, want the 100 that the killed worker holds to be left", next.Documents, all)
	}
	s.tell("update outbox.claim set lease_until = now() - interval '1 second'") // a minute later
	next = s.must("load", "--json").figures(t)
	if next.Documents.Sent != 100 || next.Documents.Left != 0 {
		t.Errorf("got %+v, want the 100 documents that were left", next.Documents)
	}
	s.wentOn(next)
}

// wentOnAfterInterruption holds what stands after run 1 was killed and run 2 went
// well against the truth: nothing lost, nothing twice.
func (s *shop) wentOnAfterInterruption(second runFigures) {
	s.t.Helper()
	if state := ask[string](s, "select state || ': ' || error from ops.run where run_id = 1"); state != "interrupted: the process ended before the run did; what it had landed is used by the next run" {
		s.t.Errorf("the killed run is %s, want it to be interrupted", state)
	}
	s.wentOn(second)
}

func (s *shop) wentOn(second runFigures) {
	s.t.Helper()
	params := demoParams
	truth := s.truth(params)
	agreeOnOutcomes(s.t, second, truth)
	params.WithRows = true
	s.agreesByRow(params)
	for what, sql := range map[string]string{
		"documents":            "select count(*) from outbox.document",
		"documents of one key": "select count(distinct business_key) from outbox.document",
		"documents sent":       "select count(*) from outbox.result where outcome = 'sent'",
	} {
		if got := ask[int64](s, sql); got != int64(truth.WrittenBack) {
			s.t.Errorf("got %d %s, want %d", got, what, truth.WrittenBack)
		}
	}
	if got := ask[int64](s, "select count(*) from compare.discrepancy_event where event <> 'opened'"); got != 0 {
		s.t.Errorf("got %d events that are no openings, want each discrepancy to be opened once", got)
	}
}

func TestASignalEndsARunGracefully(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signal syscall.Signal
		code   fault.Code
	}{"SIGINT": {syscall.SIGINT, fault.RunInterrupted}, "SIGTERM": {syscall.SIGTERM, fault.RunTerminated}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{world: manyPages})
			gate := s.front.holdFrom(t, "wdt", 6)
			child := s.start("run", "--json")
			gate.awaits(t, child)
			ended := s.send(child, c.signal)
			s.failed(ended, c.code)
			gate.open()
			if state := ask[string](s, "select state from ops.run where run_id = 1"); state != "failed" {
				t.Errorf("the stopped run is %s, want it to have ended by itself", state)
			}
			if pages := ask[int64](s, "select count(*) from staging.page where dataset = 'wdt.stock'"); pages == 0 {
				t.Error("no page that was read before the signal was kept")
			}
			s.wentOn(s.run())
		})
	}
}
