package stockouts

import (
	"math/rand/v2"
	"time"
)

// Mutate changes count documents that are due for delivery, none of them one of
// a pair that shares an order_no: the next status, a remark, the quantity of a line, or a new stockout_no after another approval.
// They get the modified time at; order_no and consign_time stay. It returns
// their stockout_ids. The same seed on the same world changes the same ones.
func (w *World) Mutate(count int, seed uint64, at time.Time) []int64 {
	return w.change(stream(seed, purposeMutate), count, at, w.isDue, func(d *document, rng *rand.Rand) {
		switch rng.IntN(4) {
		case 0:
			d.advance()
		case 1:
			d.remark = "改:" + remarks[3+rng.IntN(len(remarks)-3)] + pad(int64(rng.IntN(1000)), 3)
		case 2:
			d.lines[rng.IntN(len(d.lines))].count += Quantity(1+rng.IntN(9)) * One
		case 3:
			d.stockoutNo += "-" + pad(int64(rng.IntN(100)), 2)
		}
	})
}

// advance moves a document on: 95 to 105 to 110. One that is completed or
// abnormal gets another remark instead.
func (d *document) advance() {
	switch d.status {
	case StatusShipped:
		d.status = StatusPartPaid
	case StatusPartPaid:
		d.status = StatusCompleted
	default:
		d.remark += "(已核对)"
	}
}

// Ship moves count reviewed documents from 55 to 95, shipped at the given time.
func (w *World) Ship(count int, seed uint64, at time.Time) []int64 {
	waiting := func(d *document) bool { return d.status == StatusReviewed }
	return w.change(stream(seed, purposeShip), count, at, waiting, func(d *document, _ *rand.Rand) {
		d.status, d.consigned = StatusShipped, at.Unix()
	})
}

// Cancel moves count documents that are due for delivery from 95 and later to 5.
func (w *World) Cancel(count int, seed uint64, at time.Time) []int64 {
	return w.change(stream(seed, purposeCancel), count, at, w.isDue, func(d *document, _ *rand.Rand) {
		d.status = StatusCancelled
	})
}

// change carries out one change on count documents that it may be done to, or
// on all of them when there are fewer.
func (w *World) change(
	rng *rand.Rand, count int, at time.Time, may func(*document) bool, by func(*document, *rand.Rand),
) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []int64
	for _, i := range rng.Perm(len(w.docs)) {
		if len(ids) >= count {
			break
		}
		if d := &w.docs[i]; may(d) {
			w.unlink(int32(i))
			by(d, rng)
			d.modified = at.Unix()
			w.link(int32(i))
			ids = append(ids, d.id)
		}
	}
	return ids
}

// Insert adds count documents shipped at the given time with nothing wrong with
// them and returns their stockout_ids. Their SKUs are ones that were sold
// before. In a world without a shop to which they could belong it adds nothing.
func (w *World) Insert(count int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := newBuilder(w, stream(seed, purposeInsert))
	if len(b.open) == 0 {
		return nil
	}
	for _, d := range w.docs[:min(len(w.docs), 200)] {
		for _, x := range d.lines {
			if !x.noSKU {
				b.stock = append(b.stock, x.goods)
			}
		}
	}
	var ids []int64
	for range count {
		place := b.add(ordinary, at.Unix())
		w.docs[place].status, w.docs[place].modified = StatusShipped, at.Unix()
		w.link(place)
		ids = append(ids, w.docs[place].id)
	}
	return ids
}

// CloseShops disables count active shops at the given time and returns their
// ids.
func (w *World) CloseShops(count int, seed uint64, at time.Time) []int64 {
	return w.changeShops(count, seed, func(s *shop) { s.disabled, s.modified = true, at.Unix() })
}

// RemoveShops takes count active shops out of the vendor's answers and returns
// their ids. Their documents stay.
func (w *World) RemoveShops(count int, seed uint64) []int64 {
	return w.changeShops(count, seed, func(s *shop) { s.gone = true })
}

func (w *World) changeShops(count int, seed uint64, by func(*shop)) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []int64
	for _, i := range stream(seed, purposeShops).Perm(len(w.shops)) {
		if len(ids) >= count {
			break
		}
		if s := &w.shops[i]; !s.gone && !s.bad && !s.disabled && s.no != "" {
			by(s)
			ids = append(ids, s.id)
		}
	}
	return ids
}

// OpenShops adds count shops that have a customer and returns their ids.
func (w *World) OpenShops(count int, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []int64
	for range count {
		s := newShop(w.options.Seed, len(w.shops), at)
		s.modified = at.Unix()
		w.shops = append(w.shops, s)
		ids = append(ids, s.id)
	}
	return ids
}
