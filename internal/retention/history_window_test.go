package retention_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/db"
)

// fault 33: folding windows changes no answer to what was read and what was not,
// however they overlap, fail, leave gaps and are made up for.
func TestFoldedWindowsProveWhatTheyProved(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.exec(`
		delete from ops.pipeline_source;
		insert into ops.pipeline_source (pipeline_code, dataset, connection_code, since_at)
		values ('p', 'wdt.stock', 'wdt', '2024-01-01 02:00'), ('p', 'wdt.shop', 'wdt', null), ('p', 'yonsuite.current_stock', 'wdt', null)`)
	before, after := 0, 0
	for seed := range uint64(30) {
		h.exec("truncate ops.window; update ops.history set swept_before = '-infinity', sweep_before = null, place_id = 0, place_code = ''")
		h.randomWindows(rand.New(rand.NewPCG(33, seed)))
		before += h.windows()
		for step := 0; ; step++ {
			wanted := h.proved()
			settings := historySettings()
			settings.BatchSize, settings.Batches = []int{7, 1000}[seed%2], 1000
			if removed := h.removeWith(settings); removed.Rows["ops.window"] == 0 && step > 0 {
				break
			}
			if diff := cmp.Diff(wanted, h.proved()); diff != "" {
				t.Fatalf("seed %d (before -, after +)\n%s", seed, diff)
			}
			h.later()
		}
		after += h.windows()
	}
	if after*2 > before {
		t.Errorf("got %d windows left of %d, want less than half", after, before)
	}
}

// randomWindows are 60 readings of three datasets, the last ten of them young.
func (h *history) randomWindows(random *rand.Rand) {
	h.Helper()
	for n := range 60 {
		dataset := []string{"wdt.stock", "wdt.shop", "yonsuite.current_stock"}[random.IntN(3)]
		kind, state := "window", "complete"
		if dataset == "yonsuite.current_stock" {
			kind = "snapshot"
		} else if random.IntN(8) == 0 {
			kind = "files"
		}
		switch random.IntN(25) {
		case 0:
			state = "incomplete"
		case 1:
			state = []string{"open", "incomplete"}[random.IntN(2)]
		}
		from, span := n/3+random.IntN(4)-random.IntN(2), 1+random.IntN(3)
		if random.IntN(9) == 0 {
			from += random.IntN(10)
		}
		days := 500
		if n >= 50 {
			days = 100
		}
		h.exec(`
			insert into ops.window (connection_code, dataset, kind, from_at, to_at, state, reason, run_id, opened_at, closed_at, pages_landed, records_landed)
			select 'wdt', $1, $2, from_at, from_at + $4 * interval '1 hour', $5, case when $5 = 'incomplete' then 'why' end, 9001,
				now() - $6 * interval '1 day', case when $5 <> 'open' then now() - $6 * interval '1 day' end, $8, 10
			from (select case when $2 <> 'snapshot' then timestamptz '2024-01-01' + $3 * interval '1 hour' + $7 * interval '1 second' end) as moment (from_at)`,
			dataset, kind, from, span, state, days, random.IntN(3), random.IntN(2))
	}
}

func (h *history) windows() int {
	h.Helper()
	return len(list(h.T, h.pool, "select window_id::text from ops.window"))
}

// proved is what anybody asks of the windows: how far each dataset is covered,
// which spans an extract need not read, since when nothing has changed, and what a
// person is told of.
func (h *history) proved() []string {
	h.Helper()
	said := list(h.T, h.pool, `
		select concat_ws(' ', dataset, kind, verified_through, is_complete, as_of, reason) from ops.dataset_state
		union all
		select 'open ' || open_window_count || ' ' || coalesce(incomplete, '') from report.pipeline
		union all
		select 'changed ' || dataset || ' ' || max(window_id) from ops.window where kind = 'snapshot' and pages_landed > 0 group by dataset
		union all
		select 'unproved ' || window_id || state from ops.window where state = 'open'
		order by 1`)
	for _, dataset := range []string{"wdt.stock", "wdt.shop"} {
		spans, err := db.New(h.pool).OpsWindowCovered(h.Context(), db.OpsWindowCoveredParams{
			ConnectionCode: "wdt", Dataset: dataset, Since: h.now.AddDate(-20, 0, 0),
		})
		if err != nil {
			h.Fatal(err)
		}
		for _, span := range spans {
			said = append(said, fmt.Sprint(dataset, span.FromAt.UTC(), span.ToAt.UTC()))
		}
	}
	return append(said, h.counters()...)
}
