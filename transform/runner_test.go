package transform_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/transform"
)

// oneDifference is a world in which one row differs.
const oneDifference = `
	select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1", "modified": "2026-01-01 00:00:01"}]');
	select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 5}]');`

// nowAgrees is what the source says next: no difference any more.
const nowAgrees = `
	select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "5", "modified": "2026-01-01 00:00:02"}]');`

// step is the step of a name, with text put behind its statements.
func (b *bundle) step(name, text string) transform.File {
	b.Helper()
	for _, file := range b.steps {
		if file.Name == name {
			file.Text += text
			return file
		}
	}
	b.Fatalf("no step %s", name)
	return transform.File{}
}

// ledger is the ledger as a person counts it.
func (b *bundle) ledger() string {
	b.Helper()
	return fmt.Sprint(b.table("select record_key, kind, state, source_qty, counterpart_qty from compare.discrepancy order by 1")[1:])
}

func TestRunnerFailure(t *testing.T) {
	t.Parallel()

	t.Run("leaves_nothing_behind_and_is_made_good_by_the_next_run", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		failing := b.step("source/wdt_stock", "\nselect 1 / 0;\n")
		runID := b.begin(pipeline, nil)
		b.given(runID, oneDifference)
		before := b.written(stageSchemas()...)
		err := b.runner(runID).Run(t.Context(), []transform.File{failing, b.step("source/yonsuite_current_stock", "")})
		if err == nil || !strings.Contains(err.Error(), "transform source/wdt_stock") || !strings.Contains(err.Error(), "division by zero") {
			t.Errorf("got error %v, want one that names the step and the reason", err)
		}
		b.wantSame("a failed step", b.written(stageSchemas()...), before)
		got := fmt.Sprint(b.table("select step_code, state, error from ops.step_run")[1:])
		if want := "[[source/wdt_stock failed ERROR: division by zero (SQLSTATE 22012)]]"; got != want {
			t.Errorf("ops.step_run\n got %s\nwant %s", got, want)
		}
		b.end(runID, "failed")
		b.story("select 1")
		if got, want := b.ledger(), "[[1@1 different open 1 5]]"; got != want {
			t.Errorf("after the next run: got %s, want %s", got, want)
		}
	})

	t.Run("names_the_line_of_the_file", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		failing := b.step("source/wdt_stock", "\n-- 库存\nselect 1;\nselect nothing_of_the_kind\nfrom wdt.stock;\n")
		line := strings.Count(failing.Text[:strings.Index(failing.Text, "nothing_of_the_kind")], "\n") + 1
		runID := b.begin(pipeline, nil)
		err := b.runner(runID).Run(t.Context(), []transform.File{failing})
		if want := fmt.Sprintf("(line %d)", line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %s", err, want)
		}
		if got := scan[string](b, "select error from ops.step_run"); !strings.Contains(got, fmt.Sprintf("(line %d)", line)) {
			t.Errorf("ops.step_run says %q", got)
		}
	})

	t.Run("is_noted_although_the_run_was_cancelled", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		runID := b.begin(pipeline, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := b.runner(runID).Run(ctx, []transform.File{b.step("source/wdt_stock", "\nselect pg_sleep(30);\n")}); err == nil {
			t.Fatal("got no error")
		}
		if got := scan[string](b, "select state from ops.step_run"); got != "failed" {
			t.Errorf("ops.step_run says %s", got)
		}
	})
}

// TestCompareFailure: a limit of the server ends the comparison; nothing of
// the run's comparison stays, and the next run does it all.
//
// fault 13: temp_file_limit, statement_timeout in compare.
func TestCompareFailure(t *testing.T) {
	t.Parallel()

	for _, step := range []string{"compare/stock_result", "compare/discrepancy"} {
		t.Run("by_statement_timeout_in_"+strings.ReplaceAll(step, "/", "_"), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.story(oneDifference)
			b.wantCompareFails(nowAgrees, map[string]string{"statement_timeout": "300ms"}, "statement timeout", func() func() {
				// Somebody holds a table that the step needs.
				tx, err := b.pool.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec(t.Context(), "lock table "+strings.NewReplacer("compare/", "compare.").Replace(step)); err != nil {
					t.Fatal(err)
				}
				return func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }
			})
		})
	}

	t.Run("by_temp_file_limit", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.story(oneDifference)
		many := nowAgrees + `
			select given.wdt((
				select json_agg(json_build_object('spec_id', 's' || id, 'warehouse_id', '1', 'warehouse_no', 'W1', 'goods_no', 'G' || id, 'stock_num', '1'))::text
				from generate_series(1, 5000) as id
			))`
		b.wantCompareFails(many, map[string]string{"temp_file_limit": "1", "work_mem": "64kB"}, "temp_file_limit", func() func() { return func() {} })
	})
}

// wantCompareFails types a part in peace and lets the rest of the run meet a
// limit.
func (b *bundle) wantCompareFails(part string, limits map[string]string, reason string, hold func() (release func())) {
	b.Helper()
	config := b.pool.Config().Copy()
	for name, value := range limits {
		config.ConnConfig.RuntimeParams[name] = value
	}
	limited, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer limited.Close()

	runID := b.begin(pipeline, nil)
	b.given(runID, part)
	var sources, rest []transform.File
	for _, step := range b.steps {
		if step.Folder == string(transform.Source) {
			sources = append(sources, step)
		} else {
			rest = append(rest, step)
		}
	}
	if err := b.runner(runID).Run(b.Context(), sources); err != nil {
		b.Fatal(err)
	}
	before := b.ledger()
	release := hold()
	runner := b.runner(runID)
	runner.Pool = limited
	err = runner.Run(b.Context(), rest)
	release()
	if err == nil || !strings.Contains(err.Error(), reason) {
		b.Errorf("got error %v, want one with %q", err, reason)
	}
	if got := b.ledger(); got != before {
		b.Errorf("ledger after the failure: got %s, want %s", got, before)
	}
	if noted := scan[string](b, "select error from ops.step_run where state = 'failed' and run_id = $1", runID); !strings.Contains(noted, reason) {
		b.Errorf("ops.step_run says %q, want %q", noted, reason)
	}
	b.end(runID, "failed")
	last := b.story("select 1")
	if got := scan[string](b, "select state from compare.discrepancy where record_key = '1@1'"); got != "resolved" {
		b.Errorf("after the next run: got %s, want resolved", got)
	}
	b.wantLaws(last)
}

func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	runID := b.begin(pipeline, nil)
	b.given(runID, oneDifference)
	conn, err := pgx.ConnectConfig(t.Context(), b.pool.Config().ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "select pg_advisory_lock(ops.run_lock_class(), $1)", int32(runID)); err != nil {
		t.Fatal(err)
	}

	if got := scan[int](b, "select ops.mark_interrupted_runs()"); got != 0 {
		t.Errorf("marked %d runs whose session lives", got)
	}
	b.story("select 1")
	if got := scan[int](b, "select count(*) from wdt.stock"); got != 0 {
		t.Errorf("took %d rows of a run that is still at work", got)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.eventually("the session's lock is gone", func() bool { return scan[int](b, "select ops.mark_interrupted_runs()") == 1 })
	b.story("select 1")
	if got, want := b.ledger(), "[[1@1 different open 1 5]]"; got != want {
		t.Errorf("got ledger %s, want %s: the pages are taken over", got, want)
	}
}

func (b *bundle) eventually(what string, isSo func() bool) {
	b.Helper()
	for range 200 {
		if isSo() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatalf("not within 4 s: %s", what)
}

// TestRunnersMeet: several runs reach the same step in the same moment; each
// page and each change is taken once.
func TestRunnersMeet(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for round := range 4 {
		landed := b.begin("landing", nil)
		b.given(landed, fmt.Sprintf(`
			select given.wdt((
				select json_agg(json_build_object('spec_id', id::text, 'warehouse_id', '1', 'warehouse_no', 'W1', 'goods_no', 'A' || id, 'stock_num', '%d', 'modified', '2026-01-01 00:00:0%d'))::text
				from generate_series(1, 300) as id
			))`, round, round))
		b.end(landed, "ok")

		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 3 {
			runID := b.begin(pipeline, nil)
			b.given(runID, "select 1")
			wg.Go(func() {
				<-start
				if err := b.runner(runID).Run(t.Context(), []transform.File{b.step("source/wdt_stock", "")}); err != nil {
					t.Error(err)
				}
				b.end(runID, "ok")
			})
		}
		close(start)
		wg.Wait()
	}
	if got := scan[int](b, "select count(*) from wdt.stock_change"); got != 4*300 {
		t.Errorf("got %d changes, want %d", got, 4*300)
	}
	if got := scan[int](b, `
		select count(*)
		from ops.step_input
		inner join ops.run on run.run_id = step_input.input_run_id
		where run.pipeline_code = 'landing'`); got != 4 {
		t.Errorf("the four landing runs were taken %d times", got)
	}
	b.wantAddsUp()
}

// TestReadingBeginsDuringCompare: another run opens a reading between the
// steps of a comparison. What was compared must reach ledger and outbox.
//
// fault 16: a concurrent extract during the compare leaves no half-window.
func TestReadingBeginsDuringCompare(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.story(oneDifference)
	runID := b.begin(pipeline, nil)
	b.given(runID, nowAgrees)
	other := b.begin("another", nil)
	runner := b.runner(runID)
	runner.After = func(result transform.StepResult) {
		if result.Step == "stock-compare/compare/stock_result" {
			b.exec(`
				insert into ops."window" (connection_code, dataset, kind, run_id)
				values ('yonsuite', 'yonsuite.current_stock', 'snapshot', $1)`, other)
		}
	}
	if err := runner.Run(t.Context(), b.steps); err != nil {
		t.Fatal(err)
	}
	b.end(runID, "ok")
	if got, want := b.ledger(), "[[1@1 different resolved 5 5]]"; got != want {
		t.Errorf("got ledger %s, want %s, as the outcomes say", got, want)
	}
	if got := scan[int](b, "select count(*) from outbox.document where revision = 2"); got != 1 {
		t.Errorf("got %d new documents, want 1", got)
	}
}
