package saleouts

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// beijing is the zone in which the merchant reads clocks.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// builder makes documents. One lives as long as its world, for those that are
// inserted later.
type builder struct {
	options Options
	rng     *rand.Rand
	skus    []SKU
	ioID    int64
	oID     int64
	lineID  int64
	serial  int64
	shared  map[int]string // so_ids that two documents share, by pair
}

func newBuilder(o Options) *builder {
	return &builder{
		options: o, rng: rand.New(rand.NewPCG(o.Seed, 0x5a1e)), skus: skus(),
		ioID: 100_200_300, oID: 36_008_000, lineID: 7_000_000, shared: map[int]string{},
	}
}

// all makes the documents that a new world starts with, special ones at random
// places, and gives out row versions in the order of their modified times.
func (b *builder) all() (documents []Document, lastTS int64) {
	plan := make([]func(*Document), b.options.Orders)
	at := 0
	for _, kind := range b.options.Special.cases() {
		for n := range kind.count {
			plan[at] = func(d *Document) { b.makeSpecial(d, kind, n) }
			at++
		}
	}
	b.rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	for _, special := range plan {
		d := b.document(b.modified())
		if special != nil {
			special(&d)
		}
		documents = append(documents, d)
	}
	byAge := make([]int, len(documents))
	for i := range byAge {
		byAge[i] = i
	}
	slices.SortFunc(byAge, func(x, y int) int {
		return cmp.Or(documents[x].Modified.Compare(documents[y].Modified), cmp.Compare(x, y))
	})
	lastTS = b.options.FirstTS - 1
	for _, i := range byAge {
		lastTS += b.step()
		documents[i].TS = lastTS
	}
	return documents, lastTS
}

// step is how far the row version moves: other tables of the platform's
// database use some in between.
func (b *builder) step() int64 { return 1 + b.rng.Int64N(9) }

// modified draws a time of the span; one in ten falls on a full hour, where
// documents share one second.
func (b *builder) modified() time.Time {
	back := settled + time.Second + time.Duration(b.rng.Int64N(int64(b.options.Span-2*settled)))
	at := b.options.Now.Add(-back).In(beijing).Truncate(time.Second)
	if full := at.Truncate(time.Hour); b.rng.IntN(10) == 0 && b.options.Now.Sub(full) < b.options.Span {
		return full
	}
	return at
}

// document makes an ordinary document that was last changed at the given time.
func (b *builder) document(modified time.Time) Document {
	b.ioID += 1 + b.rng.Int64N(3)
	b.oID += 1 + b.rng.Int64N(5)
	shipped := modified.Add(-time.Duration(b.rng.IntN(5400)) * time.Second)
	created := shipped.Add(-time.Duration(600+b.rng.IntN(86400)) * time.Second)
	d := Document{
		IOID: b.ioID, OID: b.oID, CoID: CoID,
		Shop: shops[b.rng.IntN(b.options.Shops)], Warehouse: pick(b.rng, warehouses[:]), Carrier: pick(b.rng, carriers[:]),
		SoID: fmt.Sprintf("%020d", 34_257_867_823_682_390+int64(b.rng.Uint64()>>10)), OrderType: "普通订单",
		Created: created, Modified: modified, IODate: shipped, PayDate: created.Add(-3 * time.Minute),
		TrackingNo: fmt.Sprintf("SF%013d", b.rng.Int64N(1e13)), BuyerNick: fmt.Sprintf("买家%05d", b.rng.IntN(1e5)),
		Remark: pick(b.rng, remarks[:]), BuyerMessage: pick(b.rng, messages[:]), Labels: pick(b.rng, tags[:]),
		Staff: pick(b.rng, staff[:]), StaffID: 12_854_967, SellerFlag: b.rng.Int64N(6), WaveID: b.rng.Int64N(3) * 41,
		Printed: b.chance(0.5), ExpressPrinted: b.chance(0.9), CashOnDelivery: b.chance(0.03),
		Weight: weight(b.rng), MeasuredWeight: weight(b.rng),
	}
	if b.chance(0.3) {
		d.MeasuredWeight = Amount{Form: Null}
	}
	b.setStatus(&d)
	b.setKind(&d)
	d.Receiver = b.receiver(d.Shop)
	b.addLines(&d, 1+b.rng.IntN(4))
	b.addBatches(&d)
	return d
}

// setStatus draws the status. What has not shipped has no outbound time and no
// tracking number.
func (b *builder) setStatus(d *Document) {
	o, draw := b.options, b.rng.Float64()
	d.Status = Confirmed
	switch {
	case draw < o.OpenShare:
		d.Status = pick(b.rng, []Status{WaitConfirm, WaitConfirm, OuterConfirming})
	case draw < o.OpenShare+o.VoidShare:
		d.Status = pick(b.rng, []Status{Cancelled, Delete})
	case draw < o.OpenShare+o.VoidShare+o.ArchiveShare:
		d.Status = Archive
	}
	switch d.Status {
	case WaitConfirm, OuterConfirming, Delete:
		d.IODate, d.TrackingNo = time.Time{}, ""
	}
}

// setKind draws what else there is to a sale: a distributor, the platform's own
// supply, a currency, an invoice.
func (b *builder) setKind(d *Document) {
	if b.chance(b.options.DistributorShare) {
		d.Distributor, d.OrderType = pick(b.rng, distributors[:]), "分销Plus"
	} else if b.chance(b.options.SupplyShare) {
		d.OrderType = supplyType
	} else if b.chance(0.1) {
		d.OrderType = pick(b.rng, []string{"补发订单", "换货订单"})
	}
	if d.Shop.ID == SpecialShop {
		d.Currency = "USD"
	}
	if b.chance(0.1) {
		d.InvoiceTitle, d.BuyerTaxNo = "杭州某某科技有限公司", "91330100MA0000000X"
	}
	if d.Shop.Taobao || d.Shop.Platform == "抖音" {
		d.OpenID = fmt.Sprintf("AAH%016x", b.rng.Uint64())
	}
	if b.chance(0.05) {
		d.MergeSoID = d.SoID + "," + fmt.Sprintf("%020d", b.rng.Int64())
	}
	if d.Shop.Offline {
		d.Node = "门店自提"
	}
}

func (b *builder) receiver(shop Shop) Receiver {
	at := pick(b.rng, cities[:])
	r := Receiver{Country: "中国", State: at.state, City: at.city, District: at.district, Town: at.town,
		Address: fmt.Sprintf("示例路%d号", 1+b.rng.IntN(500)), Name: pick(b.rng, surnames[:]) + "示例",
		Phone: fmt.Sprintf("138%08d", b.rng.IntN(1e8)), Landline: "0571-00000000"}
	if shop.Offline {
		return Receiver{}
	}
	if b.chance(b.options.MaskedShare) {
		first := []rune(r.Name)[:1]
		r.Name, r.Phone, r.Landline = string(first)+"**", r.Phone[:3]+"****"+"0000", ""
		r.Address = "示例路***"
	}
	return r
}

func (b *builder) chance(share float64) bool { return b.rng.Float64() < share }

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// cents is n hundredths.
func cents(n int64) decimal.Decimal { return decimal.New(n, -2) }

func weight(rng *rand.Rand) Amount {
	return Amount{Value: decimal.New(rng.Int64N(20_000), -3)}
}
