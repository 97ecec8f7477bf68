package stockouts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// ids are the stockout_ids that a query of the small world finds, in order.
func ids(w *World, q StockoutQuery) string {
	q.Limit = 1 << 40
	docs, _ := w.Stockouts(q)
	var out []string
	for _, d := range docs {
		out = append(out, fmt.Sprint(d.ID))
	}
	return strings.Join(out, " ")
}

// TestTheColumnOfTheWindowFollowsStatusAndByModified walks the vendor's table.
// In the small world documents were shipped a day before now and changed an
// hour before now; 3 was never shipped and 11 has no consign_time.
func TestTheColumnOfTheWindowFollowsStatusAndByModified(t *testing.T) {
	t.Parallel()
	w := small()
	shipped := StockoutQuery{From: testNow.Add(-25 * time.Hour), To: testNow.Add(-23 * time.Hour)}
	changed := StockoutQuery{From: testNow.Add(-time.Hour), To: testNow}
	const (
		allShipped = "1 2 5 6 7 8 9 10 12 13 14 15 17 18 19 20"
		withNoDate = "1 2 5 6 7 8 9 10 11 12 13 14 15 17 18 19 20"
	)
	for _, test := range []struct {
		name       string
		statuses   []int
		byModified bool
		consign    string // found by the window on consign_time
		modified   string // found by the window on modified
	}{
		{"no status", nil, false, allShipped, ""},
		{"95 and later", []int{110}, false, "2", ""},
		{"113, whose consign_time is missing", []int{113}, false, "", ""},
		{"55", []int{55}, false, "", "3"},
		{"5", []int{5}, false, "", "4 16"},
		{"a status by modified", []int{113}, true, "", "11"},
		{"5 by modified", []int{5}, true, "", "4 16"},
		{"no status by modified", nil, true, "", withNoDate},
		{"a list of shipped ones", []int{95, 105, 110, 113}, false, allShipped, ""},
		{"a list by modified", []int{95, 105, 110, 113}, true, "", withNoDate},
		{"a list below 95", []int{5, 55}, false, "", "3 4 16"},
		{"a list on both sides", []int{5, 110}, false, "2 4 16", ""},
		{"a status that nobody has", []int{42}, false, "", ""},
	} {
		q := shipped
		q.Statuses, q.ByModified = test.statuses, test.byModified
		if got := ids(w, q); got != test.consign {
			t.Errorf("%s, window of consign_time: got %s, want %s", test.name, got, test.consign)
		}
		q.From, q.To = changed.From, changed.To
		if got := ids(w, q); got != test.modified {
			t.Errorf("%s, window of modified: got %s, want %s", test.name, got, test.modified)
		}
	}
}

func TestBothEndsOfAWindowAreInIt(t *testing.T) {
	t.Parallel()
	at := func(n int) time.Time { return testNow.Add(time.Duration(n-86_400) * time.Second) }
	for _, test := range []struct {
		from, to int
		want     string
	}{{1, 2, "1 2"}, {2, 2, "2"}, {3, 4, ""}, {6, 6, "6"}, {3, 1, ""}} {
		if got := ids(small(), StockoutQuery{From: at(test.from), To: at(test.to)}); got != test.want {
			t.Errorf("from %d to %d: got %q, want %q", test.from, test.to, got, test.want)
		}
	}
}

func TestDocumentsAreFoundByTheirNumbersAndPlaces(t *testing.T) {
	t.Parallel()
	w := small()
	w.docs[3].stockoutNo = "CK4"
	for _, test := range []struct {
		name, want string
		query      StockoutQuery
	}{
		{"stockout_no, in any status", "4", StockoutQuery{StockoutNo: "CK4"}},
		{"stockout_no with another status", "", StockoutQuery{StockoutNo: "CK4", Statuses: []int{95}}},
		{"src_order_no", "3", StockoutQuery{SrcOrderNo: w.docs[2].systemNo()}},
		{"src_tid", "9", StockoutQuery{SrcTid: w.docs[8].sourceTids()[0]}},
		{"the second src_tid", "9", StockoutQuery{SrcTid: w.docs[8].sourceTids()[1]}},
		{"shop", "14", StockoutQuery{ShopNos: []string{"B"}}},
		{"several shops", "14 15 17", StockoutQuery{ShopNos: []string{"B", "C"}}},
		{"no Taobao", "14", StockoutQuery{ShopNos: []string{"B", "C"}, WithoutTaobao: true}},
		{"another warehouse", "", StockoutQuery{WarehouseNo: "WH02"}},
	} {
		if got := ids(w, test.query); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPagesCutOneOrderedList(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	q := StockoutQuery{From: testNow.AddDate(0, 0, -30), To: testNow, ByModified: true, Limit: 1 << 40}
	whole, total := w.Stockouts(q)
	var got []int64
	q.Limit = 7
	for {
		page, n := w.Stockouts(q)
		if n != total {
			t.Fatalf("total at %d: got %d, want %d", q.Offset, n, total)
		}
		for _, d := range page {
			got = append(got, d.ID)
		}
		if q.Offset += 7; len(page) < 7 {
			break
		}
	}
	var want []int64
	for _, d := range whole {
		want = append(want, d.ID)
	}
	if len(want) < 60 || !slices.Equal(got, want) {
		t.Errorf("pages: got %d documents, want the %d of the window", len(got), len(want))
	}
	if !slices.IsSortedFunc(whole, func(a, b Stockout) int {
		return strings.Compare(value(a.Fields, "modified"), value(b.Fields, "modified"))
	}) {
		t.Error("documents are not ascending by modified")
	}
}

func TestShopsAreFoundByStateNumberAndPlatform(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		query      ShopQuery
	}{
		{"active", "1 2 4 5 6", ShopQuery{Limit: 9}},
		{"disabled", "3", ShopQuery{Disabled: true, Limit: 9}},
		{"second page of two", "4 5", ShopQuery{Offset: 2, Limit: 2}},
		{"number", "6", ShopQuery{ShopNo: "F", Limit: 9}},
		{"number of a disabled one", "", ShopQuery{ShopNo: "C", Limit: 9}},
		{"platforms", "1 2", ShopQuery{Platforms: []int64{1, 127}, Limit: 9}},
	} {
		shops, _ := small().Shops(test.query)
		var got []string
		for _, s := range shops {
			got = append(got, fmt.Sprint(s.ID))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %v, want %s", test.name, got, test.want)
		}
	}
}
