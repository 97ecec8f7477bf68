// Package yonsuite simulates 用友 YonSuite (YonBIP): the discovery of a tenant's
// data centre, access tokens, and 现存量查询V2, the stock on hand, which has no
// paging and streams its answer.
package yonsuite

import (
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/world"
)

// The names of the endpoints in statistics and fault plans.
const (
	Gateway = "yonsuite.gateway"
	Token   = "yonsuite.token"
	Stock   = "yonsuite.stock"
)

// The error codes of the platform. 50000 and 310046 are assumed.
const (
	codeBadToken  = "310036"
	codeBadParams = "310008"
	codeBadSign   = "50000"
	codeThrottled = "310046"
)

// Account is what a tenant and its integrator were given. The suite members are
// those of an ISV's 套件.
type Account struct {
	TenantID              string
	AppKey, AppSecret     string
	SuiteKey, SuiteSecret string
}

// Options of the platform.
type Options struct {
	Account Account
	// Limit is the stock queries allowed in any 60 seconds; 0 means no limit.
	Limit int
	// TokenLife is how long a token holds; 0 means two hours.
	TokenLife time.Duration
	// ClockSkew is how far the timestamp of a token request may be off; 0 means
	// that it is not checked.
	ClockSkew time.Duration
	// Seed makes the tokens, which differ from call to call all the same.
	Seed uint64
	// BaseURL is where clients reach the sandbox; empty means the host that the
	// discovery was asked at.
	BaseURL string
	Now     func() time.Time
}

// Server answers for one tenant from one world.
type Server struct {
	options Options
	world   *world.World
	faults  *fault.Set
	meter   *meter.Meter
	limit   *meter.Limiter
	tokens  *tokenBook
}

// New makes a server that has given out no token yet.
func New(o Options, w *world.World, faults *fault.Set, m *meter.Meter) *Server {
	if o.TokenLife == 0 {
		o.TokenLife = 2 * time.Hour
	}
	return &Server{
		options: o, world: w, faults: faults, meter: m,
		limit:  meter.NewLimiter(o.Limit),
		tokens: newTokenBook(o.Seed, o.TokenLife),
	}
}

// Register adds the routes of the platform. The token service and the gateway
// have a path in front, as at the hosts that discovery names.
func (s *Server) Register(mux *http.ServeMux) {
	handle := func(pattern, endpoint string, h http.HandlerFunc) {
		mux.Handle(pattern, s.faults.Wrap(func(*http.Request) string { return endpoint }, h))
	}
	const auth = "GET /iuap-api-auth/open-auth/"
	handle("GET /open-auth/dataCenter/getGatewayAddress", Gateway, s.serveGateway)
	handle(auth+"selfAppAuth/getAccessToken", Token, s.serveAppToken)
	handle(auth+"selfAppAuth/base/v1/getAccessToken", Token, s.serveAppToken)
	handle(auth+"suiteApp/getAccessToken", Token, s.serveSuiteToken)
	handle("POST /iuap-api-gateway/yonbip/scm/stock/QueryCurrentStocksByCondition", Stock, s.serveStock)
}

// Peaks are the most calls that arrived within any 60 seconds, by endpoint.
func (s *Server) Peaks() map[string]int {
	return map[string]int{Stock: s.limit.Peak()}
}

// ExpireTokens makes every token given out so far void.
func (s *Server) ExpireTokens() { s.tokens.clear() }

// refuse answers with an error. The HTTP status is 200 unless a mode or the
// throttle says otherwise (assumed).
func (s *Server) refuse(w http.ResponseWriter, status int, code, message string) {
	if mode := s.faults.Modes().ErrorStatus; mode != 0 && status == http.StatusOK {
		status = mode
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	o := jsonout.Begin(nil)
	o.Text("code", code)
	o.Text("message", message)
	w.Write(o.End())
}

// milliseconds reads a timestamp of the token endpoints.
func milliseconds(text string) (time.Time, bool) {
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}
