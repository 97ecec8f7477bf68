// Package jst simulates 聚水潭 (Jushuitan) on the three routes that list
// 销售出库单 (sale-out documents): the open platform, the old gateway and the
// Qimen (奇门) gateway of Taobao. Signatures, clocks, tokens, limits, envelopes
// and paging are checked and shown as the vendor's pages say; where they are
// silent the choice is called assumed at its place.
package jst

import (
	"net/http"
	"sync/atomic"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// The names of the endpoints in statistics and fault plans.
const (
	OpenSaleout  = "jst.open.saleout"
	OpenToken    = "jst.open.token"
	OldSaleout   = "jst.old.saleout"
	OldToken     = "jst.old.token"
	OldOther     = "jst.old.other" // a method that is not known
	QimenSaleout = "jst.qimen.saleout"
	QimenOther   = "jst.qimen.other" // likewise
)

// Account is what a merchant and its integrator were given.
type Account struct {
	AppKey, AppSecret string // open platform
	// AuthCode is the code of a merchant's consent, good for one exchange; see
	// Server.Consent for more of them.
	AuthCode string

	PartnerID, PartnerKey, Token string // old gateway

	TopAppKey, TopSecret string // the caller's own key at Taobao
	TargetAppKey         string // 聚水潭's key inside Qimen; empty means 23060081
	CustomerID           string // the merchant inside Qimen
}

// Limit is the calls allowed in any second and any 60 seconds; 0 means no limit.
type Limit struct{ PerSecond, PerMinute int }

// Options of the three routes.
type Options struct {
	Account                         Account
	OpenLimit, OldLimit, QimenLimit Limit
	// TokenLife is how long an access token of the open platform holds; 0 means
	// 30 days. A refresh token holds twice as long (assumed).
	TokenLife time.Duration
	// OldTokenLife is how long the token of the old gateway holds after New and
	// after each refresh.token; 0 means a year.
	OldTokenLife time.Duration
	// KeepAccess leaves the access token as it is when it is refreshed, and
	// extends it. Which of the two the platform does is not settled.
	KeepAccess bool
	// ThirdParty is an app of a 服务商: its tokens come from a merchant's consent
	// and cannot be refreshed.
	ThirdParty bool
	// TimestampSkew is how far the caller's clock may be off; 0 means 10 minutes.
	TimestampSkew time.Duration
	// StrictPageSize refuses a page_size above the maximum instead of taking the
	// maximum (which of the two is assumed).
	StrictPageSize bool
	// ExclusiveTS leaves the document of start_ts itself out (assumed not).
	ExclusiveTS bool
	// OlderCodes makes the open platform answer with the older error codes, as
	// some apps see them.
	OlderCodes bool
	// AllowedIPs are the callers let in; empty means all.
	AllowedIPs []string
	// NoPermission refuses the query to an app that may not use it.
	NoPermission bool
	// EscapeControls escapes control characters on Qimen. Without it they stand
	// raw in its JSON, which is why clients strip them.
	EscapeControls bool
	Now            func() time.Time
	Seed           uint64
}

// Server answers all routes from one world.
type Server struct {
	options    Options
	world      *saleouts.World
	faults     *fault.Set
	meter      *meter.Meter
	tokens     *tokenBook
	old        *oldGrant
	openLimit  *limiter
	oldLimit   *limiter
	qimenLimit *limiter
	serial     atomic.Int64 // request_id of the gateway, seeds of drift
}

// New makes a server; beside limits and request ids it keeps tokens.
func New(o Options, w *saleouts.World, faults *fault.Set, m *meter.Meter) *Server {
	o = o.normalised()
	return &Server{
		options: o, world: w, faults: faults, meter: m,
		tokens:     newTokenBook(o),
		old:        &oldGrant{life: o.OldTokenLife, until: o.Now().Add(o.OldTokenLife)},
		openLimit:  &limiter{limit: o.OpenLimit},
		oldLimit:   &limiter{limit: o.OldLimit},
		qimenLimit: &limiter{limit: o.QimenLimit},
	}
}

func (o Options) normalised() Options {
	if o.Account.TargetAppKey == "" {
		o.Account.TargetAppKey = "23060081"
	}
	if o.TokenLife == 0 {
		o.TokenLife = 2_592_000 * time.Second
	}
	if o.OldTokenLife == 0 {
		o.OldTokenLife = 365 * 24 * time.Hour
	}
	if o.TimestampSkew == 0 {
		o.TimestampSkew = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Register adds the paths of all routes. The Qimen gateway has a host of its
// own per vendor in reality; here it has a path of its own.
func (s *Server) Register(mux *http.ServeMux) {
	named := func(name string) func(*http.Request) string {
		return func(*http.Request) string { return name }
	}
	mux.Handle("/open/orders/out/simple/query", s.faults.Wrap(named(OpenSaleout), http.HandlerFunc(s.serveOpen)))
	for _, flow := range [...]tokenFlow{initToken, exchangeToken, refreshToken} {
		mux.Handle("/openWeb/auth/"+string(flow), s.faults.Wrap(named(OpenToken), s.serveToken(flow)))
	}
	mux.Handle("/api/open/query.aspx", s.faults.Wrap(oldEndpoint, http.HandlerFunc(s.serveOld)))
	mux.Handle("/jst/router/qm", s.Qimen())
	mux.Handle("/jst/router/qmtest", s.Qimen())
}

// Qimen is the handler of the gateway, faults included, for any path.
func (s *Server) Qimen() http.Handler {
	return s.faults.Wrap(qimenEndpoint, http.HandlerFunc(s.serveQimen))
}

// Peaks are the most calls that arrived within any 60 seconds, by route.
func (s *Server) Peaks() map[string]int {
	return s.peaks(func(l *limiter) int { return l.peak().PerMinute })
}

// PeaksPerSecond are the most calls that arrived within any second, by route.
func (s *Server) PeaksPerSecond() map[string]int {
	return s.peaks(func(l *limiter) int { return l.peak().PerSecond })
}

func (s *Server) peaks(of func(*limiter) int) map[string]int {
	return map[string]int{"jst.open": of(s.openLimit), "jst.old": of(s.oldLimit), "jst.qimen": of(s.qimenLimit)}
}

// ExpireTokens makes the access token of the open platform void. The refresh
// token goes on to hold.
func (s *Server) ExpireTokens() { s.tokens.expire() }

// Consent is a new code as a merchant's consent page hands it out; it is good
// for one exchange.
func (s *Server) Consent() string { return s.tokens.consent() }
