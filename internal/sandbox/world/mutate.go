package world

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Mutate gives count sound 旺店通 rows another quantity and the modified time
// at, and returns their rec_ids. The same seed on the same world changes the
// same rows. Fewer rows change when there are not that many.
func (w *World) Mutate(count int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	rng := stream(seed, purposeMutate)
	var changed []int64
	for _, i := range w.pickLive(rng, count) {
		w.unlink(i)
		w.stocks[i].num += Quantity(1+rng.IntN(9)) * One
		w.stocks[i].modified = at.Unix()
		w.link(i)
		changed = append(changed, w.stocks[i].recID)
	}
	return changed
}

// Insert adds count 旺店通 rows of new goods, modified at the given time, that
// YonSuite knows nothing of, and returns their rec_ids.
func (w *World) Insert(count int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	rng := stream(seed, purposeInsert)
	var added []int64
	for range count {
		w.serial++
		w.recID++
		w.stocks = append(w.stocks, stock{
			recID: w.recID, modified: at.Unix(), num: Quantity(1+rng.IntN(99)) * One,
			goods: goods{serial: w.serial}, spec: 1, warehouse: uint8(rng.IntN(w.options.Warehouses)),
		})
		w.link(int32(len(w.stocks) - 1))
		added = append(added, w.recID)
	}
	return added
}

// Delete removes count sound 旺店通 rows and returns their rec_ids. What
// YonSuite has for them stays.
func (w *World) Delete(count int, seed uint64) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var gone []int64
	for _, i := range w.pickLive(stream(seed, purposeDelete), count) {
		w.unlink(i)
		w.stocks[i].dead = true
		gone = append(gone, w.stocks[i].recID)
	}
	return gone
}

// MutateCurrents gives count sound YonSuite records another quantity and
// returns how many changed.
func (w *World) MutateCurrents(count int, seed uint64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	rng := stream(seed, purposeMutateCurrent)
	changed := 0
	for _, i := range rng.Perm(len(w.currents)) {
		if changed == count {
			break
		}
		if c := &w.currents[i]; c.defect == Sound && !c.repeated && !c.null {
			c.qty += Quantity(1+rng.IntN(9)) * One
			changed++
		}
	}
	return changed
}

// pickLive returns the places of count different live rows that are sound and
// sent once, or of all such rows when there are fewer.
func (w *World) pickLive(rng *rand.Rand, count int) []int32 {
	var picked []int32
	for _, n := range picks(rng, len(w.order), count+w.unpickable()) {
		if len(picked) == count {
			break
		}
		if s := w.stocks[w.order[n]]; s.defect == Sound && !s.repeated {
			picked = append(picked, w.order[n])
		}
	}
	return picked
}

// unpickable bounds how many live rows pickLive passes over.
func (w *World) unpickable() int {
	o := w.options
	return o.BadRecords + 2*(o.RepeatedRecords+o.StaleRecords)
}

// unlink takes the row at place out of the order, link puts it in.
func (w *World) unlink(place int32) {
	if at, found := slices.BinarySearchFunc(w.order, place, w.compare); found {
		w.order = slices.Delete(w.order, at, at+1)
	}
}

func (w *World) link(place int32) {
	at, _ := slices.BinarySearchFunc(w.order, place, w.compare)
	w.order = slices.Insert(w.order, at, place)
}
