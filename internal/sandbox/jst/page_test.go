package jst

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/saleouts"
)

// week is a window of the open platform over the last seven days.
func (r *rig) week(page, size int, more string) string {
	return fmt.Sprintf(`{"modified_begin":"%s","modified_end":"%s","page_index":%d,"page_size":"%d"%s}`,
		testNow.AddDate(0, 0, -7).Format(time.DateTime), testNow.Format(time.DateTime), page, size, more)
}

// walk reads all pages of a window and counts how often each document came.
func (r *rig) walk(more string) map[int64]int {
	r.t.Helper()
	seen := map[int64]int{}
	for page := 1; ; page++ {
		got := r.open(r.week(page, 20, more))
		r.want(got, "0")
		for _, d := range got.Datas {
			seen[d.IOID]++
		}
		if !*got.HasNext || page > 100 {
			return seen
		}
	}
}

func inWindow(w *saleouts.World, route saleouts.Route) int {
	return w.Truth(saleouts.TruthParams{Route: route, From: testNow.AddDate(0, 0, -7), To: testNow}).Documents
}

func TestAWindowIsPagedToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	want := inWindow(r.world, saleouts.Open)
	first := r.open(r.week(1, 20, ""))
	if *first.DataCount != want || *first.PageCount != (want+19)/20 || first.PageSize != 20 || first.PageIndex != 1 || !*first.HasNext {
		t.Errorf("first page: got %.120s", first.raw)
	}
	if !strings.HasPrefix(first.raw, `{"msg":"执行成功","code":0,"data":{"datas":[{"co_id":11053062,`) {
		t.Errorf("envelope: got %.80s", first.raw)
	}
	if seen := r.walk(""); len(seen) != want {
		t.Errorf("pages hold %d documents, want %d", len(seen), want)
	}
	past := r.open(r.week(99, 20, ""))
	if len(past.Datas) != 0 || *past.HasNext || *past.DataCount != want {
		t.Errorf("a page past the end: got %.200s", past.raw)
	}
}

func TestAFullLastPageIsTheLast(t *testing.T) {
	t.Parallel()
	r := newRigOver(t, Options{}, saleouts.Options{Orders: 20, Special: saleouts.Special{Distributed: 20}})
	for page, want := range map[int]bool{1: true, 2: false} {
		got := r.open(fmt.Sprintf(`{"start_ts":1,"page_size":10,"page_index":%d}`, page))
		if len(got.Datas) != 10 || *got.HasNext != want || *got.PageCount != 2 {
			t.Errorf("page %d: got %d documents, has_next %v", page, len(got.Datas), *got.HasNext)
		}
	}
}

func TestOldAndQimenShowTheirEnvelopes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	old := r.old(oldQuery, r.week(1, 20, ""))
	if *old.DataCount != inWindow(r.world, saleouts.Old) || !old.IsSuccess ||
		!strings.HasPrefix(old.raw, `{"page_index":1,"page_size":20,"data_count":`) ||
		!strings.HasSuffix(old.raw, `],"code":0,"issuccess":true,"msg":null}`) {
		t.Errorf("old: got %.120s", old.raw)
	}
	window := map[string]string{
		"start_time": testNow.AddDate(0, 0, -7).Format(time.DateTime), "end_time": testNow.Format(time.DateTime), "page_size": "100",
	}
	qimen := r.qimen(window)
	if *qimen.DataCount != inWindow(r.world, saleouts.Qimen) || qimen.PageSize != 100 ||
		!strings.HasPrefix(qimen.raw, `{"response":{"page_index":1,"page_size":100,"data_count":`) ||
		!strings.Contains(qimen.raw[len(qimen.raw)-40:], `"request_id":"sim`) {
		t.Errorf("qimen: got %.120s", qimen.raw)
	}
	if inWindow(r.world, saleouts.Qimen) <= inWindow(r.world, saleouts.Open) {
		t.Error("Qimen shows no more than the open platform")
	}
	xml := r.send("/jst/router/qmtest", "", formType, "method=x")
	if !strings.Contains(string(xml), "<response><code>24</code>") {
		t.Errorf("without format: got %.200s", xml)
	}
}

func TestWithoutTotalsTheyAreAbsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, got := range []answer{
		r.open(allOrders), r.old(oldQuery, allOrders), r.qimen(map[string]string{"start_ts": "1", "is_get_total": "false"}),
	} {
		if got.DataCount != nil || got.PageCount != nil || got.HasNext == nil || len(got.Datas) == 0 {
			t.Errorf("got %.200s", got.raw)
		}
	}
}

func TestPagingAWindowLosesARowThatMovesAndRowVersionsDoNot(t *testing.T) {
	t.Parallel()
	drift := fault.Rule{Kind: fault.DriftUpdate, Value: 15}
	r := newRig(t, Options{}, drift)
	r.now = testNow.Add(time.Minute) // what changes leaves the window
	before := everyVisible(r.world)
	lost, seen := 0, r.walk("")
	for id, modified := range before {
		if !modified.Before(testNow.AddDate(0, 0, -7)) && seen[id] == 0 {
			if now, _ := r.world.Document(id); !now.Modified.After(testNow) {
				lost++ // still in the window, and never shown
			}
		}
	}
	if lost == 0 {
		t.Error("a pager of the window lost no document that stayed in it")
	}

	r = newRig(t, Options{}, drift)
	start, newest := int64(1), map[int64]int64{}
	for range 500 {
		got := r.open(fmt.Sprintf(`{"start_ts":%d,"is_get_total":false,"page_index":1,"page_size":50}`, start))
		last := start
		for _, d := range got.Datas {
			last, newest[d.IOID] = max(last, d.TS), max(newest[d.IOID], d.TS)
		}
		if last == start {
			break
		}
		start = last
		if len(newest) > 150 { // let the cursor catch up
			if err := r.faults.Replace(fault.Plan{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := everyVisible(r.world)
	for id := range want {
		if d, _ := r.world.Document(id); newest[id] != d.TS {
			t.Errorf("document %d: the newest version read is %d, want %d", id, newest[id], d.TS)
		}
	}
	if len(newest) != len(want) {
		t.Errorf("row versions brought %d documents, want %d", len(newest), len(want))
	}
}

// everyVisible are the modified times of all documents of the open platform.
func everyVisible(w *saleouts.World) map[int64]time.Time {
	out := map[int64]time.Time{}
	all, _ := w.Documents(saleouts.Query{Route: saleouts.Open, Limit: 1 << 30})
	for _, d := range all {
		out[d.IOID] = d.Modified
	}
	return out
}

func TestADocumentThatChangesWhileItIsPagedComesAgainWithALargerTS(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, fault.Rule{Kind: fault.DriftUpdate, Value: 30, Count: 1})
	versions := map[int64][]int64{}
	for page := 1; page < 20; page++ {
		for _, d := range r.open(r.week(page, 20, "")).Datas {
			versions[d.IOID] = append(versions[d.IOID], d.TS)
		}
	}
	again := 0
	for id, seen := range versions {
		if len(seen) > 1 {
			again++
			if !slices.IsSorted(seen) || seen[0] == seen[len(seen)-1] {
				t.Errorf("document %d: versions %v do not increase", id, seen)
			}
		}
	}
	if again == 0 {
		t.Error("no document came twice")
	}
}

func TestTheFirstVersionIsShownAgainUnlessExclusive(t *testing.T) {
	t.Parallel()
	for exclusive, want := range map[bool]bool{false: true, true: false} {
		r := newRig(t, Options{ExclusiveTS: exclusive})
		last := r.open(allOrders).Datas[49].TS
		got := r.open(fmt.Sprintf(`{"start_ts":"%d","page_size":50}`, last))
		if shown := got.Datas[0].TS == last; shown != want {
			t.Errorf("exclusive %v: ts %d shown again: %v", exclusive, last, shown)
		}
	}
}

func TestFaultsOfPages(t *testing.T) {
	t.Parallel()
	whole := newRig(t, Options{})
	one, two := whole.open(whole.week(1, 20, "")), whole.open(whole.week(2, 20, ""))
	for _, test := range []struct {
		kind  fault.Kind
		value int
		page  int
		check func(answer) bool
	}{
		{fault.EmptyPage, 0, 1, func(a answer) bool { return len(a.Datas) == 0 && *a.HasNext && *a.DataCount == *one.DataCount }},
		{fault.ShortPage, 3, 1, func(a answer) bool { return len(a.Datas) == 17 && *a.HasNext }},
		{fault.RepeatedPage, 0, 2, func(a answer) bool { return a.PageIndex == 2 && a.Datas[0].IOID == one.Datas[0].IOID }},
		{fault.RepeatedPage, 0, 1, func(a answer) bool { return a.Datas[0].IOID == one.Datas[0].IOID }},
		{fault.LyingTotal, -2, 2, func(a answer) bool { return *a.DataCount == *two.DataCount-2 && a.Datas[0].IOID == two.Datas[0].IOID }},
	} {
		r := newRig(t, Options{}, fault.Rule{Kind: test.kind, Value: test.value})
		if got := r.open(r.week(test.page, 20, "")); !test.check(got) {
			t.Errorf("%s on page %d: got %.200s", test.kind, test.page, got.raw)
		}
	}
	r := newRig(t, Options{}, fault.Rule{Kind: fault.DriftInsert, Value: 4}, fault.Rule{Kind: fault.DriftDelete, Value: 2})
	before := r.world.Truth(saleouts.TruthParams{Route: saleouts.Qimen})
	r.open(allOrders)
	after := r.world.Truth(saleouts.TruthParams{Route: saleouts.Qimen})
	if after.Documents != before.Documents+4 || after.NotDue != before.NotDue+2 {
		t.Errorf("drift: %d documents and %d not due, before %d and %d", after.Documents, after.NotDue, before.Documents, before.NotDue)
	}
}

func TestManyClientsAtOnceAreServed(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{OpenLimit: Limit{PerMinute: 1000}}, fault.Rule{Kind: fault.DriftUpdate, Share: 0.5})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r.want(r.open(allOrders), "0")
			r.want(r.old(oldQuery, allOrders), "0")
			r.want(r.token(initToken, initParams), "0")
			if got := r.qimen(map[string]string{"start_ts": "1"}); got.Flag != "" {
				t.Errorf("qimen: got %.200s", got.raw)
			}
		})
	}
	all.Wait()
	if got := r.server.Peaks(); got["jst.open"] != 8 || got["jst.old"] != 8 || got["jst.qimen"] != 8 {
		t.Errorf("peaks: got %v, want 8 each", got)
	}
}
