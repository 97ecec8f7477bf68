package saleouts

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The purposes of random numbers of changes.
const (
	purposeMutate uint64 = iota + 0x100
	purposeInsert
	purposeCancel
	purposeAdvance
)

// soIDs are the online numbers that a document is found by.
func (d *Document) soIDs() []string {
	return append(strings.Split(d.MergeSoID, ","), d.SoID)
}

// Mutate gives n sound documents that stand in plain sight another remark and
// discount, and returns their io_ids. What must become of them stays the same.
// The same seed on the same world changes the same documents; fewer change when
// there are not that many.
func (w *World) Mutate(n int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changeSome(n, seed, purposeMutate, at, anyStatus, func(d *Document, rng *rand.Rand) {
		d.Remark = fmt.Sprintf("改单%d", rng.IntN(1_000_000))
		d.FreeAmount = Amount{Value: decimal.New(1+rng.Int64N(500), -2)}
	})
}

// Cancel turns n documents that have shipped into Cancelled ones (取消) and
// returns their io_ids.
func (w *World) Cancel(n int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changeSome(n, seed, purposeCancel, at, func(s Status) bool { return s == Confirmed },
		func(d *Document, _ *rand.Rand) { d.Status = Cancelled })
}

// Advance moves n documents one status on (WaitConfirm to OuterConfirming to
// Confirmed to Archive) and returns their io_ids. What gets Confirmed ships at
// that moment.
func (w *World) Advance(n int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := map[Status]Status{WaitConfirm: OuterConfirming, OuterConfirming: Confirmed, Confirmed: Archive}
	movable := func(s Status) bool { return next[s] != "" }
	return w.changeSome(n, seed, purposeAdvance, at, movable, func(d *Document, _ *rand.Rand) {
		d.Status = next[d.Status]
		if d.Status == Confirmed {
			d.IODate, d.TrackingNo = at.In(beijing).Truncate(time.Second), fmt.Sprintf("SF%013d", d.IOID)
		}
	})
}

// Insert adds n documents that shipped at the given time and must arrive at
// the finance side, and returns their io_ids.
func (w *World) Insert(n int, seed uint64, at time.Time) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.builder.rng = rand.New(rand.NewPCG(seed, purposeInsert))
	var added []int64
	for i := range n {
		d := w.builder.document(at.In(beijing).Truncate(time.Second))
		w.builder.makeSpecial(&d, specialCase{apply: func(*builder, *Document, int) {}}, i)
		place := len(w.documents)
		w.documents = append(w.documents, d)
		w.byID[d.IOID] = place
		w.link(place)
		added = append(added, d.IOID)
	}
	return added
}

func anyStatus(Status) bool { return true }

// changeSome changes n random documents among those that are sound, not in the
// archive and of a status that is asked for. The caller holds the lock.
func (w *World) changeSome(
	n int, seed, purpose uint64, at time.Time, of func(Status) bool, edit func(*Document, *rand.Rand),
) (changed []int64) {
	rng := rand.New(rand.NewPCG(seed, purpose))
	for _, i := range rng.Perm(len(w.documents)) {
		if len(changed) >= n {
			break
		}
		if d := &w.documents[i]; d.Defect == Sound && !d.Archived && of(d.Status) {
			w.change(i, at, func(d *Document) { edit(d, rng) })
			changed = append(changed, d.IOID)
		}
	}
	return changed
}
