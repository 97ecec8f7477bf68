package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBadRecords lands testdata with one record of each kind of bad input. The
// good ones go on, exactly; each bad one is kept with field and reason.
func TestBadRecords(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	wdt := decode[landed](t, s.must(landLine("wdt.stock", "--complete", "--window", wholeSpan(), "testdata/wdt-stock-bad-records.json")...).envelope(t).Summary)
	yonsuite := decode[landed](t, s.must(landLine("yonsuite.current_stock", "--complete", "testdata/yonsuite-stock-bad-records.json")...).envelope(t).Summary)
	if wdt.Records != 16 || wdt.Rejected != 2 || yonsuite.Records != 12 || yonsuite.Rejected != 1 {
		t.Errorf("got %+v and %+v, want 16 and 12 records of which 2 and 1 cannot be held", wdt, yonsuite)
	}
	ended := s.must("transform", "--json")
	s.must("load")

	t.Run("are counted", func(t *testing.T) {
		got := ended.figures(t)
		want := map[string]datasetFigures{
			// 16 less the NUL and the text; 7 refused by their values; one key twice.
			"wdt.stock":              {Taken: 14, New: 6, Repeated: 1, Rejected: 7, Typed: 6},
			"yonsuite.current_stock": {Taken: 11, New: 5, Repeated: 1, Rejected: 5, Typed: 5},
		}
		if diff := cmp.Diff(want, got.Datasets); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
		if len(got.Unbalanced) > 0 {
			t.Errorf("the balance does not add up: %v", got.Unbalanced)
		}
	})

	t.Run("are kept with field and reason", func(t *testing.T) {
		got := s.in(t).pairs(`
			select
				dataset || ' ' || place || ' ' || coalesce(nullif(field, ''), 'record'),
				stage || ' ' || coalesce(value, '-') || ': ' || reason
			from report.reject`)
		const correct = "; correct the record at the source"
		want := map[string]string{
			"wdt.stock 2 spec_id":   "type -: spec_id is missing: without it the row has no key" + correct,
			"wdt.stock 3 stock_num": "type 1,234.50: stock_num has thousands separators: send plain digits, as in 1234.50",
			"wdt.stock 4 stock_num": "type abc: stock_num is not a number: correct it at the source",
			"wdt.stock 5 stock_num": "type 1e400: stock_num is out of range: at most 18 digits before and 12 after the decimal point are kept; correct it at the source",
			"wdt.stock 6 spec_name": `land A\u0000B: field spec_name holds \u0000, which Postgres cannot store: correct the text at the platform`,
			"wdt.stock 15 record":   "land -: the record is a text, not an object",
			// A record that Postgres cannot hold is not in its page: those after it
			// move up.
			"wdt.stock 11 modified":  "type 2026-02-30 10:00:00: modified names a day that its month does not have",
			"wdt.stock 12 stock_num": "type １２: stock_num has full-width digits: send ASCII digits",
			"wdt.stock 13 stock_num": "type --: stock_num is not a number: correct it at the source",
			"wdt.stock 13 lock_num":  "type 1 2: lock_num is not a number: correct it at the source",

			"yonsuite.current_stock 2 warehouse":    "type -: warehouse is missing: without it the row has no key" + correct,
			"yonsuite.current_stock 3 product":      "type -: product is missing: without it the row has no key" + correct,
			"yonsuite.current_stock 4 currentqty":   "type 1,234.50: currentqty has thousands separators: send plain digits, as in 1234.50",
			"yonsuite.current_stock 5 currentqty":   "type abc: currentqty is not a number: correct it at the source",
			"yonsuite.current_stock 6 currentqty":   "type 1e400: currentqty is out of range: at most 18 digits before and 12 after the decimal point are kept; correct it at the source",
			"yonsuite.current_stock 7 product_name": `land A\u0000B: field product_name holds \u0000, which Postgres cannot store: correct the text at the platform`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	})
	t.Run("do not stop the good ones, which are exact to the last digit", func(t *testing.T) {
		got := s.in(t).pairs(`
			select
				stock.goods_no,
				concat_ws(' ', stock.rec_id, stock.spec_id, coalesce(stock.spec_no, 'null'), coalesce(trim_scale(stock.stock_num)::text, 'null'),
					stock_result.outcome, coalesce(trim_scale(stock_result.currentqty)::text, 'null'))
			from wdt.stock
			inner join compare.stock_result using (connection_code, spec_id, warehouse_id)`)
		want := map[string]string{
			"G-GOOD-1":   "1 101 S1 12.5 equal 12.5",
			"G-LONG-ID":  "7223372036854775807 7200000000000000107 S7 9007199254740993.0001 equal 9007199254740993.0001",
			"20240808":   "8 108 108 8 equal 8",
			"G-NULL":     "9 109 null null different null",
			"G-TWICE":    "10 110 S10 2 equal 2",
			"G-CAPITALS": "15 115 S15 0.1 missing_there null",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	})

	t.Run("are told of, with what to do", func(t *testing.T) {
		s := s.in(t)
		again := s.must("transform", "--full")
		if !strings.Contains(again.stderr, "12 records rejected") || !strings.Contains(again.stderr, "select * from report.reject") {
			t.Errorf("want it to say how many records were rejected and where they are, got %s", again)
		}
	})
}
