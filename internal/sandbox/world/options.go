// Package world holds what the simulated systems know: the stock of a merchant
// as 旺店通 sees it, the same stock as YonSuite sees it, and the truth about
// how the two differ. It knows nothing of any wire protocol.
//
// A world is built from a seed and is the same for the same options, so that a
// figure in a report can be traced back. Rows are kept as a few machine words
// each and spelled out only when they are read: a million of them take less
// than 100 MB.
package world

import (
	"errors"
	"fmt"
	"time"
)

// maxRows keeps serial numbers within the seven digits of a code.
const maxRows = 5_000_000

// The columns that can join 旺店通 stock with YonSuite's productsku_code.
const (
	KeyGoodsNo = "goods_no" // 货品编号, one per style
	KeySpecNo  = "spec_no"  // 商家编码, one per SKU
)

// spread is how far back the modified times of a new world reach, and settled
// how long before Options.Now the newest of them lies.
const (
	spread  = 80 * 24 * time.Hour
	settled = 10 * time.Minute
)

// Options describe a world. The zero value is an empty world (no rows on either
// side); DefaultOptions has figures that show every outcome. Shares are
// fractions between 0 and 1 of the groups of one warehouse and one key.
type Options struct {
	// Rows is the number of distinct 旺店通 stock rows, bad ones included.
	Rows int
	// Seed picks the world; equal options give equal worlds.
	Seed uint64
	// Now is the moment the world is built. Modified times lie in the 80 days
	// before it, and none in the last 10 minutes.
	Now time.Time
	// Key is the column whose value is YonSuite's productsku_code, KeyGoodsNo
	// or KeySpecNo; empty means KeyGoodsNo.
	Key string
	// Warehouses is the number of warehouses, 1 to 16; 0 means 8.
	Warehouses int
	// WarehouseCodes maps a 旺店通 warehouse_no to the YonSuite warehouse_code
	// where the two are not the same.
	WarehouseCodes map[string]string

	DifferentShare    float64 // both sides have it, the quantities differ
	MissingThereShare float64 // 旺店通 has stock, YonSuite has no row
	IgnoredShare      float64 // 旺店通 has zero stock, YonSuite has no row
	MissingHereShare  float64 // YonSuite has a row, 旺店通 has none; a share of Rows
	DuplicateShare    float64 // YonSuite has 2 to 4 rows for one key
	MultiSpecShare    float64 // 2 or 3 specs of one goods_no in one warehouse
	NullShare         float64 // currentqty of the key is null in YonSuite

	BadRecords         int // 旺店通 records that a typed load must reject
	BadYonsuiteRecords int // YonSuite records that a typed load must reject
	RepeatedRecords    int // 旺店通 records that are sent twice, word for word
	RepeatedYonsuite   int // YonSuite records that are sent twice, word for word
	StaleRecords       int // 旺店通 rows of which an older state is sent as well
	EmptySKUs          int // YonSuite rows with productsku_code "", each in a warehouse of its own
	PaddedSKUs         int // YonSuite rows whose productsku_code ends in a blank
	OddRecords         int // 旺店通 rows whose ids have 19 digits
}

// DefaultOptions are the options of the demo: 2,000 rows that show every
// outcome, a handful of bad records on each side and a few repeated ones.
func DefaultOptions(now time.Time) Options {
	return Options{
		Rows:               2000,
		Seed:               1,
		Now:                now,
		Key:                KeyGoodsNo,
		Warehouses:         8,
		DifferentShare:     0.02,
		MissingThereShare:  0.01,
		IgnoredShare:       0.03,
		MissingHereShare:   0.01,
		DuplicateShare:     0.05,
		MultiSpecShare:     0.02,
		BadRecords:         5,
		BadYonsuiteRecords: 2,
		RepeatedRecords:    3,
		RepeatedYonsuite:   1,
		EmptySKUs:          3,
		PaddedSKUs:         2,
		OddRecords:         3,
	}
}

// normalised fills in what may be left empty and refuses what cannot be built.
func (o Options) normalised() (Options, error) {
	if o.Key == "" {
		o.Key = KeyGoodsNo
	}
	if o.Warehouses == 0 {
		o.Warehouses = 8
	}
	if o.Key != KeyGoodsNo && o.Key != KeySpecNo {
		return o, fmt.Errorf("world key %q is neither %s nor %s", o.Key, KeyGoodsNo, KeySpecNo)
	}
	if o.Now.IsZero() {
		return o, errors.New("world needs the moment it is built: Now is zero")
	}
	if o.Warehouses < 1 || o.Warehouses > len(warehouses) {
		return o, fmt.Errorf("world has 1 to %d warehouses, not %d", len(warehouses), o.Warehouses)
	}
	if o.Rows > maxRows {
		return o, fmt.Errorf("world has at most %d rows, not %d", maxRows, o.Rows)
	}
	return o, o.checkCounts()
}

func (o Options) checkCounts() error {
	if sum := o.DifferentShare + o.MissingThereShare + o.IgnoredShare; sum > 1 {
		return fmt.Errorf("shares of different, missing there and ignored add up to %v, more than 1", sum)
	}
	for name, share := range map[string]float64{
		"different": o.DifferentShare, "missing there": o.MissingThereShare, "ignored": o.IgnoredShare,
		"missing here": o.MissingHereShare, "duplicate": o.DuplicateShare, "multi spec": o.MultiSpecShare,
		"null": o.NullShare,
	} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("share of %s is %v, not between 0 and 1", name, share)
		}
	}
	for name, count := range map[string]int{
		"rows": o.Rows, "bad records": o.BadRecords, "bad yonsuite records": o.BadYonsuiteRecords,
		"repeated records": o.RepeatedRecords, "repeated yonsuite records": o.RepeatedYonsuite,
		"stale records": o.StaleRecords, "empty SKUs": o.EmptySKUs, "padded SKUs": o.PaddedSKUs,
		"odd records": o.OddRecords,
	} {
		if count < 0 {
			return fmt.Errorf("count of %s is %d, less than 0", name, count)
		}
	}
	return nil
}
