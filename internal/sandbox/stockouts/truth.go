package stockouts

import (
	"cmp"
	"slices"
)

// State is what a delivery must make of a record.
type State string

// The states of a record.
const (
	Due       State = "due"       // exactly one document must arrive
	Held      State = "held"      // kept back, with a reason
	Rejected  State = "rejected"  // a typed load must reject the record
	NotDue    State = "not_due"   // its status is not one that is delivered
	Cancelled State = "cancelled" // status 5
)

// The reasons for which a record is held or rejected.
const (
	NoLines         = "no lines"
	NoSKU           = "no sku"
	BadQuantity     = "quantity"
	NoDate          = "no date"
	NoPrice         = "no price"
	NoCustomer      = "no customer"
	OrderNumberUsed = "order number twice"
	NoNumber        = "no number"
	UnreadableRow   = "rejected record"
)

// Outcome is what must come out for one document.
type Outcome struct {
	StockoutID int64  `json:"stockout_id,string"`
	OrderNo    string `json:"order_no"` // the natural key at the finance side
	State      State  `json:"state"`
	Reason     string `json:"reason,omitempty"`
	Lines      int    `json:"lines"`
}

// StockoutTruth is what a delivery of the world as it stands must report.
// Records is what a full read over one route gets; the other five counts add up
// to it.
type StockoutTruth struct {
	Route     string         `json:"route"`
	Records   int            `json:"records"`
	Rejected  int            `json:"rejected"`
	NotDue    int            `json:"not_due"`
	Cancelled int            `json:"cancelled"`
	Held      int            `json:"held"`
	Due       int            `json:"due"`
	DueLines  int            `json:"due_lines"` // lines of all due documents
	HeldBy    map[string]int `json:"held_by"`   // held documents by reason
	Documents []Outcome      `json:"documents,omitempty"`
}

// StockoutTruth works out what must come out for each document that the route
// shows, ascending by stockout_id.
func (w *World) StockoutTruth(p Params) (StockoutTruth, error) {
	p, err := p.normalised()
	if err != nil {
		return StockoutTruth{}, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	var rows []Outcome
	for i := range w.docs {
		if d := &w.docs[i]; p.Route == Qimen || !taobao(w.shops[d.shop].platform) {
			rows = append(rows, w.judge(d, p.Statuses))
		}
	}
	slices.SortFunc(rows, func(a, b Outcome) int { return cmp.Compare(a.StockoutID, b.StockoutID) })
	holdTwins(rows)
	t := StockoutTruth{Route: p.Route, HeldBy: map[string]int{}}
	for _, row := range rows {
		t.add(row)
	}
	if p.WithRows {
		t.Documents = rows
	}
	return t, nil
}

// judge decides about one document by itself.
func (w *World) judge(d *document, statuses []int) Outcome {
	o := Outcome{StockoutID: d.id, OrderNo: d.orderNo, Lines: len(d.lines)}
	switch {
	case d.garbled():
		o.State, o.Reason = Rejected, UnreadableRow
	case !slices.Contains(statuses, int(d.status)):
		o.State = NotDue
		if d.status == StatusCancelled {
			o.State = Cancelled
		}
	default:
		o.State, o.Reason = Due, w.obstacle(d)
		if o.Reason != "" {
			o.State = Held
		}
	}
	return o
}

// obstacle is the first thing that keeps a document back, or empty.
func (w *World) obstacle(d *document) string {
	has := func(wrong func(line) bool) bool { return slices.ContainsFunc(d.lines, wrong) }
	switch {
	case len(d.lines) == 0:
		return NoLines
	case has(func(x line) bool { return x.noSKU }):
		return NoSKU
	case has(func(x line) bool { return x.quantity != known || x.count <= 0 }):
		return BadQuantity
	case d.consigned == 0:
		return NoDate
	case has(func(x line) bool { return x.noPrice && x.noSell }):
		return NoPrice
	case w.shops[d.shop].customer == "":
		return NoCustomer
	}
	return ""
}

// isDue tells whether a document is delivered with the usual statuses, whatever
// the others are.
func (w *World) isDue(d *document) bool {
	return d.role != twin && w.judge(d, usualStatuses()).State == Due
}

// holdTwins keeps back all but the first, which has the smallest stockout_id, of
// several due documents with one order_no.
func holdTwins(rows []Outcome) {
	seen := map[string]bool{}
	for i := range rows {
		row := &rows[i]
		if row.State != Due {
			continue
		}
		if seen[row.OrderNo] {
			row.State, row.Reason = Held, OrderNumberUsed
		}
		seen[row.OrderNo] = true
	}
}

func (t *StockoutTruth) add(row Outcome) {
	t.Records++
	switch row.State {
	case Rejected:
		t.Rejected++
	case NotDue:
		t.NotDue++
	case Cancelled:
		t.Cancelled++
	case Held:
		t.Held++
		t.HeldBy[row.Reason]++
	case Due:
		t.Due++
		t.DueLines += row.Lines
	}
}
