package saleouts

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// supplyType is the 系统供销 kind of order, which the open platform hides.
const supplyType = "供销Plus"

// Route is the way in which documents are asked for.
type Route string

// The routes. The open platform and the old gateway never show documents of
// Taobao shops or of in-system supply. That Qimen shows all documents, and not
// those alone, is assumed.
const (
	Open  Route = "open"
	Old   Route = "old"
	Qimen Route = "qimen"
)

// shows tells whether a route shows a document at all.
func (r Route) shows(d *Document) bool {
	return r == Qimen || !d.Shop.Taobao && d.OrderType != supplyType
}

// World is the sale-outs of one merchant. It may be read and changed by many
// goroutines at once.
type World struct {
	options Options

	mu        sync.RWMutex
	builder   *builder // for documents that are inserted
	documents []Document
	byID      map[int64]int // places in documents by io_id
	byChange  []int         // places, ascending by modified, then io_id
	byTS      []int         // places, ascending by row version
	lastTS    int64
}

// New builds the world that the options describe.
func New(o Options) (*World, error) {
	o, err := o.normalised()
	if err != nil {
		return nil, err
	}
	w := &World{options: o, builder: newBuilder(o), byID: map[int64]int{}}
	w.documents, w.lastTS = w.builder.all()
	for i, d := range w.documents {
		w.byID[d.IOID] = i
		w.byChange, w.byTS = append(w.byChange, i), append(w.byTS, i)
	}
	slices.SortFunc(w.byChange, w.compareChange)
	slices.SortFunc(w.byTS, w.compareTS)
	return w, nil
}

// Options returns what the world was built from, with defaults filled in.
func (w *World) Options() Options { return w.options }

// LastTS is the largest row version given out so far.
func (w *World) LastTS() int64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.lastTS
}

func (w *World) compareChange(a, b int) int {
	x, y := &w.documents[a], &w.documents[b]
	return cmp.Or(x.Modified.Compare(y.Modified), cmp.Compare(x.IOID, y.IOID))
}

func (w *World) compareTS(a, b int) int {
	return cmp.Compare(w.documents[a].TS, w.documents[b].TS)
}

// change lets edit alter the document at a place, and gives it a new modified
// time and row version. The caller holds the lock.
func (w *World) change(place int, at time.Time, edit func(*Document)) {
	w.unlink(place)
	d := &w.documents[place]
	edit(d)
	d.Modified = at.In(beijing)
	if !d.Millis {
		d.Modified = d.Modified.Truncate(time.Second)
	}
	w.link(place)
}

// link gives the document at a place the next row version and puts it into both
// orders; unlink takes it out of them. The caller holds the lock.
func (w *World) link(place int) {
	w.lastTS += w.builder.step()
	w.documents[place].TS = w.lastTS
	w.byTS = append(w.byTS, place)
	at, _ := slices.BinarySearchFunc(w.byChange, place, w.compareChange)
	w.byChange = slices.Insert(w.byChange, at, place)
}

func (w *World) unlink(place int) {
	if at, ok := slices.BinarySearchFunc(w.byTS, place, w.compareTS); ok {
		w.byTS = slices.Delete(w.byTS, at, at+1)
	}
	if at, ok := slices.BinarySearchFunc(w.byChange, place, w.compareChange); ok {
		w.byChange = slices.Delete(w.byChange, at, at+1)
	}
}
