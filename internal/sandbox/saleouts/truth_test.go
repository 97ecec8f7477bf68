package saleouts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachSpecialCaseHasItsOutcome(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		special Special
		state   State
		reason  Reason
	}{
		"ordinary":             {Special{}, Due, ""},
		"no items":             {Special{NoItems: 10}, Held, "no lines"},
		"no sku":               {Special{NoSKU: 10}, Held, "no sku"},
		"negative":             {Special{NegativeQty: 10}, Held, "quantity"},
		"zero":                 {Special{ZeroQty: 10}, Held, "quantity"},
		"null quantity":        {Special{NullQty: 10}, Held, "quantity"},
		"fraction":             {Special{FractionalQty: 10}, Due, ""},
		"long":                 {Special{Long: 10}, Due, ""},
		"odd texts":            {Special{OddTexts: 10}, Due, ""},
		"one so_id":            {Special{SharedSoIDs: 10}, Due, ""},
		"null amounts":         {Special{NullAmounts: 10}, Due, ""},
		"blank amounts":        {Special{BlankAmounts: 10}, Due, ""},
		"texts":                {Special{TextAmounts: 10}, Due, ""},
		"milliseconds":         {Special{Milliseconds: 10}, Due, ""},
		"zero pay date":        {Special{ZeroPayDates: 10}, Due, ""},
		"no price":             {Special{NoPrice: 10}, Held, "no price"},
		"gift without price":   {Special{GiftsWithoutPrice: 10}, Due, ""},
		"distributed":          {Special{Distributed: 10}, Due, ""},
		"bad":                  {Special{Bad: 10}, Rejected, ""},
		"zero modified":        {Special{ZeroModified: 10}, Rejected, ""},
		"archived":             {Special{Archived: 10}, Due, ""},
		"fields of order list": {Special{OrderListFields: 10}, Due, ""},
		"nested":               {Special{Nested: 10}, Due, ""},
		"parcels":              {Special{Parcels: 10}, Due, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Options{Orders: 10, Special: test.special, VoidShare: 0.5, SerialShare: 1, BatchShare: 1})
			if name == "ordinary" {
				w = newWorld(t, Options{Orders: 10, Special: Special{Milliseconds: 10}})
			}
			got := w.Truth(TruthParams{Route: Qimen, WithArchived: true, WithRows: true})
			for _, row := range got.Rows {
				if row.State != test.state || row.Reason != test.reason {
					t.Errorf("document %d: got %s %q, want %s %q", row.IOID, row.State, row.Reason, test.state, test.reason)
				}
				if (row.State == Due) != (row.Customer != "") {
					t.Errorf("document %d is %s with customer %q", row.IOID, row.State, row.Customer)
				}
			}
			if len(got.Rows) != 10 {
				t.Errorf("rows: got %d, want 10", len(got.Rows))
			}
			shown := 5 // every second one belongs to a Taobao shop
			switch name {
			case "archived":
				shown = 0
			case "distributed":
				shown = 10
			}
			if n := w.Truth(TruthParams{Route: Open}).Documents; n != shown {
				t.Errorf("the open platform shows %d, want %d", n, shown)
			}
		})
	}
}

func TestTheDefaultTruthAddsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	s := w.Options().Special
	for _, route := range []Route{Open, Old, Qimen} {
		got := w.Truth(TruthParams{Route: route, WithRows: true})
		held := 0
		for _, n := range got.HeldBy {
			held += n
		}
		if got.Documents != len(got.Rows) || got.Documents != got.Typed+got.Rejected ||
			got.Typed != got.Due+got.Held+got.NotDue || held != got.Held {
			t.Errorf("%s does not add up: %+v", route, got)
		}
		if len(got.HeldBy) != 5 {
			t.Errorf("%s: held by %v, want all five reasons", route, got.HeldBy)
		}
	}
	all := w.Truth(TruthParams{Route: Qimen})
	for reason, want := range map[Reason]int{
		NoLines: s.NoItems, NoSKU: s.NoSKU, QtyNotPlus: s.NegativeQty + s.ZeroQty + s.NullQty, NoPrice: s.NoPrice,
	} {
		if all.HeldBy[reason] != want {
			t.Errorf("held by %s: got %d, want %d", reason, all.HeldBy[reason], want)
		}
	}
	if all.Rejected != s.Bad+s.ZeroModified || all.Documents != w.Options().Orders-s.Archived {
		t.Errorf("got %d rejected of %d", all.Rejected, all.Documents)
	}
}

func TestADocumentIsNotDueForItsStatusBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 30, OpenShare: 1})
	if got := w.Truth(TruthParams{Route: Qimen}); got.NotDue != 30 {
		t.Errorf("not due: got %d of 30", got.NotDue)
	}
	got := w.Truth(TruthParams{Route: Qimen, Statuses: []Status{WaitConfirm, OuterConfirming}})
	if got.NotDue != 0 || got.HeldBy[NoCustomer] == 0 || got.Due+got.HeldBy[NoCustomer] != 30 {
		t.Errorf("with other statuses: got %+v", got)
	}
}

func TestTheTruthOfAWindowIsThatOfItsDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	from, to := testNow.AddDate(0, 0, -7), testNow.AddDate(0, 0, -3)
	_, want := w.Documents(Query{Route: Old, From: from, To: to})
	if got := w.Truth(TruthParams{Route: Old, From: from, To: to}).Documents; got != want || want == 0 {
		t.Errorf("documents of the window: got %d, want %d", got, want)
	}
}

func TestChangesMoveDocumentsToTheEndOfBothOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	for name, change := range map[string]func(int, uint64, time.Time) []int64{
		"mutate": w.Mutate, "cancel": w.Cancel, "advance": w.Advance, "insert": w.Insert,
	} {
		before, at := w.LastTS(), testNow.Add(time.Minute)
		ids := change(5, 9, at)
		if len(ids) != 5 {
			t.Fatalf("%s: changed %d documents, want 5", name, len(ids))
		}
		next := before + 1
		page, total := w.Documents(Query{Route: Qimen, StartTS: &next, Limit: 10})
		if total != 5 {
			t.Errorf("%s: %d documents have a newer row version, want 5", name, total)
		}
		for _, d := range page {
			if !slices.Contains(ids, d.IOID) || !d.Modified.Truncate(time.Second).Equal(at) {
				t.Errorf("%s: document %d has moved, modified %v", name, d.IOID, d.Modified)
			}
		}
	}
}

func TestWhatChangesDoToTheTruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 40, Special: Special{Milliseconds: 40}})
	truth := func() (int, int) {
		got := w.Truth(TruthParams{Route: Qimen})
		return got.Due, got.NotDue
	}
	for _, step := range []struct {
		name        string
		change      func()
		due, notDue int
	}{
		{"at first", func() {}, 40, 0},
		{"mutate", func() { w.Mutate(10, 1, testNow) }, 40, 0},
		{"cancel", func() { w.Cancel(4, 1, testNow) }, 36, 4},
		{"insert", func() { w.Insert(6, 1, testNow) }, 42, 4},
		{"advance to Archive", func() { w.Advance(5, 1, testNow) }, 42, 4},
	} {
		step.change()
		if due, notDue := truth(); due != step.due || notDue != step.notDue {
			t.Errorf("%s: got %d due and %d not, want %d and %d", step.name, due, notDue, step.due, step.notDue)
		}
	}
	if ids := w.Mutate(1000, 1, testNow); len(ids) != 46 {
		t.Errorf("changed %d documents, want all 46", len(ids))
	}
}

func TestStatusesGoOnInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 1, OpenShare: 1, Seed: 4})
	d := every(w)[0]
	want := []Status{WaitConfirm, OuterConfirming, Confirmed, Archive}
	for _, status := range want[slices.Index(want, d.Status)+1:] {
		w.Advance(1, 1, testNow)
		if d, _ = w.Document(d.IOID); d.Status != status {
			t.Fatalf("status: got %s, want %s", d.Status, status)
		}
		if (status == Confirmed || status == Archive) && (d.IODate.IsZero() || d.TrackingNo == "") {
			t.Errorf("%s without io_date or tracking number", status)
		}
	}
	if ids := w.Advance(1, 1, testNow); len(ids) != 0 {
		t.Error("a document went on after Archive")
	}
}

func TestTruthIsShownWithIdsAsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, DefaultOptions(testNow))
	text, err := json.Marshal(w.Truth(TruthParams{Route: Open, WithRows: true}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"route":"open",`, `"held_by":{"no customer":`, `"rows":[{"io_id":"100`, `"last_ts":"9007`, `"sns":`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("truth has no %s: %.600s", want, text)
		}
	}
}

func TestChangesPassOverRecordsThatAreBadOrArchived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{Orders: 20, Special: Special{Bad: 8, Archived: 8, Milliseconds: 4}})
	for _, id := range w.Mutate(20, 1, testNow) {
		if d, _ := w.Document(id); d.Defect != Sound || d.Archived {
			t.Errorf("document %d was changed", id)
		}
	}
}

func TestDocumentsOfOneSoIDComeInPairs(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, d := range every(newWorld(t, Options{Orders: 8, Special: Special{SharedSoIDs: 6}})) {
		seen[d.SoID]++
	}
	pairs := 0
	for _, n := range seen {
		if n == 2 {
			pairs++
		}
	}
	if pairs != 3 || len(seen) != 5 {
		t.Errorf("got %d pairs among %d so_ids, want 3 among 5", pairs, len(seen))
	}
}
