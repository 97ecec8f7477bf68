// Package sandbox serves simulated ERPs behind their real wire protocols, over
// one seeded world whose truth it keeps. It shares no protocol code with the
// clients: each was written from the vendors' pages alone, so that the two must
// agree.
//
// Beside the vendors' own paths it has a few for tests and people, all of which
// begin with an underscore: _truth, _stats, _faults, _mutate, _insert, _delete.
package sandbox

import (
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jdy"
	"pandian/internal/sandbox/jst"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
	"pandian/internal/sandbox/world"
)

// Options of a sandbox. The zero value has an empty world, no limits and no
// faults; DefaultOptions is what `pandian sandbox` starts from.
type Options struct {
	// World describes the data. Its Now, when zero, is the clock's time at New.
	World world.Options
	// Stockouts describes the shops and sales stockouts of 旺店通. Its Now, when
	// zero, is that of World.
	Stockouts stockouts.Options
	// Saleouts describes the sale-outs of 聚水潭. Its Now, when zero, is that of
	// World.
	Saleouts saleouts.Options
	// Faults are in place from the start; _faults replaces them.
	Faults fault.Plan
	// Limits are calls allowed in any 60 seconds per credential.
	Limits Limits
	// Seed picks which calls are hit by faults, and the tokens and credentials.
	Seed uint64
	// RandomCredentials takes credentials from the system's random source
	// instead of Seed.
	RandomCredentials bool
	// TokenLife is how long a YonSuite token holds; 0 means two hours.
	TokenLife time.Duration
	// TokenClockSkew is how far the clock of a YonSuite token request may be
	// off; 0 means that it is not checked.
	TokenClockSkew time.Duration
	// TPlusTakesTwice has 畅捷通T+ make a second voucher of a number that it has.
	TPlusTakesTwice bool
	// BaseURL is what YonSuite's discovery tells clients; empty means the host
	// that it was asked at.
	BaseURL string
	// Now is the clock; nil means the system's.
	Now func() time.Time
}

// Limits are calls allowed in any 60 seconds; 0 means no limit.
type Limits struct {
	OpenAPI2 int // 旺店通 openapi2, per appkey
	Qimen    int // the gateway, per app_key
	Yonsuite int // stock queries of the tenant
	// JSTOpen, JSTOld and JSTQimen are those of 聚水潭's three routes.
	JSTOpen, JSTOld, JSTQimen jst.Limit
	K3Cloud                   int // calls of the account set
	JDY                       int // business calls of the account
	TPlus                     int // calls of the app
}

// DefaultOptions have the world of the demo and the limits of the vendors, as far
// as they publish any. The world's Now is left to New.
func DefaultOptions() Options {
	return Options{
		World:     world.DefaultOptions(time.Time{}),
		Stockouts: stockouts.DefaultOptions(time.Time{}),
		Saleouts:  saleouts.DefaultOptions(time.Time{}),
		Limits: Limits{
			OpenAPI2: 60, Qimen: 60, Yonsuite: 60,
			JSTOpen: jst.Limit{PerSecond: 5, PerMinute: 100}, JSTOld: jst.Limit{PerSecond: 5, PerMinute: 100},
			JSTQimen: jst.Limit{PerSecond: 8}, JDY: jdy.VendorLimit,
		},
		Seed: 1,
	}
}
