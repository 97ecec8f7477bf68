package world

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, beijing)

func build2000(t *testing.T, change func(*Options)) *World {
	t.Helper()
	o := DefaultOptions(testNow)
	if change != nil {
		change(&o)
	}
	w, err := New(o)
	if err != nil {
		t.Fatalf("build world: %v", err)
	}
	return w
}

func allStocks(w *World) []Stock {
	rows, _ := w.Stocks(StockQuery{Limit: 1 << 40})
	return rows
}

func allCurrents(w *World) []Current {
	return w.Currents(0, make([]Current, 0, len(w.currents)))
}

func TestEqualOptionsGiveEqualWorlds(t *testing.T) {
	t.Parallel()
	one, other := build2000(t, nil), build2000(t, nil)
	if !reflect.DeepEqual(allStocks(one), allStocks(other)) || !reflect.DeepEqual(allCurrents(one), allCurrents(other)) {
		t.Error("two worlds from the same options differ")
	}
	third := build2000(t, func(o *Options) { o.Seed = 2 })
	if reflect.DeepEqual(allStocks(one), allStocks(third)) {
		t.Error("worlds from different seeds are the same")
	}
}

func TestStockRowsHaveTheShapeOfADefaultWorld(t *testing.T) {
	t.Parallel()
	w := build2000(t, nil)
	records := map[int64]int{}
	keys := map[[2]int64]int64{}
	fractions, negatives, digits, long := 0, 0, 0, 0
	for _, s := range allStocks(w) {
		records[s.RecID]++
		if owner, taken := keys[[2]int64{s.SpecID, s.WarehouseID}]; taken && owner != s.RecID {
			t.Errorf("spec %d in warehouse %d belongs to rows %d and %d", s.SpecID, s.WarehouseID, owner, s.RecID)
		}
		keys[[2]int64{s.SpecID, s.WarehouseID}] = s.RecID
		if back := testNow.Sub(s.Modified); back <= settled || back > spread {
			t.Errorf("row %d was modified %v before now, want between %v and %v", s.RecID, back, settled, spread)
		}
		fractions += count(s.StockNum%One != 0)
		negatives += count(s.StockNum < 0)
		digits += count(s.DigitsOnly)
		long += count(s.RecID > 1e18)
	}
	if len(records) != 2000 {
		t.Errorf("distinct rows: got %d, want 2000", len(records))
	}
	if repeated := len(allStocks(w)) - len(records); repeated != 3 {
		t.Errorf("repeated records: got %d, want 3", repeated)
	}
	for what, got := range map[string]int{"fractional": fractions, "negative": negatives, "all-digit": digits, "19-digit": long} {
		if got == 0 {
			t.Errorf("%s rows: got none, want some", what)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func byModified(a, b Stock) int {
	return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(a.RecID, b.RecID))
}

func TestPagesAndFiltersCutTheSameOrderedList(t *testing.T) {
	t.Parallel()
	w := build2000(t, nil)
	all := allStocks(w)
	if !slices.IsSortedFunc(all, byModified) {
		t.Error("rows are not ascending by modified and rec_id")
	}
	from, to := all[500].Modified, all[900].Modified
	var want, got []Stock
	for _, s := range all {
		if !s.Modified.Before(from) && !s.Modified.After(to) && s.WarehouseNo == "上海仓01" {
			want = append(want, s)
		}
	}
	for page := 0; ; page++ {
		rows, total := w.Stocks(StockQuery{From: from, To: to, WarehouseNo: "上海仓01", Offset: page * 7, Limit: 7})
		if total != len(want) {
			t.Fatalf("total on page %d: got %d, want %d", page, total, len(want))
		}
		if len(rows) == 0 {
			break
		}
		got = append(got, rows...)
	}
	if len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("pages: got %d rows, want the %d of the range", len(got), len(want))
	}
}

func TestEveryCodeFindsItsOwnRowsOnly(t *testing.T) {
	t.Parallel()
	w := build2000(t, nil)
	for _, s := range allStocks(w)[:300] {
		for _, q := range []StockQuery{{SpecNo: s.SpecNo}, {Barcode: s.Barcode}} {
			q.Limit = 1000
			rows, total := w.Stocks(q)
			if total == 0 {
				t.Fatalf("query %+v: found nothing", q)
			}
			for _, row := range rows {
				if row.SpecNo != s.SpecNo || row.Barcode != s.Barcode {
					t.Errorf("query %+v: got spec %s", q, row.SpecNo)
				}
			}
		}
	}
	other := map[bool]string{true: "HP%07d-01", false: "88%07d01"}
	for _, kept := range w.stocks[:500] {
		code := fmt.Sprintf(other[kept.goods.digits], kept.goods.serial)
		if _, total := w.Stocks(StockQuery{SpecNo: code, Limit: 10}); total != 0 {
			t.Errorf("spec_no %s in the other spelling: got %d rows, want none", code, total)
		}
	}
	for _, code := range []string{"HP1", "HP0000001", "HP00000010-1", "88", "nothing", "HP-1-01"} {
		if _, total := w.Stocks(StockQuery{SpecNo: code, Limit: 10}); total != 0 {
			t.Errorf("spec_no %q: got %d rows, want none", code, total)
		}
	}
}

func TestYonsuiteRowsDifferInTheirKey(t *testing.T) {
	t.Parallel()
	w := build2000(t, func(o *Options) { o.RepeatedYonsuite = 0; o.Rows = 20000 })
	type key struct {
		org, warehouse, product, sku, batch string
		status                              int64
	}
	seen := map[key]bool{}
	for _, c := range allCurrents(w) {
		k := key{c.Org, c.Warehouse, c.Product, c.SKU, c.Batch, c.Status}
		if seen[k] {
			t.Errorf("two rows with the key %+v", k)
		}
		seen[k] = true
		if len(c.Product) != 19 || len(c.Org) != 19 || len(c.Warehouse) != 19 {
			t.Fatalf("ids of %+v do not have 19 digits", k)
		}
	}
}

func TestAFewMillionRowsAreRefusedAndOddOptionsToo(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Options){
		"too many rows":    func(o *Options) { o.Rows = maxRows + 1 },
		"negative rows":    func(o *Options) { o.Rows = -1 },
		"unknown key":      func(o *Options) { o.Key = "barcode" },
		"share over one":   func(o *Options) { o.DuplicateShare = 1.5 },
		"shares over one":  func(o *Options) { o.DifferentShare, o.IgnoredShare = 0.6, 0.6 },
		"no moment":        func(o *Options) { o.Now = time.Time{} },
		"seventeen houses": func(o *Options) { o.Warehouses = 17 },
	} {
		o := DefaultOptions(testNow)
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: got a world, want an error", name)
		}
	}
}

func TestMutationsChangeWhatTheySayAndNothingElse(t *testing.T) {
	t.Parallel()
	w := build2000(t, nil)
	before := map[int64]Stock{}
	for _, s := range allStocks(w) {
		before[s.RecID] = s
	}
	at := testNow.Add(time.Hour)
	changed := w.Mutate(25, 7, at)
	added := w.Insert(4, 7, at)
	gone := w.Delete(6, 8)
	if len(changed) != 25 || len(added) != 4 || len(gone) != 6 {
		t.Fatalf("got %d changed, %d added, %d gone, want 25, 4, 6", len(changed), len(added), len(gone))
	}
	after := map[int64]Stock{}
	for _, s := range allStocks(w) {
		after[s.RecID] = s
	}
	if !slices.IsSortedFunc(allStocks(w), byModified) || len(after) != len(before)+4-6 {
		t.Errorf("afterwards %d rows in order %v, want %d in order", len(after),
			slices.IsSortedFunc(allStocks(w), byModified), len(before)-2)
	}
	for id, old := range before {
		now, alive := after[id]
		switch {
		case slices.Contains(gone, id):
			if alive {
				t.Errorf("row %d was deleted and is there", id)
			}
		case slices.Contains(changed, id):
			if now.StockNum == old.StockNum || !now.Modified.Equal(at) {
				t.Errorf("row %d was changed, got %v at %v", id, now.StockNum, now.Modified)
			}
		case now.StockNum != old.StockNum || !now.Modified.Equal(old.Modified):
			t.Errorf("row %d changed without being told", id)
		}
	}
	for _, id := range added {
		if _, alive := after[id]; !alive {
			t.Errorf("row %d was added and is not there", id)
		}
	}
	if _, total := w.Stocks(StockQuery{From: at, To: at}); total < 25+4-6 || total > 25+4 {
		t.Errorf("rows modified at that moment: got %d, want the changed and added ones", total)
	}
}

func TestReadersAndWritersMayMeet(t *testing.T) {
	t.Parallel()
	w := build2000(t, func(o *Options) { o.Rows = 300 })
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 20 {
				at, seed := testNow.Add(time.Duration(i)*time.Second), uint64(100*n+i)
				w.Mutate(3, seed, at)
				w.Insert(1, seed, at)
				w.Delete(1, seed)
				w.MutateCurrents(2, seed)
			}
		})
		group.Go(func() {
			for range 20 {
				w.Stocks(StockQuery{From: testNow.AddDate(0, 0, -30), Limit: 100})
				w.Currents(0, make([]Current, 0, 64))
			}
		})
	}
	group.Wait()
	truth, err := w.Truth(Params{})
	if err != nil || truth.WDT.Typed != 295 { // as many came as went
		t.Errorf("typed rows: got %d (%v), want 295", truth.WDT.Typed, err)
	}
}
