// Package tplus simulates 畅捷通T+ (Chanjet T+): the open platform and the two
// generations of a customer's own server as front ends of one store of vouchers.
// 销售出库单 are made by the simple saleDispatch/Create, whose success is the body
// null, and made, read, listed and audited by SaleDispatchOpenApi.
//
// Where the public sources are silent the choice is a switch in Options or named
// as assumed at its place.
package tplus

import (
	"io"
	"net/http"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

// The names of the endpoints in statistics and fault plans, whatever the front
// end.
const (
	Token      = "tplus.token"      // open platform: making and refreshing tokens
	AppTicket  = "tplus.app_ticket" // open platform: asking for the ticket again
	Login      = "tplus.login"      // on-premise: all about sessions
	Create     = "tplus.sale_dispatch.create"
	OpenCreate = "tplus.sale_dispatch_open.create"
	OpenGet    = "tplus.sale_dispatch_open.get"
	OpenFind   = "tplus.sale_dispatch_open.find"
	OpenAudit  = "tplus.sale_dispatch_open.audit"
	Archive    = "tplus.archive_query" // warehouses, partners, goods
	Other      = "tplus.other"         // services that are not simulated
)

// Server is the platform. Any number of goroutines may call it.
type Server struct {
	options  Options
	faults   *fault.Set
	meter    *meter.Meter
	limit    *meter.Limiter
	tokens   *tokenBook
	sessions *sessionBook
	store    *store
	ledger   ledger.Ledger
}

// New makes a server without vouchers that has given out no token yet.
func New(o Options, faults *fault.Set, m *meter.Meter) *Server {
	o = o.withDefaults()
	return &Server{
		options: o, faults: faults, meter: m,
		limit:    meter.NewLimiter(o.Limit),
		tokens:   newTokenBook(o),
		sessions: newSessionBook(o),
		store:    newStore(),
	}
}

// Register adds the paths of the open platform and of both generations of the
// on-premise server. Letter case below the API's root does not matter.
func (s *Server) Register(mux *http.ServeMux) {
	fixed := func(path, endpoint string, serve func(call) answer) {
		mux.Handle(path, s.wrap(func(*http.Request) string { return endpoint }, serve))
	}
	fixed("/v1/common/auth/selfBuiltApp/generateToken", Token, s.serveSelfBuilt)
	fixed("/auth/v2/getToken", Token, s.serveCodeToken)
	fixed("/auth/getToken", Token, s.serveCodeToken)
	fixed("/auth/v2/refreshToken", Token, s.serveRefresh)
	fixed("/auth/appTicket/resend", AppTicket, s.serveResend)
	for _, root := range []string{"/tplus", "/TPlus"} {
		mux.Handle(root+"/api/v2/", s.wrap(endpointOf, s.serveV2))
		mux.Handle(root+"/api/v1/", s.wrap(endpointOf, s.serveV1))
		fixed(root+"/", Other, func(call) answer { return s.refuse(*rows["50000/404"], cloud) })
	}
}

// Peaks are the most calls of T+ itself that arrived within any 60 seconds.
func (s *Server) Peaks() map[string]int { return map[string]int{"tplus": s.limit.Peak()} }

// Entries are the vouchers that calls were about, by code.
func (s *Server) Entries() []ledger.Entry { return s.ledger.Entries() }

// ExpireTokens makes every access token and on-premise session void; refresh
// tokens stay good.
func (s *Server) ExpireTokens() {
	s.tokens.expireAll()
	s.sessions.endAll()
}

// call is one request with its body read.
type call struct {
	endpoint string
	service  string // path below the API's root in lower case
	request  *http.Request
	body     []byte
	now      time.Time
}

// answer is what a call is told; event is how the statistics count it.
type answer struct {
	status int
	body   []byte
	event  string
	cookie *http.Cookie // on-premise login
}

func succeeded(body []byte) answer {
	return answer{status: http.StatusOK, body: body, event: meter.Answered}
}

// maxBody bounds what is read of a request, in bytes.
const maxBody = 8 << 20

// wrap puts transport faults around a handler and counts what it answered.
func (s *Server) wrap(endpoint func(*http.Request) string, serve func(call) answer) http.Handler {
	return s.faults.Wrap(endpoint, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "read body: "+err.Error(), http.StatusBadRequest)
			return
		}
		got := serve(call{endpoint: endpoint(r), service: serviceOf(r), request: r, body: body, now: s.options.Now()})
		s.meter.Add(endpoint(r), got.event, 1)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if got.cookie != nil {
			http.SetCookie(w, got.cookie)
		}
		w.WriteHeader(got.status)
		w.Write(got.body)
	}))
}

// serviceOf is the path below /tplus/api/v1/ or v2/, in lower case.
func serviceOf(r *http.Request) string {
	const root = len("/tplus/api/v2/")
	return strings.ToLower(r.URL.Path[min(root, len(r.URL.Path)):])
}

func endpointOf(r *http.Request) string {
	service := serviceOf(r)
	if op, ok := operations[service]; ok {
		return op.endpoint
	}
	if strings.HasPrefix(service, "collaborationapp/") || service == "authorization" || strings.HasPrefix(service, "authorization/") {
		return Login
	}
	return Other
}
