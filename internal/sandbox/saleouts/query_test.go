package saleouts

import (
	"slices"
	"testing"
	"time"
)

// count is how many documents a query finds, and checks that each of them is
// wanted and no other is.
func count(t *testing.T, w *World, q Query, wanted func(Document) bool) int {
	t.Helper()
	q.Limit = 1 << 30
	got, total := w.Documents(q)
	all := Query{Route: q.Route, WithArchived: true, Limit: 1 << 30}
	shown, _ := w.Documents(all)
	want := 0
	for _, d := range shown {
		if wanted(d) {
			want++
		}
	}
	for _, d := range got {
		if !wanted(d) {
			t.Errorf("document %d is not wanted", d.IOID)
		}
	}
	if total != want || len(got) != want {
		t.Errorf("found %d (total %d), want %d", len(got), total, want)
	}
	return want
}

func TestBothEndsOfAWindowBelongToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 50, Seed: 2, OpenShare: 0.2})
	for _, d := range every(w) {
		only := func(q Query) bool {
			q.Route, q.Limit = Qimen, 50
			page, _ := w.Documents(q)
			return slices.ContainsFunc(page, func(other Document) bool { return other.IOID == d.IOID })
		}
		for _, at := range []struct {
			clock Clock
			t     time.Time
		}{{ByModified, d.Modified}, {ByIODate, d.IODate}} {
			if at.t.IsZero() {
				continue
			}
			second := time.Second
			for name, test := range map[string]struct {
				from, to time.Time
				want     bool
			}{
				"that second": {at.t, at.t, true}, "up to it": {at.t.Add(-second), at.t, true}, "from it": {at.t, at.t.Add(second), true},
				"before": {at.t.Add(-9 * second), at.t.Add(-second), false}, "after": {at.t.Add(second), at.t.Add(9 * second), false},
			} {
				if got := only(Query{Clock: at.clock, From: test.from, To: test.to}); got != test.want {
					t.Errorf("document %d, clock %d, %s: got %v, want %v", d.IOID, at.clock, name, got, test.want)
				}
			}
		}
	}
}

func TestADocumentThatHasNotShippedIsInNoWindowOfIODate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 50, OpenShare: 1})
	if _, n := w.Documents(Query{Route: Qimen, Clock: ByIODate, From: testNow.AddDate(-1, 0, 0), To: testNow}); n != 0 {
		t.Errorf("found %d documents that have not shipped", n)
	}
}

func TestFiltersFindWhatTheyName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	live := func(d Document) bool { return !d.Archived }
	some := every(w)[100]
	for name, test := range map[string]struct {
		query  Query
		wanted func(Document) bool
	}{
		"archive":     {Query{Route: Qimen, WithArchived: true}, func(Document) bool { return true }},
		"live":        {Query{Route: Qimen}, live},
		"open":        {Query{Route: Open}, func(d Document) bool { return live(d) && !d.Shop.Taobao && d.OrderType != "供销Plus" }},
		"old":         {Query{Route: Old}, func(d Document) bool { return live(d) && !d.Shop.Taobao && d.OrderType != "供销Plus" }},
		"status":      {Query{Route: Qimen, Status: Cancelled}, func(d Document) bool { return live(d) && d.Status == Cancelled }},
		"shop":        {Query{Route: Qimen, ShopID: SpecialShop}, func(d Document) bool { return live(d) && d.Shop.ID == SpecialShop }},
		"offline":     {Query{Route: Qimen, Offline: true}, func(d Document) bool { return live(d) && d.Shop.Offline }},
		"warehouse":   {Query{Route: Qimen, WarehouseID: CoID}, func(d Document) bool { return live(d) && d.Warehouse.ID == CoID }},
		"distributor": {Query{Route: Qimen, Distributor: "10521001"}, func(d Document) bool { return live(d) && d.Distributor.Code == "10521001" }},
		"wave":        {Query{Route: Qimen, WaveIDs: []int64{41}}, func(d Document) bool { return live(d) && d.WaveID == 41 }},
		"io_ids":      {Query{Route: Qimen, IOIDs: []int64{some.IOID, -1}}, func(d Document) bool { return d.IOID == some.IOID }},
		"o_ids":       {Query{Route: Qimen, OIDs: []int64{some.OID}}, func(d Document) bool { return d.OID == some.OID }},
		"so_ids":      {Query{Route: Qimen, SoIDs: []string{some.SoID}}, func(d Document) bool { return d.SoID == some.SoID }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if count(t, w, test.query, test.wanted) == 0 {
				t.Error("the world has nothing to find")
			}
		})
	}
}

func TestAMergedOrderIsFoundByEachOfItsNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	all := every(w)
	at := slices.IndexFunc(all, func(d Document) bool { return d.MergeSoID != "" && !d.Archived })
	for _, number := range all[at].soIDs() {
		if page, _ := w.Documents(Query{Route: Qimen, SoIDs: []string{number}, Limit: 9}); len(page) != 1 || page[0].IOID != all[at].IOID {
			t.Errorf("number %s: found %d documents", number, len(page))
		}
	}
}

func TestStartTSTakesTheVersionItselfUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 20})
	start := int64(0)
	page, _ := w.Documents(Query{Route: Qimen, StartTS: &start, Limit: 20})
	at := page[7].TS
	for after, want := range map[bool]int{false: 13, true: 12} {
		rest, total := w.Documents(Query{Route: Qimen, StartTS: &at, AfterTS: after, Limit: 20})
		if total != want || rest[0].TS < at || after && rest[0].TS == at {
			t.Errorf("after %v: got %d documents from ts %d on, want %d", after, total, rest[0].TS, want)
		}
	}
}

func TestPagesCoverTheAnswerOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 95})
	seen := map[int64]int{}
	for offset := 0; ; offset += 30 {
		page, total := w.Documents(Query{Route: Qimen, Offset: offset, Limit: 30})
		if total != 95 {
			t.Fatalf("total: got %d, want 95", total)
		}
		for _, d := range page {
			seen[d.IOID]++
		}
		if len(page) == 0 {
			break
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("document %d came %d times", id, n)
		}
	}
	if len(seen) != 95 {
		t.Errorf("pages hold %d documents, want 95", len(seen))
	}
}
