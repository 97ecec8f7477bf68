package stockouts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// small is a world that can be checked by hand. Shops: 1 has a customer, 2 has
// none, 3 is in the Taobao family, 4 has no number, 5 is unreadable, 6 shares
// the name of 1. Documents are numbered from 1 and say what they are in their
// order_no.
func small() *World {
	w := &World{options: Options{Now: testNow}, shops: []shop{
		{id: 1, no: "A", name: "甲店", platform: 127, customer: "K1"}, {id: 2, no: "B", name: "乙店", platform: 127},
		{id: 3, no: "C", name: "丙店", platform: 1, customer: "K3", disabled: true}, {id: 4, name: "丁店"},
		{id: 5, no: "E", name: "戊店", bad: true}, {id: 6, no: "F", name: "甲店", customer: "K6"},
	}}
	add := func(orderNo string, status int16, lines ...line) *document {
		n := int64(len(w.docs) + 1)
		w.docs = append(w.docs, document{
			id: n, serial: int32(n), orderNo: orderNo, stockoutNo: orderNo, status: status,
			consigned: testNow.Unix() - 86_400 + n, modified: testNow.Unix() - 3600 + n, lines: lines,
		})
		return &w.docs[n-1]
	}
	two := line{goods: goods{1, 1}, count: 2 * One, sell: One, price: One}
	with := func(change func(*line)) line { x := two; change(&x); return x }
	add("due", 95, two)
	add("due, completed", 110, two, two)
	add("not shipped", 55, two).consigned = 0
	add("cancelled", 5, two)
	add("no lines", 95)
	add("no sku", 95, two, with(func(x *line) { x.noSKU = true }))
	add("negative", 95, with(func(x *line) { x.count = -One }), two)
	add("zero", 95, with(func(x *line) { x.count = 0 }))
	add("null", 95, with(func(x *line) { x.quantity = unknown }))
	add("garbled", 95, with(func(x *line) { x.quantity = garbled }))
	add("no date", 113, two).consigned = 0
	add("no price", 105, with(func(x *line) { x.noPrice, x.noSell = true, true }))
	add("sell price", 105, with(func(x *line) { x.noPrice = true }))
	add("no customer", 95, two).shop = 1
	add("taobao", 95, two).shop = 2
	add("twice", 5, two)
	add("twice", 95, two).shop = 2
	add("twice", 95, two)
	add("twice", 95, two)
	add("gift", 95, with(func(x *line) { x.gift, x.price = 1, 0 }))
	for i := range w.docs {
		w.link(int32(i))
	}
	return w
}

// told is the outcome of each document in one line.
func told(t StockoutTruth) string {
	var out []string
	for _, row := range t.Documents {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", row.StockoutID, row.State, row.Reason)))
	}
	return strings.Join(out, "; ")
}

func TestTheTruthAboutDocumentsThatCanBeCheckedByHand(t *testing.T) {
	t.Parallel()
	const before = "1 due; 2 due; 3 not_due; 4 cancelled; 5 held no lines; 6 held no sku; 7 held quantity; " +
		"8 held quantity; 9 held quantity; 10 rejected rejected record; 11 held no date; 12 held no price; " +
		"13 due; 14 held no customer; "
	for _, test := range []struct {
		name   string
		params Params
		want   string
	}{
		{"qimen", Params{}, before + "15 due; 16 cancelled; 17 due; 18 held order number twice; " +
			"19 held order number twice; 20 due"},
		{"openapi2 does not know the Taobao family", Params{Route: OpenAPI2},
			before + "16 cancelled; 18 due; 19 held order number twice; 20 due"},
	} {
		test.params.WithRows = true
		got, err := small().StockoutTruth(test.params)
		if err != nil || told(got) != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", test.name, err, told(got), test.want)
		}
	}
	got, err := small().StockoutTruth(Params{Statuses: []int{110}, WithRows: true})
	if err != nil || got.Due != 1 || got.NotDue != 16 || got.Cancelled != 2 || got.Rejected != 1 {
		t.Errorf("110 alone: got %+v (%v), want 1 due, 16 not due, 2 cancelled, 1 rejected", got, err)
	}
}

func TestTheCountsOfATruthAddUp(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	for _, route := range []string{Qimen, OpenAPI2} {
		got, err := w.StockoutTruth(Params{Route: route, WithRows: true})
		if err != nil {
			t.Fatal(err)
		}
		if sum := got.Rejected + got.NotDue + got.Cancelled + got.Held + got.Due; sum != got.Records || len(got.Documents) != sum {
			t.Errorf("%s: %d records, %d rows, counts add up to %d", route, got.Records, len(got.Documents), sum)
		}
		want := map[string]int{
			NoLines: 3, NoSKU: 3, BadQuantity: 6, NoDate: 2, NoPrice: 2, NoCustomer: 4, OrderNumberUsed: 2,
		}
		if !reflect.DeepEqual(got.HeldBy, want) || got.Held != 22 || got.Rejected != 2 {
			t.Errorf("%s: got %d held by %v and %d rejected, want 22 by %v and 2", route, got.Held, got.HeldBy, got.Rejected, want)
		}
	}
	qimen, _ := w.StockoutTruth(Params{})
	if qimen.Records != 250 || qimen.NotDue != 14 || qimen.Cancelled != 10 || qimen.Due != 202 || qimen.Documents != nil {
		t.Errorf("qimen: got %+v", qimen)
	}
}

func TestOfTwinsTheSmallerNumberIsDue(t *testing.T) {
	t.Parallel()
	got, err := build(t, nil).StockoutTruth(Params{WithRows: true})
	if err != nil {
		t.Fatal(err)
	}
	byOrder, crossing := map[string][]Outcome{}, 0
	for _, row := range got.Documents {
		byOrder[row.OrderNo] = append(byOrder[row.OrderNo], row)
	}
	for orderNo, rows := range byOrder {
		if len(rows) < 2 {
			continue
		}
		if len(rows) != 2 || rows[0].State != Due || rows[1].Reason != OrderNumberUsed || rows[0].StockoutID >= rows[1].StockoutID {
			t.Errorf("order_no %s: got %+v, want the smaller one due and the other held", orderNo, rows)
		}
		crossing += int(flag(rows[0].StockoutID < 10_000 && rows[1].StockoutID >= 10_000))
	}
	if crossing == 0 {
		t.Error("no pair has ids of four and five digits")
	}
}

func TestTheTruthAboutShops(t *testing.T) {
	t.Parallel()
	got := small().ShopTruth()
	want := []ShopOutcome{
		{1, "A", "甲店", Due, ""}, {2, "B", "乙店", Due, ""}, {3, "C", "丙店", Due, ""}, {4, "", "", Held, NoNumber},
		{5, "E", "", Rejected, UnreadableRow}, {6, "F", "甲店(F)", Due, ""},
	}
	if !slices.Equal(got.Shops, want) {
		t.Errorf("got %+v\nwant %+v", got.Shops, want)
	}
	if got.Records != 6 || got.Due != 4 || got.Held != 1 || got.Rejected != 1 || got.Disabled != 1 || got.HeldBy[NoNumber] != 1 {
		t.Errorf("counts: got %+v", got)
	}
	demo := build(t, nil).ShopTruth()
	if demo.Records != 40 || demo.Due != 38 || demo.Disabled != 4 {
		t.Errorf("demo: got %d records, %d due, %d disabled, want 40, 38, 4", demo.Records, demo.Due, demo.Disabled)
	}
	if nine, ten := demo.Shops[8], demo.Shops[9]; ten.Name != nine.Name+"("+ten.ShopNo+")" {
		t.Errorf("shops 9 and 10: got %q and %q, want the number behind the second name", nine.Name, ten.Name)
	}
}

func TestIdsInATruthAreTexts(t *testing.T) {
	t.Parallel()
	truth, err := small().StockoutTruth(Params{WithRows: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(truth.Documents[13])
	want := `{"stockout_id":"14","order_no":"no customer","state":"held","reason":"no customer","lines":1}`
	if err != nil || string(text) != want {
		t.Errorf("got %s (%v), want %s", text, err, want)
	}
}

func TestParametersOfATruthAreRead(t *testing.T) {
	t.Parallel()
	got, err := ParseParams(url.Values{"route": {"openapi2"}, "statuses": {"95,110"}, "rows": {"true"}})
	if want := (Params{Route: OpenAPI2, Statuses: []int{95, 110}, WithRows: true}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	for _, bad := range []url.Values{
		{"route": {"fax"}}, {"statuses": {"95,"}}, {"rows": {"maybe"}}, {"key": {"x"}},
	} {
		if _, err := ParseParams(bad); err == nil {
			t.Errorf("%v: got no error", bad)
		}
	}
}
