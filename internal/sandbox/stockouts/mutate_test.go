package stockouts

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// copies are the documents as they stand, by stockout_id.
func copies(w *World) map[int64]document {
	out := map[int64]document{}
	for _, d := range w.docs {
		d.lines = slices.Clone(d.lines)
		out[d.id] = d
	}
	return out
}

func TestMutateChangesDueDocumentsAndTheirModified(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	before, at := copies(w), testNow.Add(time.Hour)
	changed := w.Mutate(40, 7, at)
	if len(changed) != 40 {
		t.Fatalf("changed: got %d, want 40", len(changed))
	}
	status, remark, quantity, renumbered := 0, 0, 0, 0
	for id, d := range copies(w) {
		old := before[id]
		if !slices.Contains(changed, id) {
			if d.modified != old.modified || d.status != old.status || !slices.Equal(d.lines, old.lines) {
				t.Errorf("document %d changed and is not named", id)
			}
			continue
		}
		if d.modified != at.Unix() || d.consigned != old.consigned || d.orderNo != old.orderNo {
			t.Errorf("document %d: got %+v, want modified %d and nothing else of its identity changed", id, d, at.Unix())
		}
		status += int(flag(d.status != old.status))
		remark += int(flag(d.remark != old.remark))
		quantity += int(flag(!slices.Equal(d.lines, old.lines)))
		renumbered += int(flag(d.stockoutNo != old.stockoutNo))
		if d.status < old.status || d.status == StatusCancelled {
			t.Errorf("document %d went from %d to %d", id, old.status, d.status)
		}
	}
	if status == 0 || remark == 0 || quantity == 0 || renumbered == 0 || status+remark+quantity+renumbered != 40 {
		t.Errorf("changes: got %d of status, %d of remark, %d of quantity, %d of number, want 40 in all and some of each",
			status, remark, quantity, renumbered)
	}
	checkOrders(t, w)
	other := build(t, nil)
	if got := other.Mutate(40, 7, at); !slices.Equal(got, changed) || !maps.EqualFunc(copies(w), copies(other), same) {
		t.Error("the same seed changed other documents, or changed them otherwise")
	}
	if got := w.Mutate(1000, 1, at); len(got) != 202-2 {
		t.Errorf("mutate all: got %d, want the 200 due documents that share no order_no", len(got))
	}
}

func same(a, b document) bool {
	return slices.Equal(a.lines, b.lines) && a.remark == b.remark && a.status == b.status && a.stockoutNo == b.stockoutNo
}

func TestShippingCancellingAndInsertingMoveTheTruth(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	expect := func(what string, due, notDue, cancelled int) {
		t.Helper()
		got, err := w.StockoutTruth(Params{})
		if err != nil || got.Due != due || got.NotDue != notDue || got.Cancelled != cancelled {
			t.Errorf("%s: got %d due, %d not due, %d cancelled (%v), want %d, %d, %d",
				what, got.Due, got.NotDue, got.Cancelled, err, due, notDue, cancelled)
		}
		checkOrders(t, w)
	}
	expect("at first", 202, 14, 10)
	at := testNow.Add(time.Minute)
	shipped := w.Ship(4, 1, at)
	expect("4 shipped", 206, 10, 10)
	w.Cancel(6, 1, at)
	expect("6 cancelled", 200, 10, 16)
	w.Insert(5, 1, at)
	expect("5 inserted", 205, 10, 16)
	w.Mutate(100, 1, at)
	expect("100 changed", 205, 10, 16)
	found, total := w.Stockouts(StockoutQuery{From: at, To: at, Limit: 100})
	if total < 9-6 || total > 9 {
		t.Errorf("shipped at that second: got %d, want those inserted and shipped", total)
	}
	for _, d := range found {
		if !slices.Contains(shipped, d.ID) && d.ID <= 10_150 {
			t.Errorf("document %d was neither shipped nor inserted", d.ID)
		}
	}
}

func TestShopsCloseOpenAndVanish(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	closed := w.CloseShops(3, 1, testNow.Add(time.Hour))
	gone := w.RemoveShops(2, 2)
	opened := w.OpenShops(1, testNow.Add(time.Hour))
	active, _ := w.Shops(ShopQuery{Limit: 100})
	disabled, _ := w.Shops(ShopQuery{Disabled: true, Limit: 100})
	if len(active) != 36-3-2+1 || len(disabled) != 4+3 || len(closed) != 3 || len(gone) != 2 {
		t.Errorf("shops: got %d active and %d disabled, want 32 and 7", len(active), len(disabled))
	}
	for _, s := range disabled {
		changed := slices.Contains(closed, s.ID)
		if value(s.Fields, "is_disabled") != "1" || (value(s.Fields, "modified") == "2024-03-01 09:00:00") != changed {
			t.Errorf("shop %d: is_disabled %s, modified %s", s.ID, value(s.Fields, "is_disabled"), value(s.Fields, "modified"))
		}
	}
	for _, s := range append(active, disabled...) {
		if slices.Contains(gone, s.ID) {
			t.Errorf("shop %d is still there", s.ID)
		}
	}
	truth := w.ShopTruth()
	if truth.Records != 39 || truth.Due != 37 || truth.Disabled != 7 || truth.Shops[38].ShopID != opened[0] {
		t.Errorf("truth: got %d records, %d due, %d disabled, want 39, 37, 7", truth.Records, truth.Due, truth.Disabled)
	}
	if len(w.Customers()) != 39 {
		t.Errorf("customers: got %d, want the 38 from before and the new one", len(w.Customers()))
	}
}
