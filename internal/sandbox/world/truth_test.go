package world

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
)

// small is a world of eight 旺店通 rows and nine YonSuite rows that can be
// checked by hand:
//
//	goods  warehouse  旺店通               YonSuite                    eq, sum
//	1      WH01       10                   10                          equal
//	2      WH01       5.5                  5 and 0.5 (batches)         equal (first: different)
//	3      WH01       7                    7.00000001                  different by 1e-8
//	4      WH01       0                    none                        ignored
//	5      WH02       3                    none                        missing there
//	6      WH02       spec 1: 4, spec 2: 6 10, SKU code with a blank   both different, one finding
//	7      WH02       bad record           none                        rejected
//	1      WH02       none                 2                           missing here
//	8      WH02       none                 1, without SKU code         missing here, unkeyed
//	9      WH01       none                 bad record                  rejected
//
// Goods 1 in WH01 is sent twice by each side.
func small() *World {
	w := &World{options: Options{Key: KeyGoodsNo, Now: testNow, Warehouses: 8}}
	add := func(serial int32, spec, house uint8, num Quantity, more stock) {
		more.recID, more.modified = int64(len(w.stocks)+1), testNow.Unix()-3600+int64(len(w.stocks))
		more.goods, more.spec, more.warehouse, more.num = goods{serial: serial}, spec, house, num
		w.stocks = append(w.stocks, more)
	}
	add(1, 1, 0, 10*One, stock{repeated: true})
	add(2, 1, 0, 55*One/10, stock{})
	add(3, 1, 0, 7*One, stock{})
	add(4, 1, 0, 0, stock{})
	add(5, 1, 1, 3*One, stock{})
	add(6, 1, 1, 4*One, stock{})
	add(6, 2, 1, 6*One, stock{})
	add(7, 1, 1, One, stock{defect: NotANumber})
	w.stocks = append(w.stocks, w.stocks[0])
	for i := range w.stocks {
		w.link(int32(i))
	}
	w.currents = []current{
		{goods: goods{serial: 1}, qty: 10 * One, repeated: true},
		{goods: goods{serial: 2}, qty: 5 * One, batch: 1},
		{goods: goods{serial: 2}, qty: One / 2, batch: 2},
		{goods: goods{serial: 3}, qty: 7*One + 1},
		{goods: goods{serial: 6}, qty: 10 * One, warehouse: 1, padded: true},
		{goods: goods{serial: 1}, qty: 2 * One, warehouse: 1},
		{goods: goods{serial: 8}, qty: One, warehouse: 1, noSKU: true},
		{goods: goods{serial: 9}, qty: One, defect: TooLarge},
		{goods: goods{serial: 1}, qty: 10 * One, repeated: true},
	}
	return w
}

// told is a truth in one line: equal, different, missing there, missing here,
// ignored, not comparable, written back.
func told(t Truth) string {
	return fmt.Sprint(t.Equal, t.Different, t.MissingThere, t.MissingHere, t.Ignored, t.NotComparable, t.WrittenBack)
}

func TestTruthOfASmallWorldIsWhatAPersonWorksOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		params Params
		want   string
	}{
		{"sum", Params{}, "2 3 1 2 1 0 5"},
		{"first", Params{OnMultiple: First}, "1 4 1 2 1 0 5"},
		{"error", Params{OnMultiple: Error}, "1 3 1 2 1 1 4"},
		{"tolerance that covers 1e-8", Params{Tolerance: decimal.New(1, -8)}, "3 2 1 2 1 0 5"},
		{"tolerance just too small", Params{Tolerance: decimal.New(9, -9)}, "2 3 1 2 1 0 5"},
		{"zero stock not ignored", Params{NoIgnore: true}, "2 3 2 2 0 0 5"},
		{"one way", Params{OneWay: true}, "2 3 1 0 1 0 5"},
		{"without unkeyed rows", Params{SkipUnkeyed: true}, "2 3 1 1 1 0 5"},
		{"greater or equal", Params{Operator: "egt"}, "5 0 1 2 1 0 5"},
		{"less", Params{Operator: "lt"}, "0 5 1 2 1 0 5"},
		{"not equal", Params{Operator: "neq"}, "3 2 1 2 1 0 5"},
		{"by spec_no nothing meets", Params{Key: KeySpecNo}, "0 0 6 6 1 0 0"},
		{"only what was modified later", Params{From: testNow.Add(-3598e9)}, "0 3 1 4 1 0 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			truth, err := small().Truth(test.params)
			if err != nil || told(truth) != test.want {
				t.Errorf("truth: got %s (%v), want %s", told(truth), err, test.want)
			}
		})
	}
}

func TestTruthCountsRecordsAndFindings(t *testing.T) {
	t.Parallel()
	truth, err := small().Truth(Params{WithRows: true})
	if err != nil || len(truth.Rows) != 9 {
		t.Fatalf("truth: got %d rows (%v), want 7 of 旺店通 and 2 missing here", len(truth.Rows), err)
	}
	wdt, ys := truth.WDT, truth.Yonsuite
	if got, want := fmt.Sprint(wdt.Records, wdt.Typed, wdt.Rejected, wdt.Repeated), "9 7 1 1"; got != want {
		t.Errorf("wdt records, typed, rejected, repeated: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(ys.Records, ys.Typed, ys.Rejected, ys.Repeated), "9 7 1 1"; got != want {
		t.Errorf("yonsuite records, typed, rejected, repeated: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(wdt.Rejects, ys.Rejects), "[{HP0000007 not a number}] [{HP0000009 too large}]"; got != want {
		t.Errorf("rejects: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(truth.MultiSpecKeys, truth.MultiCandidateKeys, truth.Unkeyed), "1 1 1"; got != want {
		t.Errorf("multi spec, multi candidate, unkeyed: got %s, want %s", got, want)
	}
	for _, row := range truth.Rows {
		if row.Key == "HP0000002" && (row.CurrentQty == nil || row.CurrentQty.String() != "5.5" || row.Candidates != 2) {
			t.Errorf("goods 2: got %v of %d rows, want 5.5 of 2", row.CurrentQty, row.Candidates)
		}
	}
}

func TestAnUnknownQuantityIsDifferentAndNotWrittenBack(t *testing.T) {
	t.Parallel()
	w := small()
	w.currents[2].null = true // one batch of goods 2
	truth, err := w.Truth(Params{})
	if want := "1 4 1 2 1 0 4"; err != nil || told(truth) != want {
		t.Errorf("truth: got %s (%v), want %s", told(truth), err, want)
	}
}

func TestAnEmptySideIsNotComparable(t *testing.T) {
	t.Parallel()
	w := small()
	w.currents = nil
	truth, err := w.Truth(Params{})
	if want := "0 0 0 0 0 7 0"; err != nil || told(truth) != want || truth.Comparable {
		t.Errorf("truth: got %s (%v, comparable %v), want %s", told(truth), err, truth.Comparable, want)
	}
}

func TestWarehouseCodesAreMapped(t *testing.T) {
	t.Parallel()
	w := small()
	w.options.WarehouseCodes = map[string]string{"WH01": "C-1"}
	truth, err := w.Truth(Params{})
	if want := "2 3 1 2 1 0 5"; err != nil || told(truth) != want {
		t.Errorf("truth: got %s (%v), want %s", told(truth), err, want)
	}
	if code := w.spellCurrent(w.currents[0]).WarehouseCode; code != "C-1" {
		t.Errorf("warehouse_code: got %s, want C-1", code)
	}
}

func TestNewestOfSeveralStatesCounts(t *testing.T) {
	t.Parallel()
	w := build2000(t, func(o *Options) { o.StaleRecords = 20; o.DifferentShare = 0; o.MultiSpecShare = 0 })
	truth, err := w.Truth(Params{})
	if err != nil || truth.Different != 0 || truth.WDT.Repeated != 23 {
		t.Errorf("truth: got %d different, %d repeated (%v), want 0 and 23", truth.Different, truth.WDT.Repeated, err)
	}
}

func TestDefaultWorldShowsEveryOutcome(t *testing.T) {
	t.Parallel()
	for _, key := range []string{KeyGoodsNo, KeySpecNo} {
		truth, err := build2000(t, func(o *Options) { o.Key = key }).Truth(Params{})
		if err != nil {
			t.Fatalf("truth: %v", err)
		}
		if sum := truth.Equal + truth.Different + truth.MissingThere + truth.Ignored + truth.NotComparable; sum != truth.WDT.Typed {
			t.Errorf("%s: outcomes add up to %d, want the %d typed rows", key, sum, truth.WDT.Typed)
		}
		if truth.WDT.Typed != 1995 || truth.WDT.Rejected != 5 || truth.Yonsuite.Rejected != 2 {
			t.Errorf("%s: got %+v and %+v, want 1995 typed, 5 and 2 rejected", key, truth.WDT, truth.Yonsuite)
		}
		if truth.WrittenBack != truth.Equal+truth.Different {
			t.Errorf("%s: written back %d, want %d", key, truth.WrittenBack, truth.Equal+truth.Different)
		}
		for name, bounds := range map[string][3]int{
			"different": {truth.Different, 20, 140}, "missing there": {truth.MissingThere, 5, 50},
			"missing here": {truth.MissingHere, 20, 23}, "ignored": {truth.Ignored, 30, 110},
			"several rows": {truth.MultiCandidateKeys, 50, 180}, "unkeyed": {truth.Unkeyed, 3, 3},
		} {
			if bounds[0] < bounds[1] || bounds[0] > bounds[2] {
				t.Errorf("%s: %s is %d, want %d to %d", key, name, bounds[0], bounds[1], bounds[2])
			}
		}
		if (key == KeyGoodsNo) != (truth.MultiSpecKeys > 0) {
			t.Errorf("%s: %d keys with several specs", key, truth.MultiSpecKeys)
		}
	}
}

func TestTruthFollowsAMutation(t *testing.T) {
	t.Parallel()
	w := build2000(t, func(o *Options) { o.DifferentShare, o.MultiSpecShare = 0, 0 })
	before, _ := w.Truth(Params{})
	w.Mutate(40, 3, testNow)
	after, err := w.Truth(Params{})
	if before.Different != 0 || err != nil {
		t.Fatalf("before: got %d different (%v), want none", before.Different, err)
	}
	moved := after.Different + (before.Ignored - after.Ignored)
	if missing := 40 - moved; missing < 0 || missing > before.MissingThere {
		t.Errorf("after 40 changes: got %d different and %d ignored (were %d)", after.Different, after.Ignored, before.Ignored)
	}
	w.Delete(10, 4)
	if gone, _ := w.Truth(Params{}); gone.MissingHere <= after.MissingHere || gone.WDT.Typed != after.WDT.Typed-10 {
		t.Errorf("after 10 deletions: got %d missing here and %d typed, had %d and %d",
			gone.MissingHere, gone.WDT.Typed, after.MissingHere, after.WDT.Typed)
	}
}
