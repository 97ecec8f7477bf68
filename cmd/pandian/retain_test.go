package main

import (
	"strings"
	"testing"
)

// fault 33: a run removes what is older than retention.history, says how much of
// what it was, and everything that people look at goes on as before.
func TestARunRemovesOldHistory(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.replace("log: {", "retention: {history: forever}\nlog: {")
	s.must("run", "stock-compare", "--json")
	for range 2 {
		s.must("transform", "stock-compare", "--json")
	}
	s.must("run", "stock-compare", "--json")
	s.tell(`
		update ops.run set started_at = started_at - interval '40 days', finished_at = finished_at - interval '40 days' where run_id < 4;
		update ops.window set opened_at = opened_at - interval '40 days', closed_at = closed_at - interval '40 days' where run_id < 4;
		update compare.discrepancy_event set happened_at = happened_at - interval '40 days'`)
	landed := ask[int64](s, "select sum(records_landed) from ops.window")

	s.must("run", "stock-compare", "--json")
	if got := ask[int](s, "select count(*) from ops.run where run_id < 4"); got != 3 {
		t.Errorf("got %d old runs with forever, want 3", got)
	}
	// Readings go with their pages, for which retention.pages says 30 days.
	s.replace("history: forever", "history: 550d")
	said := s.must("run", "stock-compare", "--json").stderr
	if !strings.Contains(said, "old history removed") || !strings.Contains(said, `"ops.window":`) || strings.Contains(said, `"ops.tally":`) {
		t.Errorf("got %s, want it to say that it removed readings, and nothing else", said)
	}
	s.replace("history: 550d", "history: 30d")
	// Pages are there for as long as retention.pages says, and with them their runs.
	said = s.must("run", "stock-compare", "--json").stderr
	if !strings.Contains(said, "old history removed") || !strings.Contains(said, `"ops.tally":`) {
		t.Errorf("got %s, want it to say what it removed", said)
	}
	if got := ask[int](s, "select count(*) from ops.run where run_id < 4"); got != 1 {
		t.Errorf("got %d old runs, want the one that landed pages", got)
	}
	if got := ask[int64](s, "select sum(landed) from (select records_landed as landed from ops.window union all select records_landed from ops.removed_window) as read"); got < landed {
		t.Errorf("got %d records landed, want the %d from before to be counted still", got, landed)
	}
	if again := s.must("run", "stock-compare", "--json").stderr; strings.Contains(again, "old history removed") {
		t.Errorf("got %s, want nothing to be said when nothing is removed", again)
	}
	if bad := ask[int](s, "select count(*) from report.balance where not is_balanced"); bad > 0 {
		t.Errorf("got %d equations that do not hold", bad)
	}
	if got := ask[string](s, "select newest_state from report.pipeline"); got != "ok" {
		t.Errorf("got %s, want the pipeline to stand well", got)
	}
}
