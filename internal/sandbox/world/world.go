package world

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// World is the stock of one merchant in both systems. It may be read and
// changed by many goroutines at once.
type World struct {
	options Options

	mu       sync.RWMutex
	stocks   []stock
	order    []int32 // places in stocks of the live rows, ascending by modified, then rec_id
	currents []current
	serial   int32
	recID    int64
}

// New builds the world that the options describe.
func New(o Options) (*World, error) {
	o, err := o.normalised()
	if err != nil {
		return nil, err
	}
	w := &World{options: o}
	w.stocks, w.currents, w.recID = build(o)
	w.serial = int32(len(w.stocks) + len(w.currents))
	w.order = make([]int32, len(w.stocks))
	for i := range w.order {
		w.order[i] = int32(i)
	}
	slices.SortFunc(w.order, w.compare)
	return w, nil
}

// Options returns what the world was built from, with defaults filled in.
func (w *World) Options() Options { return w.options }

func (w *World) warehouseCode(no string) string {
	if code, ok := w.options.WarehouseCodes[no]; ok {
		return code
	}
	return no
}

// compare orders two places in stocks as 旺店通 orders its answers.
func (w *World) compare(a, b int32) int {
	return cmp.Or(
		cmp.Compare(w.stocks[a].modified, w.stocks[b].modified),
		cmp.Compare(w.stocks[a].recID, w.stocks[b].recID),
		cmp.Compare(a, b),
	)
}

// StockQuery says which 旺店通 rows are asked for. Empty members do not filter.
// From and To are both part of the range.
type StockQuery struct {
	From, To                     time.Time
	WarehouseNo, SpecNo, Barcode string
	Offset, Limit                int
}

// Stocks returns one page of the rows that match, ascending by modified time
// and then rec_id, and how many rows match in all.
func (w *World) Stocks(q StockQuery) (page []Stock, total int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	places := w.matching(q)
	from := min(q.Offset, len(places))
	to := min(from+q.Limit, len(places))
	for _, i := range places[from:to] {
		page = append(page, w.spell(w.stocks[i]))
	}
	return page, len(places)
}

// matching returns the places of the rows that match, in order.
func (w *World) matching(q StockQuery) []int32 {
	places := w.order
	if !q.To.IsZero() {
		places = places[:w.firstAfter(places, q.To.Unix())]
	}
	if !q.From.IsZero() {
		places = places[w.firstAfter(places, q.From.Unix()-1):]
	}
	if q.WarehouseNo == "" && q.SpecNo == "" && q.Barcode == "" {
		return places
	}
	wanted, possible := q.codes()
	if !possible {
		return nil
	}
	var found []int32
	for _, i := range places {
		if wanted.matches(w.stocks[i]) {
			found = append(found, i)
		}
	}
	return found
}

// firstAfter is how many of the places have a modified time up to second.
func (w *World) firstAfter(places []int32, second int64) int {
	n, _ := slices.BinarySearchFunc(places, second, func(place int32, second int64) int {
		if w.stocks[place].modified <= second {
			return -1
		}
		return 1
	})
	return n
}

// codes are the codes of a query taken apart, so that a walk over all specs,
// which asks for every row once, compares numbers and not texts. A member is
// nil when it does not filter.
type codes struct {
	warehouse *uint8
	goods     *goods
	serial    *int32
	spec      []uint8 // of spec_no and barcode, both of which must fit
}

// codes takes the codes apart; possible is false when no row can have them.
func (q StockQuery) codes() (wanted codes, possible bool) {
	if q.WarehouseNo != "" {
		at := slices.IndexFunc(warehouses[:], func(p place) bool { return p.no == q.WarehouseNo })
		if at < 0 {
			return wanted, false
		}
		house := uint8(at)
		wanted.warehouse = &house
	}
	if q.SpecNo != "" {
		g, spec, ok := parseSpecNo(q.SpecNo)
		if !ok {
			return wanted, false
		}
		wanted.goods, wanted.spec = &g, append(wanted.spec, spec)
	}
	if q.Barcode != "" {
		serial, spec, ok := parseBarcode(q.Barcode)
		if !ok {
			return wanted, false
		}
		wanted.serial, wanted.spec = &serial, append(wanted.spec, spec)
	}
	return wanted, true
}

func (c codes) matches(s stock) bool {
	for _, spec := range c.spec {
		if s.spec != spec {
			return false
		}
	}
	return (c.warehouse == nil || s.warehouse == *c.warehouse) &&
		(c.goods == nil || s.goods == *c.goods) &&
		(c.serial == nil || s.goods.serial == *c.serial)
}

// Currents appends the YonSuite records from place from on to buffer until its
// capacity is used, in the order of YonSuite's answers. It returns an empty
// slice at the end. Reading in pieces keeps no lock while a slow client reads,
// so the records may change between two pieces, as they do in the real system.
func (w *World) Currents(from int, buffer []Current) []Current {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, c := range w.currents[min(from, len(w.currents)):] {
		if len(buffer) == cap(buffer) {
			break
		}
		buffer = append(buffer, w.spellCurrent(c))
	}
	return buffer
}
