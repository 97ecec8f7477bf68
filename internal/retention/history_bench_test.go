package retention_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/retention"
)

// BenchmarkRemoveHistory removes 50,000 old runs with a million tallies, 300,000
// takings by steps, a million changes of discrepancies and 50,000 windows, beside
// as many young ones, with the settings of a run. It tells rows a second, the
// longest statement, and what a call costs with nothing to remove.
func BenchmarkRemoveHistory(b *testing.B) {
	pool := historyPool(b)
	if _, err := pool.Exec(b.Context(), manyRuns); err != nil {
		b.Fatal(err)
	}
	longest := &longestStatement{}
	config := pool.Config()
	config.MaxConns, config.ConnConfig.Tracer = 1, longest
	traced, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer traced.Close()
	settings, now := retention.DefaultHistorySettings(), time.Now()
	settings.Keep = historySettings().Keep
	rows, calls, slowest := map[string]int64{}, 0, time.Duration(0)
	b.ResetTimer()
	started := time.Now()
	for {
		begun := time.Now()
		removed, err := retention.RemoveHistory(b.Context(), traced, settings, now)
		if err != nil {
			b.Fatal(err)
		}
		calls, slowest = calls+1, max(slowest, time.Since(begun))
		for table, count := range removed.Rows {
			rows[table] += count
		}
		if len(removed.Unfinished) == 0 {
			break
		}
	}
	took := time.Since(started)
	b.StopTimer()
	total := int64(0)
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		b.Logf("%-28s %9d rows", table, rows[table])
		total += rows[table]
	}
	begun := time.Now()
	for range 100 {
		if _, err := retention.RemoveHistory(b.Context(), pool, settings, now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(total)/took.Seconds(), "rows/s")
	b.ReportMetric(float64(longest.took.Milliseconds()), "longest-ms")
	b.ReportMetric(slowest.Seconds(), "slowest-call-s")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(float64(time.Since(begun).Microseconds())/100_000, "idle-ms")
}

// manyRuns is 50,000 old runs and 50,000 young ones.
const manyRuns = `
	insert into ops.run (pipeline_code, command, state, started_at, finished_at, host, process_id, program_version, balance)
	select 'p' || n % 4, 'run', 'ok', at, at, 'here', 1, 'v1', '{"documents": {"sent": 1}}'
	from generate_series(1, 100000) as n
	cross join lateral (select now() - case when n <= 50000 then interval '500 days' else interval '100 days' end + n * interval '1 second' as at) as moment
	order by n;
	insert into ops.tally (run_id, subject, name, value) select run_id, 'wdt.stock', 'figure ' || n, n from ops.run cross join generate_series(1, 20) as n;
	insert into ops.step_run (run_id, step_code, state, started_at, finished_at) select run_id, 'source/wdt_stock', 'ok', started_at, started_at from ops.run;
	insert into ops.step_input (step_code, input_run_id, run_id) select 'step ' || n, run_id, run_id from ops.run cross join generate_series(1, 6) as n;
	insert into ops.window (connection_code, dataset, kind, from_at, to_at, state, run_id, opened_at, closed_at, records_landed)
	select 'wdt', 'wdt.stockout', 'window', started_at, started_at + interval '1 second', 'complete', run_id, started_at, finished_at, 1 from ops.run order by run_id;
	insert into compare.discrepancy (connection_code, pipeline_code, record_key, field, kind, state, first_seen_at, first_seen_run_id, changed_at, changed_run_id, resolved_at)
	select 'wdt', 'p1', 'K' || n, 'currentqty', 'different', case when n % 100 = 0 then 'open' else 'resolved' end, now(), 1, now(), 1, case when n % 100 <> 0 then now() end
	from generate_series(1, 100000) as n;
	insert into compare.discrepancy_event (connection_code, pipeline_code, record_key, field, event, kind, run_id, happened_at)
	select 'wdt', 'p1', 'K' || (n::bigint * 7919) % 100000, 'currentqty', 'changed', 'different', n,
		now() - case when n <= 1000000 then interval '500 days' else interval '100 days' end
	from generate_series(1, 2000000) as n order by n;
	analyze;`

// longestStatement is a pgx.QueryTracer that remembers how long the longest
// statement of a pool with one connection took.
type longestStatement struct {
	begun time.Time
	took  time.Duration
}

func (l *longestStatement) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	l.begun = time.Now()
	return ctx
}

func (l *longestStatement) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {
	l.took = max(l.took, time.Since(l.begun))
}
