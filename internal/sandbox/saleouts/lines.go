package saleouts

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// addLines makes count lines and the amounts of the document.
func (b *builder) addLines(d *Document, count int) {
	for n := range count {
		gift := n > 0 && b.chance(b.options.GiftShare) // the first line is always sold
		d.Items = append(d.Items, b.line(d, gift))
	}
	b.total(d)
}

func (b *builder) line(d *Document, gift bool) Item {
	b.lineID++
	it := Item{
		LineID: b.lineID, OrderLine: b.lineID + 500_000, RawSoID: d.SoID, Gift: gift,
		SKU: pick(b.rng, b.skus), Qty: Amount{Value: decimal.NewFromInt(1 + b.rng.Int64N(12))},
		BasePrice: Amount{Value: cents(990 + b.rng.Int64N(90_000))},
	}
	if b.chance(0.5) {
		it.OuterLine = fmt.Sprintf("%019d", b.rng.Int64())
	}
	it.SalePrice = it.BasePrice
	if b.chance(0.1) {
		it.SalePrice.Value = decimal.New(1+b.rng.Int64N(5_000_000), -4)
	}
	if gift {
		it.SalePrice.Value = decimal.Zero
	}
	it.SaleAmount.Value = it.SalePrice.Value.Mul(it.Qty.Value).Round(2)
	return it
}

// total works out the amounts of the document from its lines.
func (b *builder) total(d *Document) {
	sum := decimal.Zero
	for _, it := range d.Items {
		sum = sum.Add(it.SaleAmount.Value)
	}
	if b.chance(0.3) {
		d.FreeAmount.Value = sum.Mul(decimal.New(5, -2)).Round(2)
	}
	if b.chance(0.4) {
		d.Freight.Value = cents(400 + 100*b.rng.Int64N(10))
	}
	d.PayAmount.Value = sum.Sub(d.FreeAmount.Value).Add(d.Freight.Value)
	d.PaidAmount = d.PayAmount
}

// addBatches gives some documents batches, some serial numbers, some both.
func (b *builder) addBatches(d *Document) {
	if b.chance(b.options.BatchShare) {
		b.fillBatches(d)
	}
	if b.chance(b.options.SerialShare) {
		b.fillSerials(d)
	}
}

// fillBatches splits each line over one or two batches. Half of the documents
// come from a warehouse that does not say which line a batch belongs to.
func (b *builder) fillBatches(d *Document) {
	d.Batches = nil
	showLine := b.chance(0.5)
	for n, it := range d.Items {
		left := it.Qty.Value
		if left.GreaterThan(decimal.NewFromInt(1)) && b.chance(0.4) {
			d.Batches = append(d.Batches, b.batch(d, n, decimal.NewFromInt(1), showLine))
			left = left.Sub(decimal.NewFromInt(1))
		}
		d.Batches = append(d.Batches, b.batch(d, n, left, showLine))
	}
}

func (b *builder) batch(d *Document, line int, qty decimal.Decimal, showLine bool) Batch {
	year, month, day := d.Modified.Date()
	made := time.Date(year, month, day-30-b.rng.IntN(300), 0, 0, 0, 0, beijing)
	out := Batch{
		Line: line, ShowLine: showLine, No: fmt.Sprintf("批B%04d", b.rng.IntN(10_000)), Qty: qty, ProducedOn: made,
		SupplierID: 3_877_328 + b.rng.Int64N(3), SupplierName: "示例供应商",
	}
	if b.chance(0.6) {
		out.ExpiresOn = made.AddDate(1, 0, 0)
	}
	return out
}

// fillSerials gives each whole piece of a line, up to three, a number.
func (b *builder) fillSerials(d *Document) {
	d.Serials = nil
	for n, it := range d.Items {
		for range min(it.Qty.Value.IntPart(), 3) {
			b.serial++
			d.Serials = append(d.Serials, Serial{Line: n, No: fmt.Sprintf("SN%08d", b.serial)})
		}
	}
}
