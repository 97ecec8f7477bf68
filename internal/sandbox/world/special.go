package world

import "math/rand/v2"

// addSpecials makes the records that a careless reader trips over. The bad ones
// are goods of their own, so that rejecting them changes no other outcome.
func (b *builder) addSpecials(bad int) {
	rng := stream(b.options.Seed, purposeSpecial)
	b.markOdd(rng)
	b.padSKUs(rng)
	for i := range bad {
		b.addStock(stock{
			goods: b.newGoods(), spec: 1, warehouse: b.house(i), num: One,
			defect: Defect(1 + i%int(defectCount-1)),
		})
	}
	for i := range b.options.BadYonsuiteRecords {
		c := current{goods: b.newGoods(), warehouse: b.house(i), qty: One}
		c.org, c.defect = c.warehouse%2, Defect(1+(i+2)%int(defectCount-1))
		b.currents = append(b.currents, c)
	}
	for i := range b.options.EmptySKUs {
		c := current{goods: b.newGoods(), warehouse: b.house(i), qty: Quantity(i+1) * One, noSKU: true}
		c.org = c.warehouse % 2
		b.currents = append(b.currents, c)
	}
	b.repeat(rng)
}

func (b *builder) house(i int) uint8 { return uint8(i % b.options.Warehouses) }

// markOdd gives some rows ids of 19 digits. Rows whose codes may be sent as
// numbers are already there: one 货品 in fifty has codes of digits alone.
func (b *builder) markOdd(rng *rand.Rand) {
	for _, i := range picks(rng, len(b.stocks), b.options.OddRecords) {
		b.stocks[i].longID = true
		b.stocks[i].recID += 1_800_000_000_000_000_000
	}
}

// padSKUs lets the SKU code of some YonSuite rows end in a blank.
func (b *builder) padSKUs(rng *rand.Rand) {
	for _, i := range picks(rng, len(b.currents), b.options.PaddedSKUs) {
		b.currents[i].padded = true
	}
}

// repeat makes records that are sent more than once: word for word, or in an
// older state beside the present one.
func (b *builder) repeat(rng *rand.Rand) {
	o, sound := b.options, len(b.stocks)-min(b.options.BadRecords, b.options.Rows)
	for n, i := range picks(rng, sound, o.RepeatedRecords+o.StaleRecords) {
		b.stocks[i].repeated = true
		again := b.stocks[i]
		if n >= o.RepeatedRecords {
			again.modified -= int64(1 + rng.IntN(3000))
			again.num += One
		}
		b.stocks = append(b.stocks, again)
	}
	left := o.RepeatedYonsuite
	for _, i := range rng.Perm(len(b.currents)) {
		if left == 0 {
			break
		}
		if b.currents[i].defect == Sound && !b.currents[i].noSKU {
			left--
			b.currents[i].repeated = true
			b.currents = append(b.currents, b.currents[i])
		}
	}
}

// picks returns count different numbers below limit, or all when there are
// fewer, in a random order.
func picks(rng *rand.Rand, limit, count int) []int {
	if count > limit/2 {
		return rng.Perm(limit)[:min(count, limit)]
	}
	seen := make(map[int]bool)
	var out []int
	for len(out) < count {
		if i := rng.IntN(limit); !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	return out
}
