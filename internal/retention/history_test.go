package retention_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/prometheus/client_golang/prometheus"

	"pandian/internal/db"
	"pandian/internal/fault"
	"pandian/internal/metrics"
	"pandian/internal/retention"
)

// oldAndNew has 60 runs of two pipelines that ended 500 days ago and 10 young
// ones, each with a reading, a reject, a change of a resolved discrepancy and a
// fire, and of each something that is kept.
func (h *history) oldAndNew() {
	h.Helper()
	for id := 1; id <= 70; id++ {
		pipeline, days := []string{"p", "q"}[id%2], 500
		if id > 60 {
			days = 100
		}
		h.run(id, pipeline, "run", "ok", days)
	}
	h.exec(discrepancy + event)
	h.exec(`
		update ops.run set balance = jsonb_build_object('documents', jsonb_build_object('sent', run_id, 'left', 1)) where pipeline_code = 'p';
		insert into ops.window (connection_code, dataset, kind, from_at, to_at, state, run_id, opened_at, closed_at, pages_landed, records_landed)
		select 'wdt', dataset, kind, from_at, from_at + interval '1 hour', 'complete', run_id, started_at, finished_at, 1, run_id
		from ops.run
		cross join (values ('wdt.stock', 'snapshot', null), ('wdt.stockout', 'window', timestamptz '2024-01-01')) as read (dataset, kind, first)
		cross join lateral (select read.first + run_id * interval '1 hour' as from_at) as moment
		order by run_id;
		insert into staging.reject (connection_code, dataset, stage, run_id, page_id, place, record_key, field, reason, record, rejected_at)
		select 'wdt', 'wdt.stock', 'type', run_id, run_id, 1, 'K' || run_id % 7, 'a', 'no number', '{}', finished_at from ops.run order by run_id;
		insert into compare.discrepancy (connection_code, pipeline_code, record_key, field, kind, state, first_seen_at, first_seen_run_id, changed_at, changed_run_id, resolved_at)
		values ('wdt', 'p', 'T@W', 'currentqty', 'different', 'resolved', '2024-01-01', 1, '2024-01-02', 2, '2024-01-02');
		insert into compare.discrepancy_event (connection_code, pipeline_code, record_key, field, event, kind, run_id, happened_at)
		select 'wdt', 'p', 'T@W', 'currentqty', 'changed', 'different', run_id, finished_at from ops.run order by run_id;
		insert into ops.job (pipeline_code, kind, cron, time_zone, missed_policy, catch_up_limit, busy_wait, updated_by)
		values ('p', 'run', '@hourly', 'UTC', 'coalesce', 1, '1 minute', 'x');
		insert into ops.job_fire (pipeline_code, kind, fire_at, covers_from_at, stands_for_count, state, finished_at)
		select 'p', 'run', started_at + run_id * interval '1 millisecond', started_at, 1, 'ok', finished_at from ops.run;`)
}

// removedOfOldAndNew is what goes of it: all but the newest window of each
// dataset that is old, with its run, and the changes of what is open.
func removedOfOldAndNew() map[string]int64 {
	return map[string]int64{
		"ops.run": 59, "ops.tally": 118, "ops.finding": 59, "ops.step_run": 59, "ops.step_input": 118,
		"ops.window": 119, "staging.reject": 60, "compare.discrepancy_event": 60, "ops.job_fire": 60,
	}
}

// fault 33: table size slope = retention.
func TestRemoveHistory(t *testing.T) {
	t.Parallel()

	t.Run("removes what is old, and the reports show the rest as before", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		before, counters := h.reports(), h.counters()
		removed := h.remove()
		if diff := cmp.Diff(retention.HistoryRemoved{Rows: removedOfOldAndNew(), Unfinished: []string{}}, removed); diff != "" {
			t.Errorf("(want -, got +)\n%s", diff)
		}
		after := h.reports()
		for _, view := range slices.Sorted(maps.Keys(before)) {
			gone := beyond(before[view], after[view])
			if more := beyond(after[view], before[view]); len(more) > 0 {
				t.Errorf("%s shows what it did not show before: %v", view, more)
			}
			want := map[string]int{"report.run": 59, "report.reject": 60}[view]
			if len(gone) != want {
				t.Errorf("%s lost %d rows, want %d, as %.300v", view, len(gone), want, gone)
			}
		}
		if diff := cmp.Diff(counters, h.counters()); diff != "" {
			t.Errorf("counters (before -, after +)\n%s", diff)
		}
		for _, table := range []string{"tally", "finding", "step_run", "step_input"} {
			column := map[bool]string{true: "input_run_id", false: "run_id"}[table == "step_input"]
			if !h.holds(fmt.Sprintf("(select not exists (select from ops.%s where %s not in (select run_id from ops.run)))", table, column)) {
				t.Errorf("ops.%s has rows of runs that are gone", table)
			}
		}
	})

	t.Run("a second time it does nothing, neither at once nor in the next sweep", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		h.remove()
		if again := h.remove(); !again.IsEmpty() {
			t.Errorf("at once: got %+v, want nothing", again)
		}
		if due := list(t, h.pool, "select subject from ops.history_due($1)", h.now.Add(-historySettings().Keep)); len(due) > 0 {
			t.Errorf("got %v due, want nothing", due)
		}
		if !h.holds("(select removed = '{}' from ops.remove_history('run', now() - interval '400 days', 5000))") {
			t.Error("a sweep was begun although the last one is not an hour old")
		}
		h.later()
		if again := h.remove(); !again.IsEmpty() {
			t.Errorf("later: got %+v, want nothing", again)
		}
	})

	t.Run("readings may be kept for a shorter time, and never for a longer one", func(t *testing.T) {
		t.Parallel()
		settings := historySettings()
		settings.Keep, settings.KeepReadings = 800*24*time.Hour, historySettings().Keep
		h := newHistory(t)
		h.oldAndNew()
		want := map[string]int64{"ops.window": removedOfOldAndNew()["ops.window"]}
		if removed := h.removeWith(settings); !maps.Equal(removed.Rows, want) {
			t.Errorf("got %v, want %v", removed.Rows, want)
		}
		settings.Keep, settings.KeepReadings = settings.KeepReadings, settings.Keep
		h = newHistory(t)
		h.oldAndNew()
		if removed := h.removeWith(settings); !maps.Equal(removed.Rows, removedOfOldAndNew()) {
			t.Errorf("got %v, want %v", removed.Rows, removedOfOldAndNew())
		}
		settings.KeepReadings = time.Hour
		if removed, err := retention.RemoveHistory(t.Context(), h.pool, settings, h.now); err == nil {
			t.Errorf("readings of an hour ago were removed: %v", removed.Rows)
		}
	})

	t.Run("a call does so many batches, and the next one goes on from there", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		settings := historySettings()
		settings.BatchSize, settings.Batches = 10, 6
		total, calls := map[string]int64{}, 0
		for ; calls < 100; calls++ {
			removed := h.removeWith(settings)
			sum := int64(0)
			for table, count := range removed.Rows {
				total[table] += count
				if !strings.HasPrefix(table, "ops.") || table == "ops.window" || table == "ops.job_fire" {
					sum += count
				}
			}
			if sum > 60 {
				t.Errorf("a call removed %d rows of %v, want 60 at most", sum, removed.Rows)
			}
			if len(removed.Unfinished) == 0 {
				break
			}
		}
		if calls < 9 || calls == 100 {
			t.Errorf("it took %d calls more, want some", calls)
		}
		h.later()
		for table, count := range h.removeWith(historySettings()).Rows {
			total[table] += count // windows at the ends of batches are folded by the next sweep
		}
		if diff := cmp.Diff(removedOfOldAndNew(), total); diff != "" {
			t.Errorf("all together (want -, got +)\n%s", diff)
		}
	})

	t.Run("a call that has had its time begins nothing more, and the next one goes on from there", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		settings := historySettings()
		settings.Time = time.Nanosecond
		total := map[string]int64{}
		for range 20 {
			removed := h.removeWith(settings)
			if len(removed.Rows) > 5 {
				t.Errorf("got %v, want one batch", removed.Rows)
			}
			for table, count := range removed.Rows {
				total[table] += count
			}
		}
		if diff := cmp.Diff(removedOfOldAndNew(), total); diff != "" {
			t.Errorf("all together (want -, got +)\n%s", diff)
		}
	})

	t.Run("what was read stays read, and no step takes a run again", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		h.exec("update ops.step_input set run_id = 1 where input_run_id = 70") // a newer run, taken by an older one that went on for longer
		h.remove()
		if !h.holds(`(select verified_from = '2024-01-01 01:00' and verified_through = '2024-01-03 23:00' and is_complete from ops.dataset_state where dataset = 'wdt.stockout')`) {
			t.Errorf("got %v", list(t, h.pool, "select dataset_state::text from ops.dataset_state"))
		}
		if !h.holds(`(select stands_for_count = 60 from ops."window" where dataset = 'wdt.stockout' order by window_id limit 1)`) {
			t.Error("the folded window does not say how many it stands for")
		}
		var taken int
		err := h.pool.QueryRow(t.Context(), `
			select ops.take_input()
			from (select set_config('pandian.run_id', '9001', false), set_config('pandian.step', 'source/wdt_stock', false) offset 0) as setting`).Scan(&taken)
		if err != nil || taken != 0 {
			t.Errorf("got %d runs taken again, %v; want none", taken, err)
		}
		if !h.holds("(select bool_and(exists (select from ops.step_input where input_run_id = run.run_id)) from ops.run where run_id <> 9001)") {
			t.Error("a run that stayed would be taken again")
		}
	})

	t.Run("an account that may not is told what to grant, and nothing younger than a day goes", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		_, err := retention.RemoveHistory(t.Context(), asReader(t, h.pool), historySettings(), h.now)
		var forbidden *fault.Error
		if !errors.As(err, &forbidden) || forbidden.Code != fault.DatabaseForbidden || !strings.Contains(forbidden.Suggestion, "pandian_load") {
			t.Errorf("got %v, want %s with a suggestion", err, fault.DatabaseForbidden)
		}
		settings := historySettings()
		settings.Keep = 0
		if _, err := retention.RemoveHistory(t.Context(), h.pool, settings, h.now); err == nil {
			t.Error("forever was taken for a span")
		}
		if _, err := h.pool.Exec(t.Context(), "select ops.remove_history('run', now(), 5000)"); err == nil {
			t.Error("the function removed what is not a day old")
		}
	})

	t.Run("a schedule keeps its last fire although servers delete fires after 90 days", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.exec(fire("600 days") + fire("500 days"))
		age := pgtype.Interval{Days: 90, Valid: true}
		if forgotten, err := db.New(h.pool).OpsJobFireForget(t.Context(), age); err != nil || forgotten != 1 {
			t.Errorf("got %d deleted, %v; want the older one", forgotten, err)
		}
	})

	t.Run("what another process is removing is left to it", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		other, err := h.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Exec(t.Context(), "select from ops.history where subject = 'run' for update"); err != nil {
			t.Fatal(err)
		}
		removed := h.remove()
		if diff := cmp.Diff([]string{"run"}, removed.Busy); diff != "" || removed.Rows["ops.run"] != 0 || removed.Rows["ops.window"] != 119 {
			t.Errorf("got %+v, want all but runs removed", removed)
		}
		if err := other.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if removed = h.remove(); removed.Rows["ops.run"] != 59 {
			t.Errorf("got %+v afterwards, want the runs removed", removed)
		}
	})

	t.Run("several processes at once remove it once", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.oldAndNew()
		settings := historySettings()
		settings.BatchSize = 10
		total := map[string]int64{}
		var mutex sync.Mutex
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				removed, err := retention.RemoveHistory(t.Context(), h.pool, settings, h.now)
				if err != nil {
					t.Error(err)
				}
				mutex.Lock()
				defer mutex.Unlock()
				for table, count := range removed.Rows {
					total[table] += count
				}
			})
		}
		group.Wait()
		h.later()
		for table, count := range h.remove().Rows {
			total[table] += count
		}
		if diff := cmp.Diff(removedOfOldAndNew(), total); diff != "" {
			t.Errorf("(want -, got +)\n%s", diff)
		}
	})
}

// fault 1: mid removal. Whatever is cut off, nothing is half removed.
func TestRemoveHistoryThatIsCutOff(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.oldAndNew()
	settings := historySettings()
	settings.BatchSize = 1000
	counters := h.counters()
	for nth := 1; nth <= 12; nth++ {
		for _, isAnswered := range []bool{false, true} {
			cutting := outbox{T: t, pool: h.pool}.cutting(cut{at: []string{"ops.remove_history", "commit"}[nth%2], nth: (nth + 1) / 2, isAnswered: isAnswered})
			_, _ = retention.RemoveHistory(t.Context(), cutting, settings, h.now)
			if diff := cmp.Diff(counters, h.counters()); diff != "" {
				t.Errorf("cut off %d: counters (before -, after +)\n%s", nth, diff)
			}
			if !h.holds(`(select not exists (select from ops.tally where run_id not in (select run_id from ops.run)) and count(*) = 2 * (select count(*) from ops.run) from ops.tally)`) {
				t.Errorf("cut off %d: tallies are half removed", nth)
			}
		}
	}
	h.remove()
	h.later()
	h.remove()
	if !h.holds("(select count(*) = 12 from ops.run)") {
		t.Error("in the end something was left")
	}
}

// counters is what the metrics say that only grows.
func (h *history) counters() []string {
	h.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(metrics.New(h.pool, metrics.DefaultSettings(), slog.New(slog.DiscardHandler))); err != nil {
		h.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		h.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetType().String() == "COUNTER" {
				lines = append(lines, fmt.Sprint(family.GetName(), metric.GetLabel(), metric.GetCounter().GetValue()))
			}
		}
	}
	if len(lines) < 6 {
		h.Errorf("got %d counters, want some: %v", len(lines), lines)
	}
	return lines
}

// beyond is what is in all but not in some, each as often as it is.
func beyond(all, some []string) []string {
	left := map[string]int{}
	for _, line := range some {
		left[line]++
	}
	var more []string
	for _, line := range all {
		if left[line]--; left[line] < 0 {
			more = append(more, line)
		}
	}
	return more
}
