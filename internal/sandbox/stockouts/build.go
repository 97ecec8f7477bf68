package stockouts

import (
	"errors"
	"math/rand/v2"
	"time"
)

// builder fills a world with documents.
type builder struct {
	w     *World
	rng   *rand.Rand
	goods int     // how many 货品 ordinary lines are drawn from
	any   []int   // places of shops that have a number and a customer
	open  []int   // those of them outside the Taobao family
	alone []int   // shops without a customer
	stock []goods // what lines are drawn from instead, when it is not empty
}

func newBuilder(w *World, rng *rand.Rand) *builder {
	b := &builder{w: w, rng: rng, goods: 100 + w.options.Stockouts/10}
	for i, s := range w.shops {
		switch {
		case s.no == "" || s.bad || s.gone:
		case s.customer == "":
			b.alone = append(b.alone, i)
		default:
			b.any = append(b.any, i)
			if !taobao(s.platform) {
				b.open = append(b.open, i)
			}
		}
	}
	return b
}

// build makes the documents of a new world in the order of their ids.
func (b *builder) build() error {
	o := b.w.options
	if o.Stockouts == 0 {
		return nil
	}
	if len(b.open) == 0 {
		return errors.New("documents need a shop with a customer outside the Taobao family")
	}
	roles := make([]role, 0, o.Stockouts)
	for _, r := range o.roles() {
		for range r.n {
			roles = append(roles, r.role)
		}
	}
	roles = append(roles, make([]role, o.Stockouts-len(roles))...)
	mixed := stream(o.Seed, purposeRoles)
	mixed.Shuffle(len(roles), func(i, j int) { roles[i], roles[j] = roles[j], roles[i] })
	for _, r := range roles {
		b.add(r, b.moment())
	}
	b.pairTwins()
	return nil
}

// moment draws a time of the 80 days before Now; one in ten falls on a full
// hour, where many documents share one second.
func (b *builder) moment() int64 {
	back := settled + 10*time.Second + time.Duration(b.rng.Int64N(int64(spread-settled-2*time.Hour)))
	at := b.w.options.Now.Add(-back).Unix()
	if b.rng.IntN(10) == 0 {
		at -= at % 3600
	}
	return at
}

// add makes one document that was shipped, or else last changed, at the given
// time, and returns its place. Ids begin shortly before 10000, so that they
// compare differently as numbers and as texts.
func (b *builder) add(r role, at int64) int32 {
	w := b.w
	w.serial++
	d := document{
		id: 9900 + int64(w.serial), serial: w.serial, role: r, house: uint8(b.rng.IntN(len(houses))),
		shop: int32(b.shopOf(r)), status: b.status(r), consigned: at, remark: remarks[b.rng.IntN(len(remarks))],
		loose: r == numbersForTexts,
	}
	d.modified = at + int64(b.rng.IntN(6))
	d.orderNo = "CK" + time.Unix(at, 0).In(beijing).Format("20060102") + pad(int64(w.serial), 6)
	d.stockoutNo = d.orderNo
	b.addLines(&d)
	b.specialise(&d, at)
	w.docs = append(w.docs, d)
	return int32(len(w.docs) - 1)
}

func (b *builder) shopOf(r role) int {
	from := b.open
	switch {
	case r == noCustomer:
		from = b.alone
	case r.free():
		from = b.any
	}
	return from[b.rng.IntN(len(from))]
}

func (b *builder) status(r role) int16 {
	switch r {
	case reviewed:
		return StatusReviewed
	case cancelled:
		return StatusCancelled
	}
	switch draw := b.rng.IntN(20); {
	case draw < 11:
		return StatusShipped
	case draw < 13:
		return StatusPartPaid
	case draw < 19:
		return StatusCompleted
	}
	return StatusAbnormal
}

// addLines gives the document one to four lines of different goods.
func (b *builder) addLines(d *document) {
	n := 1 + b.rng.IntN(3)
	switch d.role {
	case huge:
		n = hugeLines
	case suite, repeatedSKU, gift:
		n = 3
	}
	used := b.rng.IntN(b.goods)
	for range n {
		used += 1 + b.rng.IntN(5)
		g := goods{serial: int32(used + 1), spec: uint8(1 + b.rng.IntN(3))}
		if len(b.stock) > 0 {
			g = b.stock[used%len(b.stock)]
		}
		d.lines = append(d.lines, b.line(g))
	}
}

// line is one line of a few pieces, at the sale price or some yuan less.
func (b *builder) line(g goods) line {
	b.w.recID++
	x := line{recID: b.w.recID, goods: g, count: Quantity(1+b.rng.IntN(12)) * One, sell: g.sellPrice()}
	x.price = x.sell
	if b.rng.IntN(3) == 0 {
		x.price -= Quantity(b.rng.IntN(500)) * cent
	}
	switch draw := b.rng.IntN(12); {
	case draw == 0:
		x.positions = absentPositions
	case draw == 1:
		x.positions = emptyPositions
	case draw < 5 && x.count >= 3*One:
		x.positions = uint8(2 + b.rng.IntN(2))
	default:
		x.positions = 1
	}
	return x
}
