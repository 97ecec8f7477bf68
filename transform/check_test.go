package transform_test

import (
	"fmt"
	"testing"

	"pandian/transform"
)

// TestCheck breaks, one by one, the truths that sql/check holds, and looks for
// the finding.
func TestCheck(t *testing.T) {
	t.Parallel()
	const shared = `
		select given.wdt('[
			{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
			{"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}
		]');
		select given.yonsuite('[
			{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 5},
			{"warehouse_code": "W1", "product": "Q", "currentqty": 5},
			{"warehouse": "7", "product": "R", "productsku_code": "R", "currentqty": 5},
			{"warehouse_code": "W1", "product": "S", "productsku_code": " ", "currentqty": 0}
		]');`
	cases := map[string]struct {
		given, broken string
		severity      transform.Severity
		count         int64
	}{
		"check/one_source_row_meets_one_counterpart": {shared, "select 1", transform.Warning, 1},
		"check/yonsuite_current_stock_has_codes":     {shared, "select 1", transform.Warning, 2},
		"check/ledger_agrees_with_results":           {oneDifference, "update compare.discrepancy set source_qty = 99", transform.Error, 1},
		"check/every_result_has_a_source_row":        {oneDifference, "delete from wdt.stock", transform.Error, 1},
		"check/every_head_is_its_newest_document":    {oneDifference, "update outbox.head set document_id = document_id - 1", transform.Error, 1},
		"check/every_pending_document_is_counted":    {oneDifference, "update outbox.tail set written_count = written_count - 1", transform.Warning, 1},
		"check/balance_adds_up":                      {oneDifference, "update ops.tally set value = value + 1 where name = 'unchanged' and subject = 'wdt.stock'", transform.Error, 1},
	}
	tried := 0
	for _, check := range loadLibrary(t).Checks(pipeline) {
		test, ok := cases[check.Name]
		if !ok {
			t.Errorf("sql/%s.sql has no test", check.Name)
			continue
		}
		tried++
		t.Run(check.Name[len("check/"):], func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			runID := b.story(test.given)
			b.exec(test.broken)
			findings, err := b.runner(runID).Check(t.Context(), []transform.File{check})
			if err != nil {
				t.Fatal(err)
			}
			if len(findings) != 1 || findings[0].Severity != test.severity || findings[0].Count != test.count || findings[0].Example == "" {
				t.Errorf("got %+v, want %d of severity %s with an example", findings, test.count, test.severity)
			}
			want := fmt.Sprintf("[[%s %s %d]]", check.Name, test.severity, test.count)
			if got := fmt.Sprint(b.table("select subject, code, found_count from ops.finding")[1:]); got != want {
				t.Errorf("ops.finding: got %s, want %s", got, want)
			}
		})
	}
	if tried != len(cases) {
		t.Errorf("%d of %d checks exist", tried, len(cases))
	}
}

// wantChecked: whatever is given, no check of severity error lists anything, and what is
// pending is counted right.
func (b *bundle) wantChecked(runID int64) {
	b.Helper()
	findings, err := b.runner(runID).Check(b.Context(), b.library.Checks(b.pipeline))
	if err != nil {
		b.Error(err)
	}
	for _, finding := range findings {
		if finding.Severity == transform.Error || finding.Check == "check/every_pending_document_is_counted" {
			b.Errorf("run %d: %s lists %d, as %s", runID, finding.Check, finding.Count, finding.Example)
		}
	}
}
