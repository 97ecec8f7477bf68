package pace

import "time"

const (
	// lateness is how long after its time a slot may still be used.
	lateness = 500 * time.Millisecond
	// mostSlots bounds a block; the database bounds it to one second as well.
	mostSlots = 500
	// steadyBlocks is how many blocks are used up before one that is longer by one
	// is tried, once slots were lost.
	steadyBlocks = 16
)

// block is the slots that a process has leased, and how long the next lease should
// be. The zero value has none. It reads no clock.
type block struct {
	next    time.Time // of the next slot
	left    int
	spacing time.Duration
	// notBefore drops the slots before it: the credential is held.
	notBefore time.Time

	size       int  // slots to ask for
	used, lost int  // of the block
	isTried    bool // a block was too long once
	steady     int  // blocks to go before size grows
}

// take returns the next slot that may still be used.
func (b *block) take(now time.Time) (slot time.Time, ok bool) {
	for b.left > 0 {
		slot = b.next
		b.next = b.next.Add(b.spacing)
		b.left--
		switch {
		case slot.Before(b.notBefore): // lost, but not for want of calls
		case now.Sub(slot) > lateness:
			b.lost++
		default:
			b.used++
			return slot, true
		}
	}
	return time.Time{}, false
}

// fill starts a new block.
func (b *block) fill(first time.Time, count int, spacing time.Duration) {
	b.next, b.left, b.spacing = first, count, spacing
	b.used, b.lost = 0, 0
}

// hold drops the slots before until.
func (b *block) hold(until time.Time) {
	if until.After(b.notBefore) {
		b.notBefore = until
	}
}

// wanted is how many slots to lease when waiting calls are there and the block is
// used up: twice as many as last time until some are lost, then half of those that
// were used, and slowly more again. Slots that are lost here are lost to the other
// processes too.
func (b *block) wanted(waiting int) int {
	switch {
	case b.lost > 0:
		b.size, b.isTried, b.steady = b.used/2, true, steadyBlocks
	case b.used < b.size: // held, granted less, or the first
	case b.steady > 0:
		b.steady--
	case b.isTried:
		b.size, b.steady = b.size+1, steadyBlocks
	default:
		b.size *= 2
	}
	b.size = min(max(b.size, 1), mostSlots)
	return min(max(b.size, waiting), mostSlots)
}
