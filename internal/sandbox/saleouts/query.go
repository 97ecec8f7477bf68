package saleouts

import (
	"cmp"
	"slices"
	"time"
)

// Clock is the time of a document that a window is about.
type Clock uint8

// The clocks.
const (
	ByModified Clock = iota
	ByIODate         // outbound time; documents without one are in no window
)

// Query says which documents are asked for. Empty members do not filter; of
// several members all must fit.
type Query struct {
	Route    Route
	Clock    Clock
	From, To time.Time // both part of the window (assumed)

	// StartTS asks for documents from this row version on, ascending by it;
	// AfterTS leaves that very version out.
	StartTS *int64
	AfterTS bool

	Status       Status
	ShopID       int64
	Offline      bool // shops that are offline only
	WarehouseID  int64
	Distributor  string
	SoIDs, LIDs  []string // a merged order is found by each of its numbers
	IOIDs, OIDs  []int64
	WaveIDs      []int64
	WithArchived bool

	Offset, Limit int
}

// Documents returns one page of the documents that match, and how many match
// in all. They ascend by row version when StartTS is given, else by the clock
// of the window and io_id (the vendor names no order; assumed).
func (w *World) Documents(q Query) (page []Document, total int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	places := w.matching(q)
	from := min(q.Offset, len(places))
	to := min(from+q.Limit, len(places))
	for _, i := range places[from:to] {
		page = append(page, w.documents[i])
	}
	return page, len(places)
}

// Document returns the document of an io_id.
func (w *World) Document(ioID int64) (Document, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	place, ok := w.byID[ioID]
	if !ok {
		return Document{}, false
	}
	return w.documents[place], true
}

// HasShop tells whether the merchant has this shop.
func (w *World) HasShop(id int64) bool {
	return slices.ContainsFunc(shops[:w.options.Shops], func(s Shop) bool { return s.ID == id })
}

// matching returns the places of the documents that match, in order.
func (w *World) matching(q Query) []int {
	places := w.byChange
	switch {
	case q.StartTS != nil:
		places = w.fromTS(*q.StartTS, q.AfterTS)
	case q.Clock == ByModified:
		places = w.changed(q.From, q.To)
	}
	var found []int
	for _, i := range places {
		if d := &w.documents[i]; q.Route.shows(d) && q.inWindow(d) && q.fits(d) {
			found = append(found, i)
		}
	}
	if q.StartTS == nil && q.Clock == ByIODate {
		slices.SortFunc(found, func(a, b int) int {
			x, y := &w.documents[a], &w.documents[b]
			return cmp.Or(x.IODate.Compare(y.IODate), cmp.Compare(x.IOID, y.IOID))
		})
	}
	return found
}

func (w *World) fromTS(start int64, after bool) []int {
	at, same := slices.BinarySearchFunc(w.byTS, start, func(place int, start int64) int {
		return cmp.Compare(w.documents[place].TS, start)
	})
	if same && after {
		at++
	}
	return w.byTS[at:]
}

// changed cuts the order of changes down to a window; a zero bound is none.
func (w *World) changed(from, to time.Time) []int {
	places := w.byChange
	first := func(past func(time.Time) bool) int {
		n, _ := slices.BinarySearchFunc(places, past, func(place int, past func(time.Time) bool) int {
			if past(w.documents[place].Modified) {
				return 1
			}
			return -1
		})
		return n
	}
	if !to.IsZero() {
		places = places[:first(func(t time.Time) bool { return t.After(to) })]
	}
	if !from.IsZero() {
		places = places[first(func(t time.Time) bool { return !t.Before(from) }):]
	}
	return places
}

func (q Query) inWindow(d *Document) bool {
	at := d.Modified
	if q.Clock == ByIODate {
		at = d.IODate
		if at.IsZero() && (!q.From.IsZero() || !q.To.IsZero()) {
			return false
		}
	}
	return (q.From.IsZero() || !at.Before(q.From)) && (q.To.IsZero() || !at.After(q.To))
}

func (q Query) fits(d *Document) bool {
	return (q.WithArchived || !d.Archived) &&
		(q.Status == "" || q.Status == d.Status) &&
		(q.ShopID == 0 || q.ShopID == d.Shop.ID) &&
		(!q.Offline || d.Shop.Offline) &&
		(q.WarehouseID == 0 || q.WarehouseID == d.Warehouse.ID) &&
		(q.Distributor == "" || q.Distributor == d.Distributor.Code) &&
		among(q.SoIDs, d.soIDs()...) && among(q.LIDs, d.TrackingNo) &&
		among(q.IOIDs, d.IOID) && among(q.OIDs, d.OID) && among(q.WaveIDs, d.WaveID)
}

// among tells whether one of the values is wanted; nil wants everything.
func among[T comparable](wanted []T, values ...T) bool {
	return wanted == nil || slices.ContainsFunc(values, func(v T) bool { return slices.Contains(wanted, v) })
}
