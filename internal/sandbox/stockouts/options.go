// Package stockouts holds what the simulated 旺店通 knows of one merchant's
// shops (店铺) and sales stockouts (销售出库单), and the truth about what a
// delivery to the finance systems must make of them. It knows nothing of any
// wire protocol: a record is a list of named columns, and a route writes them in
// its own way.
//
// A world is built from a seed and is the same for the same options. Which
// columns there are follows the integration profiles of wdt.shop.query and
// wdt.stockout.order.query.trade; their values are invented.
package stockouts

import (
	"errors"
	"fmt"
	"time"
)

const (
	// maxShops and maxStockouts keep serial numbers within the digits of a code.
	maxShops     = 10_000
	maxStockouts = 1_000_000
	// hugeLines is how many lines a huge document has.
	hugeLines = 500
	// spread is how far back the times of a new world reach, and settled how
	// long before Options.Now the newest of them lies.
	spread  = 80 * 24 * time.Hour
	settled = 10 * time.Minute
)

// Options describe a world. The zero value but for Now is an empty world;
// DefaultOptions has figures that show every outcome. All counts but Shops and
// Stockouts say how many of those two are special; no record is special in two
// of these ways.
type Options struct {
	Seed uint64 // picks the world; equal options give equal worlds
	// Now is the moment the world is built. Times lie in the 80 days before it,
	// and none in the last 10 minutes.
	Now time.Time

	Shops            int // all shops, special ones included
	Disabled         int // 已停用
	SameName         int // pairs of shops that share a shop_name
	Unnumbered       int // shop_no is empty
	EmojiRemarks     int // an emoji in the remark
	BadShops         int // records that a typed load must reject
	WithoutCustomers int // the finance side has no customer for them

	Stockouts       int // all documents, special ones included
	Reviewed        int // status 55, not shipped yet
	Cancelled       int // status 5, some of them after they were shipped
	Changed         int // changed days after they were shipped
	Renumbered      int // approved again, with a new stockout_no
	NoCustomer      int // of a shop that has no customer
	NoLines         int // details_list absent or []
	NoSKU           int // a line whose spec_no is empty
	Negative        int // a line with a negative goods_count
	Zero            int // a line with goods_count 0
	NullQuantity    int // a line with goods_count null
	NoDate          int // shipped, and consign_time is 0000-00-00 00:00:00
	NoPrice         int // a line with neither price nor sell_price
	OnlySellPrice   int // a line with sell_price but without price; nothing is wrong with it
	Unreadable      int // goods_count "abc" on one line: a typed load must reject them
	Twins           int // pairs of documents that share an order_no
	Huge            int // 500 lines
	Fractional      int // a goods_count with four decimals
	Gifts           int // a line that is a gift, at price 0
	RepeatedSKU     int // one SKU on two lines
	Suites          int // lines exploded from a bundle (组合装)
	StrangeRemarks  int // emoji, control characters, quotes
	LongIDs         int // ids of 19 digits
	NumbersForTexts int // amounts without quotes where others have them
}

// DefaultOptions are the options of the demo: 40 shops, 4 of them disabled, and
// 250 stockouts that show every outcome.
func DefaultOptions(now time.Time) Options {
	return Options{
		Seed: 1, Now: now,
		Shops: 40, Disabled: 4, SameName: 1, Unnumbered: 1, EmojiRemarks: 1, BadShops: 1, WithoutCustomers: 1,
		Stockouts: 250, Reviewed: 14, Cancelled: 10, Changed: 20, Renumbered: 3, NoCustomer: 4,
		NoLines: 3, NoSKU: 3, Negative: 2, Zero: 2, NullQuantity: 2, NoDate: 2, NoPrice: 2, OnlySellPrice: 4,
		Unreadable: 2, Twins: 2, Huge: 1, Fractional: 5, Gifts: 12, RepeatedSKU: 4, Suites: 6,
		StrangeRemarks: 6, LongIDs: 3, NumbersForTexts: 15,
	}
}

// shopCounts are the counts of special shops, named for error messages.
func (o Options) shopCounts() []count {
	return []count{
		{"disabled shops", o.Disabled}, {"shops of a shared name", 2 * o.SameName}, {"shops without number", o.Unnumbered},
		{"shops with emoji", o.EmojiRemarks}, {"bad shops", o.BadShops}, {"shops without customer", o.WithoutCustomers},
	}
}

type count struct {
	name string
	n    int
}

// normalised refuses what cannot be built.
func (o Options) normalised() (Options, error) {
	if o.Now.IsZero() {
		return o, errors.New("world of stockouts needs the moment it is built: Now is zero")
	}
	if o.Shops > maxShops || o.Stockouts > maxStockouts {
		return o, fmt.Errorf("world has at most %d shops and %d stockouts, not %d and %d",
			maxShops, maxStockouts, o.Shops, o.Stockouts)
	}
	if err := fits("shops", o.Shops, o.shopCounts()); err != nil {
		return o, err
	}
	var roles []count
	for _, r := range o.roles() {
		roles = append(roles, count{r.role.String() + " documents", r.n})
	}
	if err := fits("stockouts", o.Stockouts, roles); err != nil {
		return o, err
	}
	if o.NoCustomer > 0 && o.WithoutCustomers == 0 {
		return o, errors.New("documents without customer need a shop without customer")
	}
	return o, nil
}

// fits refuses negative counts and special records that are more than all.
func fits(what string, all int, special []count) error {
	if all < 0 {
		return fmt.Errorf("count of %s is %d, less than 0", what, all)
	}
	sum := 0
	for _, c := range special {
		if c.n < 0 {
			return fmt.Errorf("count of %s is %d, less than 0", c.name, c.n)
		}
		sum += c.n
	}
	if sum > all {
		return fmt.Errorf("special %s add up to %d, more than the %d there are", what, sum, all)
	}
	return nil
}
