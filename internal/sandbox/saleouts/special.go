package saleouts

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// specialCase is one row of Special: how many there are and what the n-th of
// them, counted from 0, is like.
type specialCase struct {
	name  string
	count int
	apply func(b *builder, d *Document, n int)
}

// cases are all special cases in a fixed order.
func (s Special) cases() []specialCase {
	return []specialCase{
		{"documents without lines", s.NoItems, func(_ *builder, d *Document, _ int) { d.clearLines() }},
		{"lines without sku", s.NoSKU, func(_ *builder, d *Document, n int) {
			d.last().NoSKU = []Form{Blank, Null}[n/2%2]
			d.Batches, d.Serials = nil, nil
		}},
		{"negative quantities", s.NegativeQty, lastQty("-2", Number)},
		{"zero quantities", s.ZeroQty, lastQty("0", Number)},
		{"null quantities", s.NullQty, lastQty("3", Null)},
		{"fractional quantities", s.FractionalQty, lastQty("1.375", Number)},
		{"long documents", s.Long, func(b *builder, d *Document, _ int) { d.clearLines(); b.addLines(d, 500) }},
		{"odd texts", s.OddTexts, func(_ *builder, d *Document, n int) { d.Remark = oddTexts[n/2%len(oddTexts)] }},
		{"shared so_ids", s.SharedSoIDs, (*builder).shareSoID},
		{"null amounts", s.NullAmounts, amounts(Null)},
		{"blank amounts", s.BlankAmounts, amounts(Blank)},
		{"amounts as text", s.TextAmounts, allText},
		{"datetimes with milliseconds", s.Milliseconds, milliseconds},
		{"zero pay dates", s.ZeroPayDates, func(_ *builder, d *Document, _ int) { d.ZeroPayDate = true }},
		{"lines without price", s.NoPrice, func(_ *builder, d *Document, n int) { d.noPrice([]Form{Null, Blank}[n/2%2]) }},
		{"gifts without price", s.GiftsWithoutPrice, func(b *builder, d *Document, _ int) {
			d.Items = append(d.Items, b.line(d, true))
			d.noPrice(Null)
		}},
		{"distributors in the unmapped shop", s.Distributed, func(b *builder, d *Document, n int) {
			d.Shop, d.Distributor, d.OrderType = unmappedShop(), distributors[n%len(distributors)], "分销Plus"
		}},
		{"bad quantities", s.Bad, func(_ *builder, d *Document, _ int) { d.spoil(BadQuantity) }},
		{"zero modified times", s.ZeroModified, func(_ *builder, d *Document, _ int) { d.spoil(ZeroModified) }},
		{"archived documents", s.Archived, func(_ *builder, d *Document, _ int) { d.Archived, d.Status = true, Archive }},
		{"order list fields", s.OrderListFields, (*builder).addOrderList},
		{"misprinted nesting", s.Nested, func(b *builder, d *Document, _ int) {
			b.fillBatches(d)
			b.fillSerials(d)
			d.Nested = true
		}},
		{"further parcels", s.Parcels, addParcels},
	}
}

// makeSpecial turns an ordinary document into one that is due for sure, and
// then applies the case.
func (b *builder) makeSpecial(d *Document, kind specialCase, n int) {
	d.Status, d.Distributor, d.OrderType = Confirmed, Distributor{}, "普通订单"
	d.Shop = b.mappedShop(n%2 == 1)
	if d.IODate.IsZero() {
		d.IODate, d.TrackingNo = d.Modified.Add(-time.Minute), fmt.Sprintf("SF%013d", d.IOID)
	}
	d.Currency = ""
	if d.Shop.ID == SpecialShop {
		d.Currency = "USD"
	}
	kind.apply(b, d, n)
}

// mappedShop draws a shop that has a customer, of Taobao or not.
func (b *builder) mappedShop(taobao bool) Shop {
	for {
		s := shops[b.rng.IntN(b.options.Shops)]
		if s.ID != Unmapped && s.Taobao == taobao {
			return s
		}
	}
}

func unmappedShop() Shop {
	return shops[slices.IndexFunc(shops[:], func(s Shop) bool { return s.ID == Unmapped })]
}

func (d *Document) clearLines() { d.Items, d.Batches, d.Serials = nil, nil, nil }

func (d *Document) last() *Item { return &d.Items[len(d.Items)-1] }

// lastQty gives the last line another quantity; batches and serial numbers of
// the old one go.
func lastQty(value string, form Form) func(*builder, *Document, int) {
	qty := Amount{Value: decimal.RequireFromString(value), Form: form}
	return func(_ *builder, d *Document, _ int) {
		it := d.last()
		it.Qty = qty
		it.SaleAmount.Value = it.SalePrice.Value.Mul(qty.Value).Round(2)
		d.Batches, d.Serials = nil, nil
	}
}

func (d *Document) noPrice(form Form) {
	d.last().SalePrice, d.last().SaleAmount = Amount{Form: form}, Amount{Form: form}
}

func (d *Document) spoil(why Defect) {
	d.Defect = why
	d.Items[0].Qty = Amount{Form: Garbled}
}

// shareSoID gives two of these documents at a time one so_id, whichever of the
// two is made first.
func (b *builder) shareSoID(d *Document, n int) {
	if b.shared[n/2] == "" {
		b.shared[n/2] = d.SoID
	}
	d.SoID, d.MergeSoID = b.shared[n/2], ""
	for i := range d.Items {
		d.Items[i].RawSoID = d.SoID
	}
}

// amounts hides the amounts of the document but not those of its lines.
func amounts(form Form) func(*builder, *Document, int) {
	none := Amount{Form: form}
	return func(_ *builder, d *Document, _ int) {
		d.FreeAmount, d.Freight, d.PaidAmount, d.MeasuredWeight = none, none, none, none
	}
}

func allText(_ *builder, d *Document, _ int) {
	for _, a := range [...]*Amount{&d.PayAmount, &d.PaidAmount, &d.FreeAmount, &d.Freight, &d.Weight} {
		a.Form = Text
	}
	for i := range d.Items {
		it := &d.Items[i]
		it.Qty.Form, it.SalePrice.Form, it.SaleAmount.Form, it.BasePrice.Form = Text, Text, Text, Text
	}
}

func milliseconds(_ *builder, d *Document, n int) {
	fraction := []time.Duration{487, 0, 999, 1}[n%4] * time.Millisecond
	d.Millis, d.Modified = true, d.Modified.Add(fraction)
}

func (b *builder) addOrderList(d *Document, n int) {
	paid := Pay{
		ID: fmt.Sprint(d.OID * 10), OuterID: fmt.Sprintf("2021%016d", d.OID), Account: "buyer***@example.com",
		Method: "支付宝", Status: "Confirmed", Amount: d.PaidAmount.Value, PaidAt: d.PayDate,
	}
	d.OrderList = &OrderList{
		Freight: d.Freight, OaID: fmt.Sprintf("1%023d", d.OID), From: "WAP", ShopStatus: "WAIT_BUYER_CONFIRM_GOODS",
		Type: "普通订单", ReferrerID: fmt.Sprint(9000 + n), ReferrerName: "达人示例", OrderedAt: d.Created, SentAt: d.IODate,
		Pays: []Pay{paid},
	}
}

func addParcels(_ *builder, d *Document, n int) {
	for i := range 1 + n%2 {
		d.Parcels = append(d.Parcels, Parcel{
			TrackingNo: fmt.Sprintf("%s-%d", d.TrackingNo, i+2), Carrier: d.Carrier, Weight: decimal.New(int64(125*(i+1)), -2),
		})
	}
}
