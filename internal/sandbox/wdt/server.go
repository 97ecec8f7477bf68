// Package wdt simulates 旺店通 enterprise edition on both of its routes: the
// Qimen (奇门) gateway of Taobao and 旺店通's own openapi2. Signatures, clocks,
// limits, envelopes and paging are checked and shown as the vendor's pages say;
// where they are silent the choice is named at its place.
package wdt

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/stockouts"
	"pandian/internal/sandbox/world"
)

// The names of the endpoints in statistics and fault plans.
const (
	OpenStock     = "wdt.openapi2.stock"
	OpenShop      = "wdt.openapi2.shop"
	OpenStockout  = "wdt.openapi2.stockout"
	QimenStock    = "wdt.qimen.stock"
	QimenShop     = "wdt.qimen.shop"
	QimenStockout = "wdt.qimen.stockout"
	// QimenOther are calls to the gateway without a method that is known.
	QimenOther = "wdt.qimen.other"
)

// Account is what a merchant and its integrator were given.
type Account struct {
	Sid          string // 卖家账号
	AppKey       string // openapi2 interface account
	AppSecret    string
	TopAppKey    string // the caller's own key at Taobao
	TopSecret    string
	TargetAppKey string // 旺店通's key inside Qimen
}

// Options of the two routes. A limit is the calls allowed in any 60 seconds per
// key; 0 means no limit.
type Options struct {
	Account    Account
	OpenLimit  int
	QimenLimit int
	Now        func() time.Time
}

// Server answers both routes from the world of stocks and the world of shops and
// sales stockouts.
type Server struct {
	options    Options
	world      *world.World
	stockouts  *stockouts.World
	faults     *fault.Set
	meter      *meter.Meter
	openLimit  *meter.Limiter
	qimenLimit *meter.Limiter
	serial     atomic.Int64 // request_id of the gateway
}

// New makes a server; it keeps no state of its own but limits and request ids.
func New(o Options, w *world.World, so *stockouts.World, faults *fault.Set, m *meter.Meter) *Server {
	return &Server{
		options: o, world: w, stockouts: so, faults: faults, meter: m,
		openLimit:  meter.NewLimiter(o.OpenLimit),
		qimenLimit: meter.NewLimiter(o.QimenLimit),
	}
}

// Register adds the routes of both platforms.
func (s *Server) Register(mux *http.ServeMux) {
	for _, file := range [...]struct {
		name, endpoint string
		operation      operation
	}{
		{"stock_query.php", OpenStock, stockOperation},
		{"shop.php", OpenShop, shopOperation},
		{"stockout_order_query_trade.php", OpenStockout, stockoutOperation},
	} {
		endpoint := func(*http.Request) string { return file.endpoint }
		mux.Handle("/openapi2/"+file.name, s.faults.Wrap(endpoint, s.open(file.endpoint, file.operation)))
	}
	gateway := s.faults.Wrap(gatewayEndpoint, http.HandlerFunc(s.serveQimen))
	mux.Handle("/router/qm", gateway)
	mux.Handle("/router/qmtest", gateway)
}

// Peaks are the most calls that arrived within any 60 seconds, by route.
func (s *Server) Peaks() map[string]int {
	return map[string]int{"wdt.openapi2": s.openLimit.Peak(), "wdt.qimen": s.qimenLimit.Peak()}
}

// maxForm bounds what is read of a request, in bytes.
const maxForm = 1 << 20

// parameters merges query and form body; of a name in both the body counts.
// Other bodies (some clients add a JSON copy) are not looked at.
func parameters(r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	params := make(map[string]string, len(r.Form))
	for name, values := range r.Form {
		params[name] = values[0]
	}
	return params, nil
}

// operation is one method of the ERP, the same behind both routes.
type operation struct {
	list  string // the element that holds the records
	usual int    // page_size of a call that sends none
	find  func(*Server, call) (source, *refusal)
}

// qimenOperations are the methods that the gateway forwards.
var qimenOperations = map[string]struct {
	endpoint  string
	operation operation
}{
	"wdt.stock.query":                {QimenStock, stockOperation},
	"wdt.shop.query":                 {QimenShop, shopOperation},
	"wdt.stockout.order.query.trade": {QimenStockout, stockoutOperation},
}

// gatewayEndpoint names the endpoint of a call to the gateway. A request that
// cannot be parsed is reported by the handler.
func gatewayEndpoint(r *http.Request) string {
	params, err := parameters(r)
	if err != nil {
		return QimenOther
	}
	if known, ok := qimenOperations[methodName(params)]; ok {
		return known.endpoint
	}
	return QimenOther
}

// methodName is the method without the scene prefix that some generated clients
// send to the common gateway.
func methodName(params map[string]string) string {
	return strings.TrimPrefix(params["method"], "hu3cgwt0tc.")
}

// call is one authenticated call of an operation.
type call struct {
	endpoint string
	params   map[string]string
	style    style
	gateway  bool // it came through Qimen
	now      time.Time
}

// answer is one page. Total counts all pages; only page 0 shows it, and not when
// it is untold.
type answer struct {
	records [][]byte
	total   int
	page    int
	untold  bool
}

// refusal is an error of the ERP: code of openapi2, sub_code of the gateway.
type refusal struct{ code, message string }

// The refusals of the ERP. Only the codes' groups are published; which of them
// stands for what, and the texts, are assumed.
var (
	badSid       = &refusal{"2030", "sid不存在"}
	badAppKey    = &refusal{"2060", "appkey不存在或未授权"}
	badSign      = &refusal{"2100", "签名验证失败"}
	badTimestamp = &refusal{"2100", "timestamp与服务器时间相差超过5分钟,验证失败"}
	tooFrequent  = &refusal{"1012", "调用频率超过限制,请稍后重试"}
)

func badArgument(text string) *refusal { return &refusal{"100", text} }
