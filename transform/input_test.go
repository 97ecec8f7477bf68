package transform_test

import (
	"fmt"
	"testing"
)

// TestTakeInput: a step takes each run that has ended once, also one that ends long
// after runs which began later, and goes through no more than the last day of them.
func TestTakeInput(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	runs := func(first, last int, state, finished string) {
		b.Helper()
		b.exec(fmt.Sprintf(`
			insert into ops.run (run_id, pipeline_code, command, state, started_at, finished_at, host, process_id, program_version)
			overriding system value
			select id, 'p', 'run', '%s', now() - interval '60 days', %s, 'test', 1, 'test'
			from generate_series(%d, %d) as id`, state, finished, first, last))
	}
	take := func(runID int, full bool) int {
		b.Helper()
		runs(runID, runID, "running", "null")
		taken := scan[int](b, fmt.Sprintf(`
			select ops.take_input()
			from (
				select
					set_config('pandian.run_id', '%d', false),
					set_config('pandian.step', 's', false),
					set_config('pandian.is_full', '%t', false)
				offset 0
			) as setting`, runID, full))
		b.exec(fmt.Sprintf("update ops.run set state = 'ok', finished_at = now() where run_id = %d", runID))
		return taken
	}
	want := func(got, want int, when string) {
		b.Helper()
		if got != want {
			b.Errorf("%s: took %d runs, want %d", when, got, want)
		}
		if twice := scan[int](b, "select count(*) from (select from ops.step_input group by input_run_id having count(*) filter (where run_id <> 400) > 1) as t"); twice != 0 {
			b.Errorf("%s: %d runs are taken twice", when, twice)
		}
	}

	runs(1, 100, "ok", "now() - interval '60 days'")
	runs(101, 102, "running", "null")
	runs(103, 200, "failed", "now() - interval '40 days'")
	b.exec("insert into ops.step_input (step_code, input_run_id, run_id, taken_at) select 's', id, 200, now() - interval '40 days' from generate_series(1, 200) as id where id not in (101, 102)")
	want(take(300, false), 1, "two older runs are still at work")

	b.exec("update ops.run set state = 'ok', finished_at = now() where run_id = 101")
	want(take(301, false), 2, "one of them has ended")

	b.exec("update ops.run set state = 'interrupted', finished_at = now() - interval '23 hours' where run_id = 102")
	want(take(302, false), 2, "the other one ended before the step looked last, and was seen late")

	// a clock that was in the year to come when the step looked, and is right again
	runs(303, 303, "running", "null")
	want(take(304, false), 1, "a run is at work")
	b.exec("update ops.step_input set taken_at = now() + interval '1 year' where input_run_id = 304")
	b.exec("update ops.run set state = 'ok', finished_at = now() - interval '5 days' where run_id = 303")
	want(take(305, false), 2, "a run ended while the clock was wrong")

	want(take(400, true), scan[int](b, "select count(*) from ops.run"), "everything is asked for again")
	want(take(401, false), 1, "after that")
}

// TestTakeInputLooksAtADay: what the step took long ago it does not go through again.
func TestTakeInputLooksAtADay(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.exec(`
		insert into ops.run (pipeline_code, command, state, started_at, finished_at, host, process_id, program_version)
		select 'p', 'run', 'ok', now() - (20001 - id) * interval '10 minutes', now() - (20001 - id) * interval '10 minutes', 'test', 1, 'test'
		from generate_series(1, 20000) as id`)
	b.exec("insert into ops.step_input (step_code, input_run_id, run_id) select 's', run_id, run_id from ops.run")
	b.exec("analyze ops.run, ops.step_input")
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	ask := func(text string) (number int) {
		t.Helper()
		if err := tx.QueryRow(t.Context(), text).Scan(&number); err != nil {
			t.Fatal(err)
		}
		return number
	}
	const rowsRead = "select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint from pg_stat_xact_all_tables where relid in ('ops.run'::regclass, 'ops.step_input'::regclass)"
	ask("select 1 from (select set_config('pandian.run_id', '20000', true), set_config('pandian.step', 's', true) offset 0) as setting")
	before := ask(rowsRead)
	if taken := ask("select ops.take_input()"); taken != 0 {
		t.Errorf("took %d runs again", taken)
	}
	if read := ask(rowsRead) - before; read > 1000 {
		t.Errorf("read %d rows of runs and of what was taken, want those of a day (144 runs)", read)
	}
}
