// Package jdy simulates 金蝶云星辰 (Kingdee Xingchen) at its gateway: the V1 calls
// around 商品 (material_batch_save and its sisters), and of the newer V2 the two
// token steps and the 商品 calls. Both generations write into one store.
//
// No capture of V1's material_batch_save is public. What is inferred from its
// sister methods is a switch in Options, and its default is named there.
package jdy

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

// The names of the endpoints in statistics and fault plans.
const (
	Token        = "jdy.token" // both ways to a V1 token
	AccountGroup = "jdy.account_group"
	BatchSave    = "jdy.material_batch_save"
	Save         = "jdy.material_save"
	Detail       = "jdy.material_detail"
	DetailBatch  = "jdy.material_detail_batch"
	List         = "jdy.material_list"
	V2Authorize  = "jdy.v2.authorize"
	V2Token      = "jdy.v2.token"
	V2Material   = "jdy.v2.material"
	V2Detail     = "jdy.v2.material_detail"
	Other        = "jdy.other" // paths below /jdy/ that are no API
)

// Server is the gateway with one account set (账套) behind it. Any number of
// goroutines may call it.
type Server struct {
	options    Options
	faults     *fault.Set
	meter      *meter.Meter
	limit      *meter.Limiter
	tokenLimit *meter.Limiter
	tokens     *tokenBook // V1 access_token
	appTokens  *tokenBook // V2 app-token
	codes      *codeBook
	started    time.Time    // appSecret changes every 24 hours from here
	rotations  atomic.Int64 // changes of appSecret asked for on top
	store      *store
	ledger     ledger.Ledger
}

// New makes a server with an empty store that has given out no token yet.
func New(o Options, faults *fault.Set, m *meter.Meter) *Server {
	o = o.withDefaults()
	return &Server{
		options: o, faults: faults, meter: m,
		limit:      meter.NewLimiter(o.Limit),
		tokenLimit: meter.NewLimiter(o.TokenLimit),
		tokens:     newTokenBook(o.Seed, 0x1d1, o.TokenLife),
		appTokens:  newTokenBook(o.Seed, 0x1d2, o.TokenLife),
		codes:      newCodeBook(o.Seed),
		started:    o.Now(),
		store:      newStore(),
	}
}

// Register adds the paths of both generations; what else is below /jdy/ is
// refused as the gateway refuses an API that it does not know.
func (s *Server) Register(mux *http.ServeMux) {
	s.handle(mux, "/auth/user/access_token", Token, "GET POST", s.serveUserToken)
	s.handle(mux, "/auth/oauth2/access_token", Token, "GET POST", s.serveCodeToken)
	s.handle(mux, "/jdy/sys/accountGroup", AccountGroup, "POST", s.serveAccountGroup)
	s.handle(mux, "/jdy/basedata/material_batch_save", BatchSave, "POST", s.v1(s.serveBatchSave))
	s.handle(mux, "/jdy/basedata/material_save", Save, "POST", s.v1(s.serveSave))
	s.handle(mux, "/jdy/basedata/material_detail", Detail, "POST", s.v1(s.serveDetail))
	s.handle(mux, "/jdy/basedata/material_detail_batch", DetailBatch, "POST", s.v1(s.serveDetailBatch))
	s.handle(mux, "/jdy/basedata/material_list", List, "POST", s.v1(s.serveList))
	s.handle(mux, "/jdyconnector/app_management/push_app_authorize", V2Authorize, "POST", s.serveAuthorize)
	s.handle(mux, "/jdyconnector/app_management/kingdee_auth_token", V2Token, "GET", s.serveAppToken)
	s.handle(mux, "/jdy/v2/bd/material", V2Material, "GET POST", s.v2(s.serveV2Material))
	s.handle(mux, "/jdy/v2/bd/material_detail", V2Detail, "GET", s.v2(s.serveV2Detail))
	s.handle(mux, "/jdy/", Other, "GET POST", func(call) answer { return s.gatewayRefusal(noSuchAPI) })
}

// Peaks are the most calls that arrived within any 60 seconds: business calls
// of the account, and token calls of V2.
func (s *Server) Peaks() map[string]int {
	return map[string]int{"jdy": s.limit.Peak(), V2Token: s.tokenLimit.Peak()}
}

// Entries are the 商品 that calls were about, by number.
func (s *Server) Entries() []ledger.Entry { return s.ledger.Entries() }

// ExpireTokens makes every token given out so far expired, of both generations.
func (s *Server) ExpireTokens() {
	s.tokens.expireAll()
	s.appTokens.expireAll()
}

// call is one request with its body read.
type call struct {
	endpoint string
	request  *http.Request
	body     []byte
	now      time.Time
}

// answer is what a call is told; event is how the statistics count it.
type answer struct {
	status int
	body   []byte
	event  string
}

// maxBody bounds what is read of a request, in bytes.
const maxBody = 8 << 20

// handle adds one path, with transport faults around it. Methods are separated
// by blanks.
func (s *Server) handle(mux *http.ServeMux, path, endpoint, methods string, serve func(call) answer) {
	mux.Handle(path, s.faults.Wrap(func(*http.Request) string { return endpoint },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			got := s.gatewayRefusal(methodNotAllowed)
			switch {
			case err != nil:
				got = s.refuseCall("请求内容无法读取")
			case allows(methods, r.Method):
				got = serve(call{endpoint: endpoint, request: r, body: body, now: s.options.Now()})
			}
			s.meter.Add(endpoint, got.event, 1)
			w.Header().Set("Content-Type", "application/json;charset=UTF-8")
			w.WriteHeader(got.status)
			w.Write(got.body)
		})))
}

// succeeded is HTTP 200 with a body.
func succeeded(body []byte) answer {
	return answer{http.StatusOK, body, meter.Answered}
}
