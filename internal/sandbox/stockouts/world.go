package stockouts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// World is the shops and sales stockouts of one merchant. It may be read and
// changed by many goroutines at once.
type World struct {
	options Options

	mu         sync.RWMutex
	shops      []shop // by id; shops that are gone stay in their place
	docs       []document
	byConsign  []int32 // places in docs by consign_time and id, of documents that have one
	byModified []int32 // places in docs by modified and id, of all
	serial     int32   // last document
	recID      int64   // last rec_id given out
}

// New builds the world that the options describe.
func New(o Options) (*World, error) {
	o, err := o.normalised()
	if err != nil {
		return nil, err
	}
	w := &World{options: o, shops: buildShops(o), recID: 90_000}
	b := newBuilder(w, stream(o.Seed, purposeBuild))
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("build stockouts: %w", err)
	}
	for i := range w.docs {
		w.byModified = append(w.byModified, int32(i))
		if w.docs[i].consigned != 0 {
			w.byConsign = append(w.byConsign, int32(i))
		}
	}
	slices.SortFunc(w.byConsign, w.compareConsigned)
	slices.SortFunc(w.byModified, w.compareModified)
	return w, nil
}

// Options returns what the world was built from.
func (w *World) Options() Options { return w.options }

// compareConsigned and compareModified order two places in docs as the vendor
// orders its answers (assumed: by the column of the window, then by key).
func (w *World) compareConsigned(a, b int32) int {
	return cmp.Or(cmp.Compare(w.docs[a].consigned, w.docs[b].consigned), cmp.Compare(w.docs[a].id, w.docs[b].id))
}

func (w *World) compareModified(a, b int32) int {
	return cmp.Or(cmp.Compare(w.docs[a].modified, w.docs[b].modified), cmp.Compare(w.docs[a].id, w.docs[b].id))
}

// link puts the document at place into both orders, unlink takes it out; what
// they sort by may change only in between.
func (w *World) link(place int32) {
	w.byModified = linked(w.byModified, place, w.compareModified)
	if w.docs[place].consigned != 0 {
		w.byConsign = linked(w.byConsign, place, w.compareConsigned)
	}
}

func (w *World) unlink(place int32) {
	w.byModified = unlinked(w.byModified, place, w.compareModified)
	if w.docs[place].consigned != 0 {
		w.byConsign = unlinked(w.byConsign, place, w.compareConsigned)
	}
}

func linked(order []int32, place int32, compare func(a, b int32) int) []int32 {
	at, _ := slices.BinarySearchFunc(order, place, compare)
	return slices.Insert(order, at, place)
}

func unlinked(order []int32, place int32, compare func(a, b int32) int) []int32 {
	at, found := slices.BinarySearchFunc(order, place, compare)
	if !found {
		return order
	}
	return slices.Delete(order, at, at+1)
}

// Customers maps shop_no to the customer code of the finance side. Shops that
// were closed or removed keep theirs; a shop without customer is not in it.
func (w *World) Customers() map[string]string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := map[string]string{}
	for _, s := range w.shops {
		if s.no != "" && s.customer != "" {
			out[s.no] = s.customer
		}
	}
	return out
}

// Inventories are the spec_no codes of all lines there are, ascending.
func (w *World) Inventories() []string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	codes := map[string]bool{}
	for i := range w.docs {
		for _, x := range w.docs[i].lines {
			if !x.noSKU {
				codes[x.goods.specNo()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// HasInventory says whether a line has this spec_no.
func (w *World) HasInventory(code string) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for i := range w.docs {
		for _, x := range w.docs[i].lines {
			if !x.noSKU && x.goods.isSpecNo(code) {
				return true
			}
		}
	}
	return false
}

// Warehouses are the warehouse_no codes of all warehouses.
func (w *World) Warehouses() []string {
	var codes []string
	for _, h := range houses {
		codes = append(codes, h.no)
	}
	return codes
}
