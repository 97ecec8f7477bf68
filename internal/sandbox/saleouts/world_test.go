package saleouts

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, beijing)

func newWorld(t *testing.T, o Options) *World {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = testNow
	}
	w, err := New(o)
	if err != nil {
		t.Fatalf("build world: %v", err)
	}
	return w
}

func every(w *World) []Document {
	all, _ := w.Documents(Query{Route: Qimen, WithArchived: true, Limit: 1 << 30})
	return all
}

func TestEqualOptionsGiveEqualWorldsAndAnotherSeedAnother(t *testing.T) {
	t.Parallel()
	o := DefaultOptions(testNow)
	one := every(newWorld(t, o))
	if !reflect.DeepEqual(one, every(newWorld(t, o))) {
		t.Error("equal options gave different worlds")
	}
	o.Seed++
	if reflect.DeepEqual(one, every(newWorld(t, o))) {
		t.Error("another seed gave the same world")
	}
	if len(one) != o.Orders {
		t.Errorf("documents: got %d, want %d", len(one), o.Orders)
	}
}

func TestTheDefaultWorldHasEveryStatusAndEveryShop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	statuses, byShop, ids, versions := map[Status]bool{}, map[int64]int{}, map[int64]bool{}, map[int64]bool{}
	for _, d := range every(w) {
		statuses[d.Status], ids[d.IOID], versions[d.TS] = true, true, true
		byShop[d.Shop.ID]++
		shipped := d.Status == Confirmed || d.Status == Archive || d.Status == Cancelled
		if shipped == d.IODate.IsZero() {
			t.Errorf("document %d is %s with io_date %v", d.IOID, d.Status, d.IODate)
		}
		if d.TS <= 1<<53 || d.TS > w.LastTS() {
			t.Errorf("ts %d is not between 2^53 and %d", d.TS, w.LastTS())
		}
	}
	if len(statuses) != 6 {
		t.Errorf("statuses: got %v, want all six", statuses)
	}
	if len(byShop) != 8 || byShop[SpecialShop] == 0 || byShop[Unmapped] == 0 {
		t.Errorf("shops: got %v, want eight with the special and the unmapped one", byShop)
	}
	if n := w.Options().Orders; len(ids) != n || len(versions) != n {
		t.Errorf("got %d io_ids and %d row versions for %d documents", len(ids), len(versions), n)
	}
}

func TestRowVersionsAscendWithModifiedTimesAtFirst(t *testing.T) {
	t.Parallel()
	start := int64(1)
	w := newWorld(t, DefaultOptions(testNow))
	page, total := w.Documents(Query{Route: Qimen, StartTS: &start, WithArchived: true, Limit: 1000})
	if total != w.Options().Orders {
		t.Fatalf("documents from ts 1 on: got %d", total)
	}
	for i := 1; i < len(page); i++ {
		if page[i].TS <= page[i-1].TS || page[i].Modified.Before(page[i-1].Modified) {
			t.Fatalf("place %d: ts %d after %d, modified %v after %v", i,
				page[i].TS, page[i-1].TS, page[i].Modified, page[i-1].Modified)
		}
	}
}

func TestTheFinanceSideKnowsAllButTheUnmappedShop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	customers, materials, stocks := w.Customers(), map[string]bool{}, map[string]bool{}
	for _, s := range w.Shops() {
		if code, ok := customers[s.ID]; ok == (s.ID == Unmapped) || ok && !strings.HasPrefix(code, "C0") {
			t.Errorf("customer of shop %d: got %q", s.ID, code)
		}
	}
	for _, m := range w.Materials() {
		if materials[m.Code] {
			t.Errorf("sku %s is there twice", m.Code)
		}
		materials[m.Code] = true
	}
	for _, s := range w.Stocks() {
		stocks[s.Code()] = true
	}
	for _, d := range every(w) {
		if !stocks[d.Warehouse.Code()] {
			t.Errorf("warehouse %s is not listed", d.Warehouse.Code())
		}
		for _, it := range d.Items {
			if !materials[it.SKU.Code] {
				t.Errorf("sku %s is not listed", it.SKU.Code)
			}
		}
	}
}

func TestAmountsAddUpAndChildrenBelongToLines(t *testing.T) {
	t.Parallel()
	for _, d := range every(newWorld(t, Options{Orders: 200, Seed: 3, BatchShare: 0.5, SerialShare: 0.5, GiftShare: 0.3})) {
		sum := d.Freight.Value.Sub(d.FreeAmount.Value)
		batched := make([]int64, len(d.Items))
		for _, b := range d.Batches {
			batched[b.Line] += b.Qty.IntPart()
		}
		for n, it := range d.Items {
			sum = sum.Add(it.SaleAmount.Value)
			if len(d.Batches) > 0 && batched[n] != it.Qty.Value.IntPart() {
				t.Errorf("document %d line %d: batches hold %d of %s", d.IOID, n, batched[n], it.Qty.Value)
			}
			if it.Gift && !it.SalePrice.Value.IsZero() {
				t.Errorf("document %d line %d: a gift costs %s", d.IOID, n, it.SalePrice.Value)
			}
		}
		if !sum.Equal(d.PayAmount.Value) {
			t.Errorf("document %d: lines come to %s, pay_amount is %s", d.IOID, sum, d.PayAmount.Value)
		}
	}
}

func TestOptionsThatCannotBeBuiltAreRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no clock":          {},
		"five shops":        {Now: testNow, Shops: 5},
		"eleven shops":      {Now: testNow, Shops: 11},
		"short span":        {Now: testNow, Span: 20 * time.Minute},
		"negative orders":   {Now: testNow, Orders: -1},
		"share over one":    {Now: testNow, GiftShare: 1.1},
		"statuses over one": {Now: testNow, OpenShare: 0.6, VoidShare: 0.6},
		"negative count":    {Now: testNow, Special: Special{Bad: -1}},
		"too many specials": {Now: testNow, Orders: 3, Special: Special{Bad: 2, NoItems: 2}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: was built", name)
		}
	}
}

func TestReadersAndWritersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	var all sync.WaitGroup
	for seed := range uint64(8) {
		all.Go(func() {
			w.Mutate(3, seed, testNow)
			w.Insert(2, seed, testNow)
			w.Cancel(1, seed, testNow)
			w.Advance(1, seed, testNow)
			w.Truth(TruthParams{Route: Open, WithRows: true})
			every(w)
		})
	}
	all.Wait()
	documents := every(w)
	if want := w.Options().Orders + 16; len(documents) != want {
		t.Errorf("documents: got %d, want %d", len(documents), want)
	}
	for i := 1; i < len(documents); i++ {
		if documents[i].Modified.Before(documents[i-1].Modified) {
			t.Fatalf("the order by modified time is broken at %d", i)
		}
	}
}
