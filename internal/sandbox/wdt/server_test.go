package wdt

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/stockouts"
	"pandian/internal/sandbox/world"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, beijing)

var testAccount = Account{
	Sid: "test2", AppKey: "test2-ot", AppSecret: "testsecret",
	TopAppKey: "12345678", TopSecret: "topsecret", TargetAppKey: "21363512",
}

// rig is one server with what a test wants to turn or read.
type rig struct {
	t         *testing.T
	world     *world.World
	stockouts *stockouts.World
	faults    *fault.Set
	meter     *meter.Meter
	server    *Server
	mux       *http.ServeMux
}

func newRig(t *testing.T, o Options, rows int, rules ...fault.Rule) *rig {
	t.Helper()
	wo := world.DefaultOptions(testNow)
	wo.Rows = rows
	so := stockouts.DefaultOptions(testNow)
	so.Huge = 0 // has a test of its own
	documents, err := stockouts.New(so)
	if err != nil {
		t.Fatalf("build stockouts: %v", err)
	}
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux()}
	if r.world, err = world.New(wo); err != nil {
		t.Fatalf("build world: %v", err)
	}
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	o.Account = testAccount
	if o.Now == nil {
		o.Now = func() time.Time { return testNow }
	}
	r.stockouts = documents
	r.server = New(o, r.world, r.stockouts, r.faults, r.meter)
	r.server.Register(r.mux)
	return r
}

func (r *rig) modes(m fault.Modes) *rig {
	r.t.Helper()
	if err := r.faults.Replace(fault.Plan{Rules: r.faults.Plan().Rules, Modes: m}); err != nil {
		r.t.Fatalf("set modes: %v", err)
	}
	return r
}

// openParams are signed parameters of a call to openapi2; more overrides them
// before they are signed.
func openParams(more map[string]string) map[string]string {
	params := with(map[string]string{
		"sid": testAccount.Sid, "appkey": testAccount.AppKey, "timestamp": strconv.FormatInt(testNow.Unix(), 10),
	}, more)
	params["sign"] = openSign(testAccount.AppSecret, params)
	return params
}

func gatewayParams(more map[string]string) map[string]string {
	params := with(map[string]string{
		"method": "wdt.stock.query", "app_key": testAccount.TopAppKey, "target_app_key": testAccount.TargetAppKey,
		"sid": testAccount.Sid, "timestamp": testNow.Format(time.DateTime), "format": "json", "v": "2.0",
		"sign_method": "md5",
	}, more)
	params["sign"], _ = topSign(params["sign_method"], testAccount.TopSecret, params)
	return params
}

func (r *rig) send(method, path string, query, form map[string]string) *httptest.ResponseRecorder {
	r.t.Helper()
	encode := func(params map[string]string) string {
		values := url.Values{}
		for name, value := range params {
			values.Set(name, value)
		}
		return values.Encode()
	}
	request := httptest.NewRequest(method, path+"?"+encode(query), strings.NewReader(encode(form)))
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	}
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		r.t.Fatalf("%s %s: HTTP %d", method, path, recorder.Code)
	}
	return recorder
}

type page struct {
	Flag       string          `json:"flag"`
	ErrorCode  *int            `json:"errorcode"`
	Code       json.RawMessage `json:"code"`
	SubCode    string          `json:"sub_code"`
	TotalCount json.RawMessage `json:"total_count"`
	Stocks     []map[string]json.RawMessage
	hasList    bool
}

func (p page) code() string { return strings.Trim(string(p.Code), `"`) }

func (r *rig) decode(body []byte, below string) page {
	r.t.Helper()
	var p page
	if below != "" {
		var outer map[string]json.RawMessage
		if err := json.Unmarshal(body, &outer); err != nil {
			r.t.Fatalf("decode %.200s: %v", body, err)
		}
		body = outer[below]
	}
	if err := json.Unmarshal(body, &p); err != nil {
		r.t.Fatalf("decode %.200s: %v", body, err)
	}
	p.hasList = strings.Contains(string(body), `"stocks":`)
	return p
}

func (r *rig) open(more map[string]string) page {
	r.t.Helper()
	return r.decode(r.send("POST", "/openapi2/stock_query.php", nil, openParams(more)).Body.Bytes(), "")
}

func (r *rig) gateway(more map[string]string) page {
	r.t.Helper()
	return r.decode(r.send("POST", "/router/qm", nil, gatewayParams(more)).Body.Bytes(), "response")
}

// february is a window that both routes accept.
var february = map[string]string{"start_time": "2024-02-01 00:00:00", "end_time": "2024-02-29 23:59:59"}

func (r *rig) wantCode(p page, want string) {
	r.t.Helper()
	if p.code() != want {
		r.t.Errorf("code: got %s, want %s", p.code(), want)
	}
}

func TestOneWrongByteOfTheSignatureIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	spoil := func(sign string, i int) string {
		other := byte('0')
		if sign[i] == other {
			other = '1'
		}
		return sign[:i] + string(other) + sign[i+1:]
	}
	tried := 0
	for _, method := range []string{"md5", "hmac", "hmac-sha256"} {
		params := gatewayParams(with(february, map[string]string{"sign_method": method}))
		for i := range params["sign"] {
			bad := with(params, map[string]string{"sign": spoil(params["sign"], i)})
			r.wantCode(r.decode(r.send("POST", "/router/qm", nil, bad).Body.Bytes(), "response"), "25")
			tried++
		}
		good := r.decode(r.send("POST", "/router/qm", nil, params).Body.Bytes(), "response")
		if good.Flag != "success" {
			t.Errorf("%s: got %s with the right signature, want success", method, good.code())
		}
		lower := with(params, map[string]string{"sign": strings.ToLower(params["sign"])})
		r.wantCode(r.decode(r.send("POST", "/router/qm", nil, lower).Body.Bytes(), "response"), "25")
		longer := with(params, map[string]string{"sign": params["sign"] + "0"})
		r.wantCode(r.decode(r.send("POST", "/router/qm", nil, longer).Body.Bytes(), "response"), "25")
	}
	params := openParams(february)
	for i := range params["sign"] {
		bad := with(params, map[string]string{"sign": spoil(params["sign"], i)})
		r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", nil, bad).Body.Bytes(), ""), "2100")
		tried++
	}
	if tried != 32+32+64+32 {
		t.Errorf("positions tried: got %d, want 160", tried)
	}
	if got := r.meter.Count(QimenStock, meter.AuthFailures); got != 32+32+64+6 {
		t.Errorf("auth failures at the gateway: got %d, want 134", got)
	}
	if got := r.meter.Count(OpenStock, meter.AuthFailures); got != 32 {
		t.Errorf("auth failures at openapi2: got %d, want 32", got)
	}
}

func TestAnyParameterChangedAfterSigningIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	more := with(february, map[string]string{"page_no": "0", "page_size": "40"})
	for name := range more {
		changed := map[string]string{name: more[name] + " "}
		bad := with(openParams(more), changed)
		r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", nil, bad).Body.Bytes(), ""), "2100")
		bad = with(gatewayParams(more), changed)
		r.wantCode(r.decode(r.send("POST", "/router/qm", nil, bad).Body.Bytes(), "response"), "25")
	}
	unsigned := with(openParams(more), map[string]string{"format": "json"})
	r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", nil, unsigned).Body.Bytes(), ""), "2100")
}

func TestLengthsCountedInBytesAreRefused(t *testing.T) {
	t.Parallel()
	// W3 against the account and clock that the vector was made for.
	r := newRig(t, Options{}, 50)
	params := map[string]string{
		"sid": "test2", "appkey": "test2-ot", "timestamp": "1709251200", "start_time": "2024-02-29 00:00:00",
		"end_time": "2024-02-29 01:00:00", "status": "95", "warehouse_no": "上海仓01", "page_no": "0", "page_size": "100",
		"sign": "6004e29586f662cd944e4d2fbfd29970",
	}
	r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", nil, params).Body.Bytes(), ""), "2100")
	params["sign"] = "53175af5b2ddf2cc6dc9cfc1a526e2f8"
	r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", nil, params).Body.Bytes(), ""), "0")
}

func TestCredentialsAndClockAreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	at := func(d time.Duration) time.Time { return testNow.Add(d) }
	for _, test := range []struct {
		name, code string
		more       map[string]string
	}{
		{"wrong sid", "2030", map[string]string{"sid": "other"}},
		{"wrong appkey", "2060", map[string]string{"appkey": "other"}},
		{"no timestamp", "2100", map[string]string{"timestamp": ""}},
		{"milliseconds", "2100", map[string]string{"timestamp": strconv.FormatInt(testNow.UnixMilli(), 10)}},
		{"5 minutes late", "0", map[string]string{"timestamp": fmt.Sprint(at(-5 * time.Minute).Unix())}},
		{"5 minutes and a second late", "2100", map[string]string{"timestamp": fmt.Sprint(at(-301 * time.Second).Unix())}},
		{"5 minutes and a second early", "2100", map[string]string{"timestamp": fmt.Sprint(at(301 * time.Second).Unix())}},
	} {
		if got := r.open(with(february, test.more)).code(); got != test.code {
			t.Errorf("openapi2, %s: got code %s, want %s", test.name, got, test.code)
		}
	}
	for _, test := range []struct {
		name, code, sub string
		more            map[string]string
	}{
		{"wrong app_key", "29", "", map[string]string{"app_key": "other"}},
		{"wrong target", "41", "isv.invalid-parameter:target_app_key", map[string]string{"target_app_key": "1"}},
		{"wrong sid", "15", "2030", map[string]string{"sid": "other"}},
		{"no method", "21", "", map[string]string{"method": ""}},
		{"unknown method", "22", "", map[string]string{"method": "wdt.nothing"}},
		{"unknown format", "23", "", map[string]string{"format": "yaml"}},
		{"wrong version", "33", "", map[string]string{"v": "1.0"}},
		{"unknown sign method", "25", "", map[string]string{"sign_method": "sha1", "sign": "x"}},
		{"10 minutes late", "", "", map[string]string{"timestamp": at(-10 * time.Minute).Format(time.DateTime)}},
		{"milliseconds", "", "", map[string]string{"timestamp": fmt.Sprint(testNow.UnixMilli())}},
		{"10 minutes and a second late", "31", "", map[string]string{"timestamp": at(-601 * time.Second).Format(time.DateTime)}},
		{"scene prefix", "", "", map[string]string{"method": "hu3cgwt0tc.wdt.stock.query"}},
	} {
		params := gatewayParams(with(february, test.more))
		if params["sign"] == "" {
			params["sign"] = "x"
		}
		recorder := r.send("POST", "/router/qmtest", nil, params)
		if params["format"] != "json" {
			if !strings.Contains(recorder.Body.String(), "<code>"+test.code+"</code>") {
				t.Errorf("gateway, %s: got %s, want code %s", test.name, recorder.Body, test.code)
			}
			continue
		}
		got := r.decode(recorder.Body.Bytes(), "response")
		if got.code() != test.code || got.SubCode != test.sub {
			t.Errorf("gateway, %s: got %q %q, want %q %q", test.name, got.code(), got.SubCode, test.code, test.sub)
		}
	}
}

func TestWhereParametersMayStand(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	params := gatewayParams(february)
	business := map[string]string{"start_time": params["start_time"], "end_time": params["end_time"]}
	system := maps.Clone(params)
	delete(system, "start_time")
	delete(system, "end_time")
	for name, recorder := range map[string]*httptest.ResponseRecorder{
		"GET with all in the query":       r.send("GET", "/router/qm", params, nil),
		"POST with all in the query":      r.send("POST", "/router/qm", params, nil),
		"POST with all in the form":       r.send("POST", "/router/qm", nil, params),
		"POST with query and form united": r.send("POST", "/router/qm", system, business),
	} {
		if got := r.decode(recorder.Body.Bytes(), "response"); got.Flag != "success" || got.ErrorCode == nil || *got.ErrorCode != 0 {
			t.Errorf("%s: got %s, want success", name, recorder.Body)
		}
	}
	r.wantCode(r.decode(r.send("POST", "/openapi2/stock_query.php", openParams(february), nil).Body.Bytes(), ""), "0")
	r.wantCode(r.decode(r.send("GET", "/openapi2/stock_query.php", openParams(february), nil).Body.Bytes(), ""), "1")
}
