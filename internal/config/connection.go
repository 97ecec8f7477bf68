package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"pandian/internal/fault"
)

// Platforms that a connection can be of.
const (
	PlatformWDT      = "wdt"      // 旺店通
	PlatformYonSuite = "yonsuite" // 用友 YonSuite
	PlatformQeasy    = "qeasy"    // 轻易云
	PlatformJST      = "jst"      // 聚水潭
	PlatformK3Cloud  = "k3cloud"  // 金蝶云星空
	PlatformJDY      = "jdy"      // 金蝶云星辰
	PlatformTPlus    = "tplus"    // 畅捷通T+
)

// Routes to 旺店通.
const (
	RouteQimen    = "qimen"    // 奇门, through Taobao's gateway; 聚水潭 has it too
	RouteOpenAPI2 = "openapi2" // 旺店通's own open API
)

// Connection is one account at one platform. Exactly the member of its platform
// is set; qeasy 轻易云 has none, as its comparison runs in the database.
type Connection struct {
	Name     string
	Platform string
	WDT      *WDT
	YonSuite *YonSuite
	JST      *JST
	K3Cloud  *K3Cloud
	JDY      *JDY
	TPlus    *TPlus
}

// WDT is an account at 旺店通 (enterprise edition).
type WDT struct {
	// Route is RouteQimen or RouteOpenAPI2. Required.
	Route string
	// URL is the gateway. Default by route: the vendor's production gateway.
	URL string
	// SID is the seller account (卖家账号). Required.
	SID string
	// AppKey is the caller's own key. Required; masked when shown.
	AppKey    string
	AppSecret Secret
	// TargetAppKey is 旺店通's own key inside Qimen. Route qimen only. Default
	// 21363512.
	TargetAppKey string
	// SignMethod is md5, hmac or hmac-sha256. Route qimen only. Default
	// hmac-sha256.
	SignMethod string
	// ShopFilters narrow wdt.shop: platform, shop_no. StockFilters narrow
	// wdt.stock: warehouse_no, spec_no, barcode. StockoutFilters narrow
	// wdt.stockout: status (of the first pass), src_order_no, src_tid, stockout_no,
	// shop_no, warehouse_no.
	ShopFilters, StockFilters, StockoutFilters map[string]string
	HTTP                                       HTTP
}

// YonSuite is a tenant of 用友 YonSuite.
type YonSuite struct {
	// TenantID is the tenant (租户). Required.
	TenantID string
	// AppKey is that of the self-built app (自建应用). Required; masked when
	// shown.
	AppKey    string
	AppSecret Secret
	// DiscoveryURL answers which data centre the tenant lives in. Default
	// https://apigateway.yonyoucloud.com.
	DiscoveryURL string
	// Filters narrow the stock query (现存量): vendor's filter name to values.
	// Empty reads everything that the app may see.
	Filters map[string][]string
	HTTP    HTTP
}

// HTTP tunes the calls of one connection.
type HTTP struct {
	// CallsPerMinute is the platform's limit for one credential. Default 60.
	CallsPerMinute int
	// Timeout is for one attempt; when streaming, until the first byte. Default
	// 60 s.
	Timeout time.Duration
	// MaxAttempts counts all attempts of one call, the first included, but
	// those that were throttled. Default 5.
	MaxAttempts int
	// MaxThrottles is how often one call may be throttled. Default 10.
	MaxThrottles int
	// MaxWait is the longest wait that a platform may ask for; a call that
	// would have to wait longer fails. Default 5 min.
	MaxWait time.Duration
	// AllowHTTP says that addresses of other machines may be http://, which
	// everybody on the way can read. Default off.
	AllowHTTP bool
}

func (h *HTTP) fields() []field { return h.fieldsWith("60", "60s") }

// fieldsWith takes the platform's own limit and time.
func (h *HTTP) fieldsWith(callsPerMinute, timeout string) []field {
	return []field{
		whole("calls_per_minute", &h.CallsPerMinute, callsPerMinute, 1, 100_000),
		span("timeout", &h.Timeout, timeout, time.Second, time.Hour),
		whole("max_attempts", &h.MaxAttempts, "5", 1, 100),
		whole("max_throttles", &h.MaxThrottles, "10", 1, 1000),
		span("max_wait", &h.MaxWait, "5m", time.Second, day),
		toggle("allow_http", &h.AllowHTTP, "off"),
	}
}

func (w *WDT) fields() []field {
	fields := []field{
		choice("route", &w.Route, "", RouteQimen, RouteOpenAPI2).require(),
		webAddress("url", &w.URL, wdtURL(w.Route)),
		text("sid", &w.SID, "").require(),
		private("app_key", &w.AppKey).require(),
		secret("app_secret", &w.AppSecret).require(),
	}
	if w.Route == RouteOpenAPI2 {
		fields = append(fields,
			misplaced("target_app_key", "target_app_key is for route qimen only"),
			misplaced("sign_method", "sign_method is for route qimen only: openapi2 has one way to sign"),
		)
	} else {
		fields = append(fields,
			text("target_app_key", &w.TargetAppKey, "21363512"),
			choice("sign_method", &w.SignMethod, "hmac-sha256", "md5", "hmac", "hmac-sha256"),
		)
	}
	fields = append(fields,
		filterTable("stock_filters", &w.StockFilters, "warehouse_no", "spec_no", "barcode"),
		filterTable("shop_filters", &w.ShopFilters, "platform", "shop_no"),
		filterTable("stockout_filters", &w.StockoutFilters, "status", "src_order_no", "src_tid", "stockout_no", "shop_no", "warehouse_no"),
	)
	return append(fields, w.HTTP.fields()...)
}

// wdtURL is the production gateway of a route.
func wdtURL(route string) string {
	if route == RouteOpenAPI2 {
		return "https://api.wangdian.cn/openapi2/"
	}
	return "https://hu3cgwt0tc.api.taobao.com/router/qm"
}

func (y *YonSuite) fields() []field {
	fields := []field{
		text("tenant_id", &y.TenantID, "").require(),
		private("app_key", &y.AppKey).require(),
		secret("app_secret", &y.AppSecret).require(),
		webAddress("discovery_url", &y.DiscoveryURL, "https://apigateway.yonyoucloud.com"),
		{key: "filters", node: func(d *decoder, path string, _ Origin, value ast.Node) { y.Filters = d.filters(path, value) }},
	}
	return append(fields, y.HTTP.fields()...)
}

// fields lists what the connection's platform knows, bound to c's members.
func (c *Connection) fields() []field {
	fields := []field{choice("platform", &c.Platform, "", platforms()...).require()}
	switch {
	case c.WDT != nil:
		fields = append(fields, c.WDT.fields()...)
	case c.YonSuite != nil:
		fields = append(fields, c.YonSuite.fields()...)
	case c.JST != nil:
		fields = append(fields, c.JST.fields()...)
	case c.K3Cloud != nil:
		fields = append(fields, c.K3Cloud.fields()...)
	case c.JDY != nil:
		fields = append(fields, c.JDY.fields()...)
	case c.TPlus != nil:
		fields = append(fields, c.TPlus.fields()...)
	}
	return fields
}

func platforms() []string {
	return []string{
		PlatformWDT, PlatformYonSuite, PlatformJST, PlatformK3Cloud, PlatformJDY, PlatformTPlus, PlatformQeasy,
	}
}

func (c Connection) clone() Connection {
	if c.WDT != nil {
		wdt := *c.WDT
		c.WDT = &wdt
	}
	if c.YonSuite != nil {
		yonsuite := *c.YonSuite
		yonsuite.Filters = maps.Clone(yonsuite.Filters)
		c.YonSuite = &yonsuite
	}
	c.JST, c.K3Cloud, c.JDY, c.TPlus = copyOf(c.JST), copyOf(c.K3Cloud), copyOf(c.JDY), copyOf(c.TPlus)
	return c
}

func copyOf[T any](original *T) *T {
	if original == nil {
		return nil
	}
	copied := *original
	return &copied
}

// secrets lists what must never show, once it is resolved.
func (c Connection) secrets() []string {
	switch {
	case c.WDT != nil:
		return []string{c.WDT.AppSecret.Reveal(), c.WDT.AppKey}
	case c.YonSuite != nil:
		return []string{c.YonSuite.AppSecret.Reveal(), c.YonSuite.AppKey}
	case c.JST != nil:
		return c.JST.secrets()
	case c.K3Cloud != nil:
		return c.K3Cloud.secrets()
	case c.JDY != nil:
		return c.JDY.secrets()
	case c.TPlus != nil:
		return c.TPlus.secrets()
	}
	return nil
}

// connection decodes one entry of connections.
func (d *decoder) connection(path, name string, at Origin, node ast.Node) Connection {
	c := Connection{Name: name, Platform: strings.ToLower(d.peek(node, "platform"))}
	switch c.Platform {
	case PlatformWDT:
		c.WDT = &WDT{Route: strings.ToLower(d.peek(node, "route"))}
	case PlatformYonSuite:
		c.YonSuite = &YonSuite{}
	case PlatformJST:
		c.JST = &JST{Route: strings.ToLower(d.peek(node, "route"))}
	case PlatformK3Cloud:
		c.K3Cloud = &K3Cloud{Auth: strings.ToLower(d.peek(node, "auth"))}
	case PlatformJDY:
		c.JDY = &JDY{}
	case PlatformTPlus:
		c.TPlus = &TPlus{Mode: strings.ToLower(d.peek(node, "mode"))}
	case PlatformQeasy:
	default:
		d.unknownPlatform(path, at, node)
		return c
	}
	d.section(path, at, node, c.fields())
	d.checkEncryption(path, c)
	return c
}

// unknownPlatform reports the platform alone: which other keys are right is
// not known without it.
func (d *decoder) unknownPlatform(path string, at Origin, node ast.Node) {
	pairs, isMapping := d.pairs(node)
	if !isMapping {
		d.refuse(path, at, badValue("indent platform: and the account's keys below it", "must hold keys, not a single value or a list"))
		return
	}
	for _, p := range pairs {
		if p.key != "platform" {
			d.hide(p.value)
		}
	}
	for _, p := range pairs {
		if p.key != "platform" {
			continue
		}
		word, _ := d.scalarText(p.value)
		d.refuse(path+".platform", d.origin(p.value), badValue(didYouMean(word, "known", platforms()), "there is no platform %q", word))
		return
	}
	d.refuse(path+".platform", at, missing(path+".platform", "platform"))
}

// filterNames are the filters of YonSuite's stock query that take a list.
// warehouse.code is one name with a dot in it, as the vendor has it.
func filterNames() []string {
	return []string{
		"org", "warehouse", "warehouse.code", "product", "productn.code", "productsku",
		"batchno", "stockUnitId", "stockStatusDoc", "store",
	}
}

// filters reads a mapping of filter names to one value or a list of values.
func (d *decoder) filters(path string, node ast.Node) map[string][]string {
	if node == nil || d.isNull(node) {
		return nil
	}
	pairs, ok := d.pairs(node)
	if !ok {
		d.refuse(path, d.origin(node), badValue("write it as {org: [A, B]}", "must hold filter names and their values"))
		return nil
	}
	filters := map[string][]string{}
	for _, p := range pairs {
		if !slices.Contains(filterNames(), p.key) {
			d.refuse(join(path, p.key), p.at, &refusal{fault.ConfigUnknownKey, "unknown filter " + p.key, didYouMean(p.key, "known", filterNames())})
			continue
		}
		values, refused := d.texts(p.value)
		if refused != nil {
			d.refuse(join(path, p.key), d.origin(p.value), refused)
			continue
		}
		filters[p.key] = values
		d.remember(join(path, p.key), strings.Join(values, ", "), d.origin(p.value))
	}
	return filters
}

// texts reads one value, or a list of them.
func (d *decoder) texts(node ast.Node) ([]string, *refusal) {
	members := []ast.Node{node}
	if list, ok := d.unwrap(node).(*ast.SequenceNode); ok {
		members = list.Values
	}
	var values []string
	for _, member := range members {
		value, ok := d.scalarText(member)
		if !ok || value == "" {
			return nil, badValue("write [A, B] without empty members", "must be one value or a list of values")
		}
		values = append(values, value)
	}
	if len(values) == 0 {
		return nil, badValue("leave the filter out to read everything", "must not be empty")
	}
	return values, nil
}

// HTTP are the settings of the connection's calls, whatever its platform; zero
// for one that makes none.
func (c Connection) HTTP() HTTP {
	switch {
	case c.WDT != nil:
		return c.WDT.HTTP
	case c.YonSuite != nil:
		return c.YonSuite.HTTP
	case c.JST != nil:
		return c.JST.HTTP
	case c.K3Cloud != nil:
		return c.K3Cloud.HTTP
	case c.JDY != nil:
		return c.JDY.HTTP
	case c.TPlus != nil:
		return c.TPlus.HTTP
	}
	return HTTP{}
}
