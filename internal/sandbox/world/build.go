package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// outcome is what a comparison should say of one warehouse and key.
type outcome uint8

const (
	equal outcome = iota
	different
	missingThere
	ignored
)

// builder fills a new world.
type builder struct {
	options  Options
	rng      *rand.Rand
	stocks   []stock
	currents []current
	serial   int32 // goods made so far
	recID    int64 // last rec_id given out
}

// build makes all rows of both systems in the order in which they are kept:
// 旺店通 by rec_id, YonSuite in the shuffled order of its answers.
func build(o Options) ([]stock, []current, int64) {
	b := &builder{options: o, rng: stream(o.Seed, purposeBuild), recID: 5000}
	bad := min(o.BadRecords, o.Rows)
	for len(b.stocks) < o.Rows-bad {
		b.addGoods(o.Rows - bad)
	}
	for range int(math.Round(o.MissingHereShare * float64(o.Rows))) {
		b.addMissingHere()
	}
	b.addSpecials(bad)
	shuffle := stream(o.Seed, purposeShuffle)
	shuffle.Shuffle(len(b.currents), func(i, j int) {
		b.currents[i], b.currents[j] = b.currents[j], b.currents[i]
	})
	return b.stocks, b.currents, b.recID
}

// newGoods makes one more 货品; one in fifty has codes of digits alone.
func (b *builder) newGoods() goods {
	b.serial++
	return goods{serial: b.serial, digits: b.rng.IntN(50) == 0}
}

// addGoods makes one 货品 and its stock in some of the warehouses, until there
// are limit rows. Three in ten have several specs; those are in different
// warehouses unless MultiSpecShare puts them together.
func (b *builder) addGoods(limit int) {
	g := b.newGoods()
	specs := 1
	if b.rng.IntN(10) < 3 {
		specs = 2 + b.rng.IntN(2)
	}
	houses := b.rng.Perm(b.options.Warehouses)[:1+b.rng.IntN(b.options.Warehouses)]
	for _, house := range houses {
		if len(b.stocks) >= limit {
			return
		}
		if b.rng.Float64() < b.options.MultiSpecShare {
			b.addGroup(g, uint8(house), 1, min(2+b.rng.IntN(2), limit-len(b.stocks)))
			continue
		}
		b.addGroup(g, uint8(house), 1+b.rng.IntN(specs), 1)
	}
}

// addGroup makes the rows of count specs, from spec number first on, in one
// warehouse. They meet one YonSuite key, or one each when the key is spec_no.
func (b *builder) addGroup(g goods, house uint8, first, count int) {
	what, total := b.pickOutcome(), Quantity(0)
	for i := range count {
		if i > 0 && b.options.Key == KeySpecNo {
			b.addCounterpart(what, current{goods: g, warehouse: house, spec: uint8(first + i - 1)}, total)
			what, total = b.pickOutcome(), 0
		}
		num := b.stockNum(what)
		total += num
		b.addStock(stock{goods: g, spec: uint8(first + i), warehouse: house, num: num})
	}
	last := current{goods: g, warehouse: house}
	if b.options.Key == KeySpecNo {
		last.spec = uint8(first + count - 1)
	}
	b.addCounterpart(what, last, total)
}

func (b *builder) pickOutcome() outcome {
	o, draw := b.options, b.rng.Float64()
	switch {
	case draw < o.DifferentShare:
		return different
	case draw < o.DifferentShare+o.MissingThereShare:
		return missingThere
	case draw < o.DifferentShare+o.MissingThereShare+o.IgnoredShare:
		return ignored
	}
	return equal
}

// stockNum draws a quantity that fits the outcome: zero when ignored, not zero
// when missing there, else mostly whole, sometimes fractional, zero or negative.
func (b *builder) stockNum(what outcome) Quantity {
	if what == ignored {
		return 0
	}
	whole := Quantity(1+b.rng.IntN(900)) * One
	switch draw := b.rng.IntN(1000); {
	case draw < 15:
		return -whole
	case draw < 115:
		return whole + Quantity(b.rng.IntN(10_000))*tick
	case draw < 125:
		return whole * 10_007
	case draw < 225 && what != missingThere:
		return 0
	}
	return whole
}

// addStock gives the row its rec_id and its modified time and keeps it.
func (b *builder) addStock(s stock) {
	b.recID++
	s.recID, s.modified = b.recID, b.modified()
	b.stocks = append(b.stocks, s)
}

// modified draws a time of the 80 days before Now; one in ten falls on a full
// hour, where many rows share one second as after a bulk change.
func (b *builder) modified() int64 {
	back := settled + time.Second + time.Duration(b.rng.Int64N(int64(spread-settled-2*time.Hour)))
	at := b.options.Now.Add(-back).Unix()
	if b.rng.IntN(10) == 0 {
		at -= at % 3600
	}
	return at
}

// addCounterpart makes the YonSuite rows that stand against stock of total.
func (b *builder) addCounterpart(what outcome, c current, total Quantity) {
	switch what {
	case missingThere, ignored:
		return
	case different:
		total += b.delta(total)
	case equal:
	}
	b.addCurrents(c, total)
}

// delta draws by how much YonSuite differs: mostly some units, sometimes the
// smallest step of either system, sometimes the wrong sign.
func (b *builder) delta(total Quantity) Quantity {
	units := Quantity(1+b.rng.IntN(50)) * One
	switch draw := b.rng.IntN(20); {
	case draw < 2:
		return tick
	case draw < 3:
		return 1
	case draw < 5 && total != 0:
		return -2 * total
	case draw < 13:
		return units
	}
	return -units
}

// addCurrents makes one YonSuite row of total, or several that add up to it and
// differ in batch, status or organisation.
func (b *builder) addCurrents(c current, total Quantity) {
	c.org = c.warehouse % 2
	c.null = b.rng.Float64() < b.options.NullShare
	c.qty = total
	if b.rng.Float64() >= b.options.DuplicateShare {
		b.currents = append(b.currents, c)
		return
	}
	for part := range 1 + b.rng.IntN(3) {
		piece := c
		piece.qty = total / Quantity(2+b.rng.IntN(4)) / tick * tick
		piece.batch, piece.status = int32(part+1), uint8(b.rng.IntN(len(statuses)))
		total -= piece.qty
		b.currents = append(b.currents, piece)
	}
	c.qty = total
	if b.rng.IntN(4) == 0 {
		c.org = 1 - c.org // the same warehouse and SKU under another organisation
	}
	b.currents = append(b.currents, c)
}

// addMissingHere makes YonSuite stock that 旺店通 does not have.
func (b *builder) addMissingHere() {
	c := current{goods: b.newGoods(), warehouse: uint8(b.rng.IntN(b.options.Warehouses))}
	if b.options.Key == KeySpecNo {
		c.spec = 1
	}
	b.addCurrents(c, Quantity(1+b.rng.IntN(500))*One)
}
