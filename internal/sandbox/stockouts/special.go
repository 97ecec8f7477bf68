package stockouts

import "time"

// specialise makes the document what its role says. at is when it was shipped.
func (b *builder) specialise(d *document, at int64) {
	first := 0
	if len(d.lines) > 1 {
		first = b.rng.IntN(len(d.lines))
	}
	x := &d.lines[first]
	switch d.role {
	case reviewed:
		d.consigned = 0
	case cancelled: // half of them were shipped before
		if d.serial%2 == 0 {
			d.consigned = 0
		}
		d.modified = b.later(at)
	case changed:
		d.modified = b.later(at)
	case renumbered:
		d.stockoutNo += "-2"
		d.modified = b.later(at)
	case noLines:
		d.lines, d.noList = nil, d.serial%2 == 0
	case noSKU:
		x.noSKU = true
	case noDate:
		d.consigned = 0
	case noPrice:
		x.noPrice, x.noSell = true, true
	case onlySellPrice:
		x.noPrice, x.price = true, x.sell
	case strangeRemark:
		d.remark = strangeRemarks[int(d.serial)%len(strangeRemarks)]
	case longID:
		d.id += 7_200_000_000_000_000_000
	case gift:
		x.gift, x.price = uint8(1+b.rng.IntN(4)), 0
	case repeatedSKU:
		d.lines[2].goods, d.lines[2].sell, d.lines[2].price = d.lines[0].goods, d.lines[0].sell, d.lines[0].price
	case suite:
		d.lines[0].suite, d.lines[1].suite = 1+d.serial%7, 1+d.serial%7
	default:
		x.spoilQuantity(d.role)
	}
}

// spoilQuantity changes goods_count where the role is about it. What is not
// positive comes from no position.
func (x *line) spoilQuantity(r role) {
	switch r {
	case negative:
		x.count, x.positions = -x.count, emptyPositions
	case zero:
		x.count, x.positions = 0, emptyPositions
	case nullQuantity:
		x.quantity, x.positions = unknown, emptyPositions
	case unreadable:
		x.quantity, x.positions = garbled, emptyPositions
	case fractional:
		x.count += 1234
	}
}

// later draws a moment up to ten days after at, but before the settled minutes.
func (b *builder) later(at int64) int64 {
	last := b.w.options.Now.Add(-settled - time.Second).Unix()
	return min(at+3600+b.rng.Int64N(10*86_400), max(last, at))
}

// pairTwins gives the documents of a pair one order_no. The stockout_no of each
// stays its own.
func (b *builder) pairTwins() {
	var twins []int
	for i := range b.w.docs {
		if b.w.docs[i].role == twin {
			twins = append(twins, i)
		}
	}
	half := len(twins) / 2
	for i := range half {
		b.w.docs[twins[i+half]].orderNo = b.w.docs[twins[i]].orderNo
	}
}
