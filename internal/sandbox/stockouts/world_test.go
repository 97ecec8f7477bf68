package stockouts

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, beijing)

func build(t *testing.T, change func(*Options)) *World {
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

// all are all documents in the order of their modified times.
func all(w *World) []Stockout {
	docs, _ := w.Stockouts(StockoutQuery{StockoutNo: "", Limit: 1 << 40})
	return docs
}

func allShops(w *World) []Shop {
	active, _ := w.Shops(ShopQuery{Limit: 1 << 40})
	disabled, _ := w.Shops(ShopQuery{Disabled: true, Limit: 1 << 40})
	return append(active, disabled...)
}

// value is the column of a record, or a text that no column has.
func value(fields []Field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return "no such column: " + name
}

func number(t *testing.T, fields []Field, name string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(value(fields, name))
	if err != nil {
		t.Fatalf("column %s: %v", name, err)
	}
	return d
}

func TestEqualOptionsGiveEqualWorlds(t *testing.T) {
	t.Parallel()
	one, other := build(t, nil), build(t, nil)
	if !reflect.DeepEqual(all(one), all(other)) || !reflect.DeepEqual(allShops(one), allShops(other)) {
		t.Error("two worlds from the same options differ")
	}
	third := build(t, func(o *Options) { o.Seed = 2 })
	if reflect.DeepEqual(all(one), all(third)) {
		t.Error("worlds from different seeds are the same")
	}
}

func TestAWorldHasWhatItsOptionsCount(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	if got := len(all(w)); got != 250 {
		t.Errorf("stockouts: got %d, want 250", got)
	}
	for _, r := range w.options.roles() {
		got := 0
		for i := range w.docs {
			if w.docs[i].role == r.role {
				got++
			}
		}
		if got != r.n || r.n == 0 {
			t.Errorf("%s documents: got %d, want %d and at least one", r.role, got, r.n)
		}
	}
	statuses, hidden, routes := map[int]int{}, map[Hiding]int{}, map[bool]int{}
	for _, d := range all(w) {
		statuses[d.Status]++
		hidden[d.Hiding]++
		routes[taobao(d.PlatformID)]++
	}
	if len(statuses) != 6 || len(hidden) != 4 || len(routes) != 2 {
		t.Errorf("statuses %v, ways to hide %v, Taobao %v: want 6, 4 and 2 of them", statuses, hidden, routes)
	}
}

func TestTimesLieInTheDaysBeforeNow(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	later := 0
	for i := range w.docs {
		d := &w.docs[i]
		for _, at := range []int64{d.consigned, d.modified} {
			if back := testNow.Sub(time.Unix(at, 0)); at != 0 && (back < settled || back > spread) {
				t.Errorf("document %d: %v before now, want between %v and %v", d.id, back, settled, spread)
			}
		}
		if d.consigned > d.modified {
			t.Errorf("document %d was shipped after it was last changed", d.id)
		}
		if d.modified-d.consigned > 3600 && d.consigned != 0 {
			later++
		}
	}
	if later < 20 {
		t.Errorf("documents changed more than an hour after they were shipped: got %d, want at least 20", later)
	}
}

func TestPositionsAndHeaderAddUpToTheLines(t *testing.T) {
	t.Parallel()
	several, empty, absent, lineCount := 0, 0, 0, 0
	for _, d := range all(build(t, nil)) {
		total := decimal.Zero
		for _, line := range d.Lines {
			lineCount++
			if text := value(line.Fields, "goods_count"); text == "abc" || text == "" {
				continue
			}
			count := number(t, line.Fields, "goods_count")
			total = total.Add(count)
			sum := decimal.Zero
			for _, p := range line.Positions {
				sum = sum.Add(number(t, p, "position_goods_count"))
				if got, want := value(p, "stockout_order_detail_id"), value(line.Fields, "rec_id"); got != want {
					t.Errorf("document %d: position of line %s in line %s", d.ID, got, want)
				}
				if number(t, p, "position_goods_count").Sign() <= 0 {
					t.Errorf("document %d: a position without goods", d.ID)
				}
			}
			if len(line.Positions) > 0 && !sum.Equal(count) {
				t.Errorf("document %d: positions add up to %s, want %s", d.ID, sum, count)
			}
			several += int(flag(len(line.Positions) > 1))
			empty += int(flag(len(line.Positions) == 0 && !line.NoPositions))
			absent += int(flag(line.NoPositions))
		}
		if got := number(t, d.Fields, "goods_count"); !got.Equal(total) {
			t.Errorf("document %d: goods_count %s, want %s", d.ID, got, total)
		}
	}
	if several == 0 || empty == 0 || absent == 0 || lineCount < 700 {
		t.Errorf("lines: got %d, %d with several positions, %d with none, %d without the list", lineCount, several, empty, absent)
	}
}

func TestSpecialLinesAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	for i := range w.docs {
		d := &w.docs[i]
		out, ok := w.spell(d), true
		has := func(want func(Line) bool) bool { return slices.ContainsFunc(out.Lines, want) }
		switch d.role {
		case gift:
			ok = has(func(l Line) bool {
				return value(l.Fields, "gift_type") != "0" && value(l.Fields, "price") == "0.0000"
			})
		case suite:
			ok = value(out.Lines[0].Fields, "suite_no") != "" &&
				value(out.Lines[0].Fields, "suite_no") == value(out.Lines[1].Fields, "suite_no")
		case repeatedSKU:
			ok = value(out.Lines[0].Fields, "spec_no") == value(out.Lines[2].Fields, "spec_no")
		case huge:
			ok = len(out.Lines) == 500
		case fractional:
			ok = has(func(l Line) bool { return strings.HasSuffix(value(l.Fields, "goods_count"), ".1234") })
		case noDate:
			ok = value(out.Fields, "consign_time") == "0000-00-00 00:00:00" && out.Status >= StatusShipped
		case longID:
			ok = out.ID > 1<<53 && value(out.Fields, "stockout_id") == fmt.Sprint(out.ID)
		case renumbered:
			ok = out.StockoutNo != out.OrderNo
		case numbersForTexts:
			bare := 0
			for _, f := range out.Fields {
				bare += int(flag(f.Bare))
			}
			ok = bare > 3
		}
		if !ok {
			t.Errorf("document %d is called %s and is not", d.id, d.role)
		}
	}
}

func TestOptionsThatCannotBeBuiltAreRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no clock":               {Shops: 1},
		"negative count":         {Now: testNow, Stockouts: 5, Shops: 1, Huge: -1},
		"negative stockouts":     {Now: testNow, Stockouts: -1},
		"more special than all":  {Now: testNow, Shops: 3, Stockouts: 5, NoLines: 3, Twins: 2},
		"more special shops":     {Now: testNow, Shops: 3, Disabled: 2, SameName: 1},
		"no shops":               {Now: testNow, Stockouts: 1},
		"nobody without account": {Now: testNow, Shops: 3, Stockouts: 3, NoCustomer: 1},
		"too many":               {Now: testNow, Shops: maxShops + 1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: got a world, want an error", name)
		}
	}
	w, err := New(Options{Now: testNow})
	if err != nil || len(all(w)) != 0 || len(allShops(w)) != 0 || w.Insert(3, 1, testNow) != nil {
		t.Errorf("empty options: got %v, want an empty world that stays empty", err)
	}
}

func TestTheFinanceSideIsToldWhatItMustKnow(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	codes, customers := w.Inventories(), w.Customers()
	if !slices.IsSorted(codes) || len(codes) < 300 || slices.Contains(codes, "") {
		t.Errorf("inventories: got %d codes, want some hundreds, ascending, none empty", len(codes))
	}
	strangers := 0
	for _, d := range all(w) {
		for _, line := range d.Lines {
			code := value(line.Fields, "spec_no")
			if _, found := slices.BinarySearch(codes, code); code != "" && !found {
				t.Errorf("document %d: inventory %s is not listed", d.ID, code)
			}
		}
		if !slices.Contains(w.Warehouses(), value(d.Fields, "warehouse_no")) {
			t.Errorf("document %d: warehouse %s is not listed", d.ID, value(d.Fields, "warehouse_no"))
		}
		if customers[value(d.Fields, "shop_no")] == "" {
			strangers++
		}
	}
	if len(customers) != 38 || strangers != 4 {
		t.Errorf("got %d customers and %d documents without, want 38 and 4", len(customers), strangers)
	}
	w.Insert(50, 3, testNow)
	if got := w.Inventories(); !slices.Equal(got, codes) {
		t.Errorf("inventories after insert: got %d, want the same %d", len(got), len(codes))
	}
}

func TestManyMayReadAndChangeAtOnce(t *testing.T) {
	t.Parallel()
	w := build(t, nil)
	var group sync.WaitGroup
	for n := range uint64(8) {
		group.Go(func() {
			w.Mutate(5, n, testNow)
			w.Insert(3, n, testNow)
			w.Cancel(2, n, testNow)
			w.Ship(1, n, testNow)
			w.CloseShops(1, n, testNow)
			w.RemoveShops(1, n)
			w.OpenShops(1, testNow)
			w.Stockouts(StockoutQuery{From: testNow.Add(-time.Hour), To: testNow, Limit: 10})
			w.Shops(ShopQuery{Limit: 10})
			w.ShopTruth()
			if _, err := w.StockoutTruth(Params{WithRows: true}); err != nil {
				t.Error(err)
			}
			w.Inventories()
			w.Customers()
		})
	}
	group.Wait()
	checkOrders(t, w)
	if got := len(all(w)); got != 250+24 {
		t.Errorf("documents: got %d, want 274", got)
	}
}

// checkOrders wants each order sorted, and every document in it once.
func checkOrders(t *testing.T, w *World) {
	t.Helper()
	shipped := 0
	for i := range w.docs {
		shipped += int(flag(w.docs[i].consigned != 0))
	}
	if len(w.byModified) != len(w.docs) || !slices.IsSortedFunc(w.byModified, w.compareModified) {
		t.Errorf("order by modified: %d places for %d documents, or not sorted", len(w.byModified), len(w.docs))
	}
	if len(w.byConsign) != shipped || !slices.IsSortedFunc(w.byConsign, w.compareConsigned) {
		t.Errorf("order by consign_time: %d places for %d documents, or not sorted", len(w.byConsign), shipped)
	}
}
