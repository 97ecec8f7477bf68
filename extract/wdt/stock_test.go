package wdt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/extract/wdt"
	"pandian/internal/erphttp"
)

// answer is one scripted answer of the platform.
type answer struct {
	status int
	body   string
	header http.Header
	slow   time.Duration // before the body
}

// platform answers from a list, the last one ever after, and keeps what it was asked.
type platform struct {
	URL     string
	answers []answer
	date    func() time.Time

	mu    sync.Mutex
	asked []url.Values
	paths []string
}

func serve(t *testing.T, answers ...answer) *platform {
	t.Helper()
	p := &platform{answers: answers, date: time.Now}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	p.asked, p.paths = append(p.asked, r.Form), append(p.paths, r.Method+" "+r.URL.Path)
	now := p.answers[min(len(p.asked), len(p.answers))-1]
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8") // as the platform declares it
	w.Header().Set("Date", p.date().UTC().Format(http.TimeFormat))
	for name, values := range now.header {
		w.Header()[name] = values
	}
	if now.slow > 0 {
		select {
		case <-time.After(now.slow):
		case <-r.Context().Done():
		}
	}
	w.WriteHeader(now.status)
	_, _ = io.WriteString(w, now.body)
}

func (p *platform) calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func ok(body string) answer { return answer{status: http.StatusOK, body: body} }

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func quick() erphttp.Settings {
	return erphttp.Settings{
		BaseDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond, ThrottleWait: time.Millisecond, CallsPerMinute: -1,
	}
}

func connection(route wdt.Route, address string) wdt.Connection {
	return wdt.Connection{
		Route: route, BaseURL: address, SID: "test2", AppKey: "12345678", AppSecret: "testsecret", HTTP: quick(),
	}
}

func stock(t *testing.T, conn wdt.Connection, filter wdt.StockFilter) *wdt.Stock {
	t.Helper()
	source, err := wdt.NewStock(conn, filter, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// aDay is 2024-02-29 in Beijing.
func aDay(page int) extract.Request {
	from := time.Date(2024, 2, 28, 16, 0, 0, 0, time.UTC)
	return extract.Request{Window: extract.Window{From: from, To: from.Add(24*time.Hour - time.Second)}, Page: page}
}

func readAll(t *testing.T, response extract.Response) []string {
	t.Helper()
	defer response.Close()
	var records []string
	for {
		record, err := response.Next()
		if errors.Is(err, io.EOF) {
			return records
		}
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(record.Raw)+record.Problem)
	}
}

func TestFetch_reads_a_page_on_either_route(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		route          wdt.Route
		file, envelope string
		path           string
	}{
		{wdt.OpenAPI2, "openapi2_stock_page0.json", `{"code":0,"message":"","total_count":"2"}`, "POST /openapi2/stock_query.php"},
		{wdt.Qimen, "qimen_stock_page0.json", `{"response":{"flag":"success","errorcode":0,"message":"","total_count":2,"request_id":"abc"}}`, "POST /openapi2/"},
	} {
		t.Run(string(test.route), func(t *testing.T) {
			t.Parallel()
			erp := serve(t, ok(golden(t, test.file)))
			source := stock(t, connection(test.route, erp.URL+"/openapi2/"), wdt.StockFilter{WarehouseNo: "上海仓01"})
			response, err := source.Fetch(t.Context(), aDay(0))
			if err != nil {
				t.Fatal(err)
			}
			records := readAll(t, response)
			if len(records) != 2 || !strings.Contains(golden(t, test.file), records[0]+","+records[1]) {
				t.Errorf("got %q, want the two records as received", records)
			}
			envelope := response.Envelope()
			if string(envelope.JSON) != test.envelope || envelope.Total == nil || *envelope.Total != 2 {
				t.Errorf("got envelope %s total %v, want %s total 2", envelope.JSON, envelope.Total, test.envelope)
			}
			want := `{"end_time":"2024-02-29 23:59:59","method":"wdt.stock.query","page_no":"0","page_size":"100","route":"` +
				string(test.route) + `","start_time":"2024-02-29 00:00:00","warehouse_no":"上海仓01"}`
			if string(envelope.Request) != want {
				t.Errorf("got request %s, want %s", envelope.Request, want)
			}
			if erp.paths[0] != test.path {
				t.Errorf("got %s, want %s", erp.paths[0], test.path)
			}
		})
	}
}

func flat(form url.Values) map[string]string {
	params := map[string]string{}
	for name := range form {
		params[name] = form.Get(name)
	}
	return params
}

func TestFetch_sends_what_the_qimen_gateway_expects(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"", "md5", "hmac", "hmac-sha256"} {
		erp := serve(t, ok(golden(t, "qimen_stock_page0.json")))
		conn := connection(wdt.Qimen, erp.URL)
		conn.SignMethod = method
		if _, err := stock(t, conn, wdt.StockFilter{}).Fetch(t.Context(), aDay(3)); err != nil {
			t.Fatal(err)
		}
		got := flat(erp.asked[0])
		parsed, _ := qimen.ParseSignMethod(method)
		if want := qimen.Sign(parsed, "testsecret", got); got["sign"] != want {
			t.Errorf("%s: got sign %s, want %s", method, got["sign"], want)
		}
		for name, want := range map[string]string{
			"method": "wdt.stock.query", "app_key": "12345678", "target_app_key": "21363512", "sid": "test2", "format": "json",
			"v": "2.0", "sign_method": string(parsed), "page_no": "3", "page_size": "100",
			"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59",
		} {
			if got[name] != want {
				t.Errorf("got %s %q, want %q", name, got[name], want)
			}
		}
		at, err := time.ParseInLocation(time.DateTime, got["timestamp"], time.FixedZone("", 8*3600))
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("got timestamp %q, want Beijing now", got["timestamp"])
		}
		if len(got) != 13 {
			t.Errorf("got %d parameters, want 13: %v", len(got), got)
		}
	}
}

func TestFetch_sends_what_openapi2_expects(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(golden(t, "openapi2_stock_page0.json")))
	conn := connection(wdt.OpenAPI2, erp.URL)
	conn.PageSize = 40
	source := stock(t, conn, wdt.StockFilter{SpecNo: "A-1", Barcode: "690"})
	if _, err := source.Fetch(t.Context(), aDay(0)); err != nil {
		t.Fatal(err)
	}
	got := flat(erp.asked[0])
	seconds, err := strconv.ParseInt(got["timestamp"], 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
		t.Errorf("got timestamp %q, want Unix seconds now", got["timestamp"])
	}
	if want := wdt.SignOpenAPI2("testsecret", got); got["sign"] != want {
		t.Errorf("got sign %s, want %s", got["sign"], want)
	}
	delete(got, "timestamp")
	delete(got, "sign")
	want := map[string]string{
		"sid": "test2", "appkey": "12345678", "page_no": "0", "page_size": "40", "spec_no": "A-1", "barcode": "690",
		"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59",
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("got %s %q, want %q", name, got[name], want[name])
		}
	}
}

func TestFetch_takes_the_total_from_page_0_only(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(`{"code":0,"message":"","total_count":"0","stocks":[]}`))
	response, err := stock(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockFilter{}).Fetch(t.Context(), aDay(1))
	if err != nil || response.Envelope().Total != nil {
		t.Errorf("got total %v and %v, want none", response.Envelope().Total, err)
	}
}

func TestFetch_takes_an_absent_list_for_an_empty_one(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(`{"code":0,"message":"","total_count":"0"}`))
	response, err := stock(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
	if err != nil {
		t.Fatal(err)
	}
	if records := readAll(t, response); len(records) != 0 || *response.Envelope().Total != 0 {
		t.Errorf("got %q, want none", records)
	}
}

// faults 18 and 20, inside HTTP 200 and out of it.
func TestFetch_repeats_what_may_pass(t *testing.T) {
	t.Parallel()
	good := golden(t, "openapi2_stock_page0.json")
	for _, test := range []struct {
		name  string
		first answer
	}{
		{"too frequent", ok(`{"code":1012,"message":"访问过于频繁"}`)},
		{"too frequent behind the gateway", ok(`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"1012"}}`)},
		{"call limit of the gateway", ok(`{"error_response":{"code":7,"msg":"App Call Limited"}}`)},
		{"fault behind the gateway", ok(`{"response":{"flag":"failure","code":"15","sub_code":"isp.remote-service-error"}}`)},
		{"HTML with 200", ok(`<html>登录</html>`)},
		{"empty body", ok(``)},
		{"text", ok(`Service Unavailable`)},
		{"XML", ok(`<?xml version="1.0"?><response><flag>failure</flag></response>`)},
		{"other JSON", ok(`{"hello":"world"}`)},
		{"a list without an envelope", ok(`[]`)},
		{"list of the wrong kind", ok(`{"code":0,"stocks":{"0":{}}}`)},
		{"cut off", ok(good[:len(good)-30])},
		{"redirect", answer{status: http.StatusFound, header: http.Header{"Location": {"/error"}}}},
		{"bad gateway", answer{status: http.StatusBadGateway, body: "<html>502</html>"}},
		{"HTTP 429", answer{status: http.StatusTooManyRequests}},
		{"length that lies", answer{status: http.StatusOK, body: `{"code"`, header: http.Header{"Content-Length": {"100"}}}},
		{"slow body", answer{status: http.StatusOK, body: good, slow: time.Minute}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, test.first, ok("\xEF\xBB\xBF"+good)) // the second one with a BOM
			conn := connection(wdt.OpenAPI2, erp.URL)
			conn.HTTP.Timeout = 300 * time.Millisecond
			response, err := stock(t, conn, wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
			if err != nil {
				t.Fatal(err)
			}
			if records := readAll(t, response); len(records) != 2 || erp.calls() != 2 {
				t.Errorf("got %d records in %d calls, want 2 in 2", len(records), erp.calls())
			}
		})
	}
}

func TestFetch_does_not_repeat_a_refusal(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":2100,"message":"app auth fail"}`,
		`{"response":{"flag":"failure","code":"25","message":"Invalid signature","request_id":"abc"}}`,
		`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"100","sub_message":"时间跨度不能超过30天"}}`,
	} {
		erp := serve(t, ok(body))
		_, err := stock(t, connection(wdt.Qimen, erp.URL), wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Refused || failed.Retryable() || erp.calls() != 1 {
			t.Errorf("%s: got %v after %d calls, want a refusal after 1", body, err, erp.calls())
		}
	}
}

func TestFetch_keeps_a_GBK_record_apart_from_the_rest(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok("{\"code\":0,\"message\":\"\",\"total_count\":2,\"stocks\":[{\"goods_name\":\"\xc4\xe3\"},{\"goods_name\":\"好\"}]}"))
	response, err := stock(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := response.Next()
	second, _ := response.Next()
	if !strings.Contains(first.Problem, "not UTF-8") || first.Field != "goods_name" || second.Problem != "" {
		t.Errorf("got %q and %q, want a problem with the first only", first.Problem, second.Problem)
	}
}

// fault 20: time skew of 11 minutes.
func TestFetch_signs_with_the_platforms_time_when_its_own_is_refused(t *testing.T) {
	t.Parallel()
	good := golden(t, "qimen_stock_page0.json")
	erp := serve(t, ok(`{"response":{"flag":"failure","code":"31","message":"Invalid timestamp"}}`), ok(good))
	erp.date = func() time.Time { return time.Now().Add(-11 * time.Minute) }
	source := stock(t, connection(wdt.Qimen, erp.URL), wdt.StockFilter{})
	for range 2 {
		if _, err := source.Fetch(t.Context(), aDay(0)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []time.Duration{0, 11 * time.Minute, 11 * time.Minute} {
		at, _ := time.ParseInLocation(time.DateTime, erp.asked[i].Get("timestamp"), time.FixedZone("", 8*3600))
		if got := time.Since(at); (got - want).Abs() > 5*time.Second {
			t.Errorf("call %d was signed %s ago, want %s", i, got, want)
		}
	}
}

func TestFetch_tries_another_time_only_once(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(`{"code":2100,"message":"timestamp"}`))
	erp.date = func() time.Time { return time.Now().Add(-11 * time.Minute) }
	_, err := stock(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
	if err == nil || erp.calls() != 2 || !strings.Contains(err.Error(), "11m0s ahead") {
		t.Errorf("got %v after %d calls, want the skew after 2", err, erp.calls())
	}
}

func TestFetch_refuses_windows_that_the_vendor_would(t *testing.T) {
	t.Parallel()
	source := stock(t, connection(wdt.OpenAPI2, "http://localhost:1"), wdt.StockFilter{})
	now := time.Now()
	for _, req := range []extract.Request{
		{},
		{Window: extract.Window{From: now, To: now.Add(-time.Second)}},
		{Window: extract.Window{From: now, To: now.Add(30*24*time.Hour + time.Second)}},
		{Window: extract.Window{From: now, To: now}, Page: -1},
	} {
		if _, err := source.Fetch(t.Context(), req); err == nil || erphttp.AsError(err) != nil {
			t.Errorf("%+v: got %v, want a refusal before any call", req, err)
		}
	}
}

func TestFetch_ends_with_its_context(t *testing.T) {
	t.Parallel()
	erp := serve(t, answer{status: http.StatusOK, slow: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := stock(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockFilter{}).Fetch(ctx, aDay(0))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func TestSpec(t *testing.T) {
	t.Parallel()
	got := stock(t, connection(wdt.Qimen, ""), wdt.StockFilter{}).Spec()
	want := extract.Spec{Dataset: "wdt.stock", Kind: extract.Windowed, MaxSpan: 720 * time.Hour, PageSize: 100, FirstPage: 0, Backwards: true}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNewStock_says_what_is_missing(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*wdt.Connection){
		"route":       func(c *wdt.Connection) { c.Route = "x" },
		"sid":         func(c *wdt.Connection) { c.SID = "" },
		"app_key":     func(c *wdt.Connection) { c.AppKey = "" },
		"app_secret":  func(c *wdt.Connection) { c.AppSecret = "" },
		"url":         func(c *wdt.Connection) { c.BaseURL = "api.wangdian.cn" },
		"page_size":   func(c *wdt.Connection) { c.PageSize = 101 },
		"max_span":    func(c *wdt.Connection) { c.MaxSpan = 31 * 24 * time.Hour },
		"timeout":     func(c *wdt.Connection) { c.HTTP.Timeout = -1 },
		"sign method": func(c *wdt.Connection) { c.SignMethod = "sha1"; c.Route = wdt.Qimen },
	} {
		conn := connection(wdt.OpenAPI2, "")
		change(&conn)
		if _, err := wdt.NewStock(conn, wdt.StockFilter{}, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestCheck_says_what_is_wrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		reply answer
		ahead time.Duration
		want  []string // one fragment for each problem
	}{
		{"all well", ok(`{"code":0,"total_count":"1","stocks":[]}`), 0, nil},
		{"clock off but accepted", ok(`{"code":0,"total_count":"1"}`), 3 * time.Minute, []string{"3m0s ahead"}},
		{"secret wrong", ok(`{"code":2060,"message":"sign error"}`), 0, []string{"code 2060 sign error; check sid, app_key and app_secret"}},
		{"throttled", ok(`{"code":1012,"message":"x"}`), 0, []string{"max_wait"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, test.reply)
			erp.date = func() time.Time { return time.Now().Add(-test.ahead) }
			conn := connection(wdt.OpenAPI2, erp.URL)
			conn.HTTP.ThrottleWait = 0
			health := stock(t, conn, wdt.StockFilter{SpecNo: "A"}).Check(t.Context())
			if len(health.Problems) != len(test.want) || health.OK() != (len(test.want) == 0) || !health.Skew.Known {
				t.Fatalf("got %+v, want %q", health, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(health.Problems[i], want) {
					t.Errorf("got %q, want %q in it", health.Problems[i], want)
				}
			}
			if asked := erp.asked[0]; asked.Get("page_size") != "1" || asked.Has("spec_no") {
				t.Errorf("got %v, want one row and no filter", asked)
			}
		})
	}
}

// fault 32.
func TestStock_shows_no_secret(t *testing.T) {
	t.Parallel()
	const secret = "CANARY+secret/=="
	var logged bytes.Buffer
	for _, route := range []wdt.Route{wdt.Qimen, wdt.OpenAPI2} {
		erp := serve(t, ok("<html>CANARY+secret/==</html>"), ok(`{"code":1012,"message":"`+secret+`"}`), ok(`{"code":2100,"message":"bad sign for `+secret+`"}`))
		conn := connection(route, erp.URL)
		conn.AppSecret = secret
		source, err := wdt.NewStock(conn, wdt.StockFilter{}, erphttp.Deps{Log: slog.New(slog.NewTextHandler(&logged, nil))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Fetch(t.Context(), aDay(0))
		sign := erp.asked[2].Get("sign")
		if err == nil || strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), sign) {
			t.Errorf("got %v, want an error without secrets", err)
		}
		erp = serve(t, ok(golden(t, "openapi2_stock_page0.json")))
		if route == wdt.Qimen {
			erp = serve(t, ok(golden(t, "qimen_stock_page0.json")))
		}
		conn.BaseURL = erp.URL
		response, err := stock(t, conn, wdt.StockFilter{}).Fetch(t.Context(), aDay(0))
		if err != nil {
			t.Fatal(err)
		}
		envelope := response.Envelope()
		for _, text := range []string{"CANARY", "12345678", erp.asked[0].Get("sign")} {
			if slices.ContainsFunc([][]byte{envelope.Request, envelope.JSON}, func(b []byte) bool { return bytes.Contains(b, []byte(text)) }) {
				t.Errorf("%q is in %s", text, envelope.Request)
			}
		}
	}
	if strings.Contains(logged.String(), "CANARY") || strings.Count(logged.String(), "\n") != 4 {
		t.Errorf("got log %s, want four lines without secrets", &logged)
	}
}
