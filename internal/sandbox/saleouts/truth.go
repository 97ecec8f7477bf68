package saleouts

import (
	"slices"
	"time"
)

// State is what must become of a document.
type State string

// The states of a document that is delivered to 金蝶云星空.
const (
	Due      State = "due"             // must arrive, once, with its io_id as FBillNo
	Held     State = "held"            // kept back, with a Reason
	NotDue   State = "not_due"         // of a status that is not delivered
	Rejected State = "rejected record" // cannot be typed
)

// Reason says why a document is held.
type Reason string

// The reasons, in the order in which the first that applies is named.
const (
	NoLines    Reason = "no lines"
	NoSKU      Reason = "no sku"
	QtyNotPlus Reason = "quantity"    // a line whose quantity is null or not above 0
	NoCustomer Reason = "no customer" // no distributor, and the shop has no customer
	NoPrice    Reason = "no price"    // a line without price that is no gift
)

// TruthParams say which documents a reader gets to see, and what it delivers.
type TruthParams struct {
	Route Route `json:"route"`
	// Statuses are those delivered; nil means Confirmed and Archive.
	Statuses []Status `json:"statuses,omitempty"`
	// Clock, From and To are the window that was read; zero bounds are none.
	Clock    Clock     `json:"clock,omitempty"`
	From, To time.Time `json:"-"`
	// WithArchived: the reader asks for the archive too.
	WithArchived bool `json:"with_archived,omitempty"`
	WithRows     bool `json:"with_rows,omitempty"`
}

// Row is the truth about one document. Customer is what FCustomerID must say
// of a document that is due.
type Row struct {
	IOID     int64  `json:"io_id,string"`
	State    State  `json:"state"`
	Reason   Reason `json:"reason,omitempty"`
	Status   Status `json:"status"`
	ShopID   int64  `json:"shop_id,string"`
	Customer string `json:"customer,omitempty"`
	Items    int    `json:"items"`
	Batches  int    `json:"batches"`
	Serials  int    `json:"sns"`
}

// Truth is what a reader who has seen every document of a route must come to.
// Documents are Typed plus Rejected; Typed are Due plus Held plus NotDue. Lines,
// batches and serial numbers count the typed documents only.
type Truth struct {
	Route     Route          `json:"route"`
	Documents int            `json:"documents"`
	Typed     int            `json:"typed"`
	Rejected  int            `json:"rejected"`
	Due       int            `json:"due"`
	Held      int            `json:"held"`
	NotDue    int            `json:"not_due"`
	HeldBy    map[Reason]int `json:"held_by"`
	Items     int            `json:"items"`
	Batches   int            `json:"batches"`
	Serials   int            `json:"sns"`
	LastTS    int64          `json:"last_ts,string"` // largest row version among Documents
	Rows      []Row          `json:"rows,omitempty"` // ascending by io_id
}

// Truth works out what must become of each document that the route shows, as
// the world stands.
func (w *World) Truth(p TruthParams) Truth {
	if p.Statuses == nil {
		p.Statuses = []Status{Confirmed, Archive}
	}
	customers := w.Customers()
	w.mu.RLock()
	defer w.mu.RUnlock()
	t := Truth{Route: p.Route, HeldBy: map[Reason]int{}}
	places := w.matching(Query{Route: p.Route, Clock: p.Clock, From: p.From, To: p.To, WithArchived: p.WithArchived})
	slices.SortFunc(places, func(a, b int) int { return int(w.documents[a].IOID - w.documents[b].IOID) })
	for _, i := range places {
		d := &w.documents[i]
		t.LastTS = max(t.LastTS, d.TS)
		t.add(judge(d, p.Statuses, customers), p.WithRows)
	}
	return t
}

func judge(d *Document, statuses []Status, customers map[int64]string) Row {
	row := Row{
		IOID: d.IOID, Status: d.Status, ShopID: d.Shop.ID,
		Items: len(d.Items), Batches: len(d.Batches), Serials: len(d.Serials),
	}
	customer := d.Distributor.Code
	if customer == "" {
		customer = customers[d.Shop.ID]
	}
	switch {
	case d.Defect != Sound:
		row.State = Rejected
	case !slices.Contains(statuses, d.Status):
		row.State = NotDue
	default:
		row.Reason = reason(d, customer)
		row.State = Held
		if row.Reason == "" {
			row.State, row.Customer = Due, customer
		}
	}
	return row
}

// reason is the first reason to hold a document, empty when there is none.
func reason(d *Document, customer string) Reason {
	some := func(bad func(Item) bool) bool { return slices.ContainsFunc(d.Items, bad) }
	switch {
	case len(d.Items) == 0:
		return NoLines
	case some(func(it Item) bool { return it.NoSKU != Number }):
		return NoSKU
	case some(func(it Item) bool { return !it.Qty.Known() || !it.Qty.Value.IsPositive() }):
		return QtyNotPlus
	case customer == "":
		return NoCustomer
	case some(func(it Item) bool { return !it.SalePrice.Known() && !it.Gift }):
		return NoPrice
	}
	return ""
}

func (t *Truth) add(row Row, keep bool) {
	t.Documents++
	if keep {
		t.Rows = append(t.Rows, row)
	}
	if row.State == Rejected {
		t.Rejected++
		return
	}
	t.Typed++
	t.Items += row.Items
	t.Batches += row.Batches
	t.Serials += row.Serials
	switch row.State {
	case Due:
		t.Due++
	case Held:
		t.Held++
		t.HeldBy[row.Reason]++
	case NotDue:
		t.NotDue++
	case Rejected:
	}
}
