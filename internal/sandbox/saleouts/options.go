// Package saleouts holds the 销售出库单 (sale-out documents) of one merchant as
// 聚水潭 knows them, and the truth about what must become of each when it is
// delivered to 金蝶云星空. It knows nothing of any wire protocol.
//
// A world is built from a seed and is the same for the same options.
package saleouts

import (
	"errors"
	"fmt"
	"time"
)

// settled is how long before Options.Now the newest document was changed.
const settled = 10 * time.Minute

// usualTS is where row versions start: the first integer that a float64 cannot
// hold, so that a reader who uses one notices.
const usualTS int64 = 1<<53 + 1

// Options describe a world. The zero value but for Now is an empty world;
// DefaultOptions shows every case.
type Options struct {
	// Seed picks the world; equal options give equal worlds.
	Seed uint64
	// Now is the moment the world is built.
	Now time.Time
	// Span is how far back from Now modified times reach; 0 means 20 days.
	Span time.Duration
	// Orders is the number of documents, special ones included.
	Orders int
	// Shops is 6 to 10; 0 means 8. SpecialShop and Unmapped are always there.
	Shops int
	// FirstTS is the first row version; 0 means 2^53+1.
	FirstTS int64

	OpenShare        float64 // documents that have not shipped (WaitConfirm, OuterConfirming)
	VoidShare        float64 // Cancelled or Delete
	ArchiveShare     float64 // status Archive, in plain sight
	DistributorShare float64 // drp_co_id_from is set
	SupplyShare      float64 // 供销Plus: in-system supply, on Qimen only
	GiftShare        float64 // lines that are a gift with price 0
	BatchShare       float64 // documents whose lines have batches
	SerialShare      float64 // documents whose lines have serial numbers
	MaskedShare      float64 // receivers shown with stars

	Special Special
}

// Special counts the documents of each special case. Each is a document of its
// own that has shipped, from a shop with a customer, and would be due but for
// what its case says. The second, fourth, … of a case belong to a Taobao shop.
type Special struct {
	NoItems           int // no lines at all
	NoSKU             int // a line whose sku_id is empty, or null
	NegativeQty       int // a line of less than 0
	ZeroQty           int // a line of 0
	NullQty           int // a line without a quantity
	FractionalQty     int // a line of some and a fraction; due
	Long              int // 500 lines; due
	OddTexts          int // remarks with emoji, control characters, quotes; due
	SharedSoIDs       int // documents in pairs of one so_id; due
	NullAmounts       int // amounts of the document are null; due
	BlankAmounts      int // amounts of the document are ""; due
	TextAmounts       int // amounts and quantities are texts on every route; due
	Milliseconds      int // datetimes with milliseconds; due
	ZeroPayDates      int // pay_date 0000-00-00 00:00:00; due
	NoPrice           int // a line that is no gift and has no price
	GiftsWithoutPrice int // a gift whose price is null; due
	Distributed       int // of the Unmapped shop, but sold through a distributor; due
	Bad               int // a quantity that is no number
	ZeroModified      int // modified 0000-00-00 00:00:00, see Defect
	Archived          int // moved to the archive: hidden unless asked for
	OrderListFields   int // further fields of the order list; due
	Nested            int // batches inside lines, serial numbers inside batches; due
	Parcels           int // further parcels; due
}

// DefaultOptions are the options of the demo: 300 documents, and every special
// case but the two that the platform itself is not known to send.
func DefaultOptions(now time.Time) Options {
	return Options{
		Seed: 1, Now: now, Orders: 300,
		OpenShare: 0.08, VoidShare: 0.07, ArchiveShare: 0.06, DistributorShare: 0.12, SupplyShare: 0.03,
		GiftShare: 0.12, BatchShare: 0.25, SerialShare: 0.15, MaskedShare: 0.6,
		Special: Special{
			NoItems: 2, NoSKU: 4, NegativeQty: 2, ZeroQty: 2, NullQty: 2, FractionalQty: 3, Long: 1,
			OddTexts: 2 * len(oddTexts), SharedSoIDs: 4, NullAmounts: 3, BlankAmounts: 3, TextAmounts: 2,
			Milliseconds: 6, ZeroPayDates: 2, NoPrice: 4, GiftsWithoutPrice: 2, Distributed: 2,
			Bad: 2, ZeroModified: 1, Archived: 4, Parcels: 3,
		},
	}
}

// normalised fills in what may be left empty and refuses what cannot be built.
func (o Options) normalised() (Options, error) {
	if o.Now.IsZero() {
		return o, errors.New("sale-out world needs the moment it is built: Now is zero")
	}
	if o.Span == 0 {
		o.Span = 20 * 24 * time.Hour
	}
	if o.Span <= 2*settled {
		return o, fmt.Errorf("span of the sale-out world is %s, not more than %s", o.Span, 2*settled)
	}
	if o.Shops == 0 {
		o.Shops = 8
	}
	if o.Shops < 6 || o.Shops > len(shops) {
		return o, fmt.Errorf("sale-out world has 6 to %d shops, not %d", len(shops), o.Shops)
	}
	if o.FirstTS == 0 {
		o.FirstTS = usualTS
	}
	return o, o.check()
}

func (o Options) check() error {
	if o.Orders < 0 || o.FirstTS < 0 {
		return fmt.Errorf("orders %d and first ts %d must not be negative", o.Orders, o.FirstTS)
	}
	for name, share := range map[string]float64{
		"open": o.OpenShare, "void": o.VoidShare, "archive": o.ArchiveShare, "distributor": o.DistributorShare,
		"supply": o.SupplyShare, "gift": o.GiftShare, "batch": o.BatchShare, "serial": o.SerialShare,
		"masked": o.MaskedShare, "status": o.OpenShare + o.VoidShare + o.ArchiveShare,
	} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("share of %s is %v, not between 0 and 1", name, share)
		}
	}
	specials := 0
	for _, kind := range o.Special.cases() {
		if kind.count < 0 {
			return fmt.Errorf("count of %s is %d, less than 0", kind.name, kind.count)
		}
		specials += kind.count
	}
	if specials > o.Orders {
		return fmt.Errorf("%d special documents do not fit into %d", specials, o.Orders)
	}
	return nil
}
