package jst_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pandian/extract/jst"
	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

// failure is a refusal in the form of a route.
func failure(route jst.Route, code, message string) string {
	if route == jst.Qimen {
		return fmt.Sprintf(`{"response":{"flag":"failure","code":%s,"message":%q,"request_id":"x"}}`, code, message)
	}
	return fmt.Sprintf(`{"code":%s,"issuccess":false,"msg":%q}`, code, message)
}

func TestCall_tries_again_where_that_helps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		route jst.Route
		body  string
	}{
		{jst.Open, failure(jst.Open, "199", "调用频次超过限制!请稍后再试")}, {jst.Open, failure(jst.Open, "200", "调用频次超过限制")},
		{jst.Open, failure(jst.Open, "150", "")}, {jst.Old, failure(jst.Old, "150", "系统错误")}, {jst.Old, failure(jst.Old, `"199"`, "")},
		{jst.Qimen, failure(jst.Qimen, "7", "App Call Limited")}, {jst.Qimen, failure(jst.Qimen, "10", "")},
		{jst.Qimen, `{"error_response":{"code":15,"sub_code":"isp.top-remote-connection-timeout"}}`},
		{jst.Open, `<html>busy</html>`}, {jst.Open, `{"code":0,"data":{"page_index":1,"datas":[{"ts":1}`}, {jst.Old, ``},
	} {
		erp := serve(t, says(test.body, page(test.route, "")))
		if _, err := saleout(t, connection(test.route, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, "")); err != nil || len(erp.calls) != 2 {
			t.Errorf("%s %s: got %v after %d calls, want success at the second", test.route, test.body, err, len(erp.calls))
		}
	}
}

func TestCall_gives_up_where_it_does_not(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		route jst.Route
		code  string
		text  string
	}{
		{jst.Open, "10", "app_secret"}, {jst.Open, "110", "IP白名单"}, {jst.Open, "140", "filters"}, {jst.Open, "190", "authorised"},
		{jst.Old, "100", "grant the partner again"}, {jst.Old, "120", "partner_key"}, {jst.Old, "140", "filters"},
		{jst.Qimen, "25", "app_secret"}, {jst.Qimen, "100", "customer_id"}, {jst.Qimen, "41", "filters"}, {jst.Old, "4711", "code 4711"},
	} {
		erp := serve(t, says(failure(test.route, test.code, "出错")))
		_, err := saleout(t, connection(test.route, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
		if err == nil || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), "出错") || len(erp.calls) != 1 {
			t.Errorf("%s %s: got %v after %d calls, want it to speak of %s at once", test.route, test.code, err, len(erp.calls), test.text)
		}
	}
}

func TestCall_waits_as_long_as_each_limit_needs(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][2]time.Duration{"199": {time.Second, time.Second}, "200": {time.Second, 61 * time.Second}} {
		erp := serve(t, says(failure(jst.Old, code, ""), page(jst.Old, "")))
		held := &pacer{}
		given := deps(nil)
		given.Pacer = held
		conn := connection(jst.Old, erp.URL)
		conn.HTTP.ThrottleWait = 0
		made, err := jst.NewSaleout(conn, jst.SaleoutFilter{}, given)
		if err != nil {
			t.Fatal(err)
		}
		if err := fetch(t, made); err != nil || held.held < want[0] || held.held > want[1] {
			t.Errorf("%s: got %s and %v, want %s to %s", code, held.held, err, want[0], want[1])
		}
	}
}

func TestCall_takes_over_the_platforms_clock_once(t *testing.T) { // fault 20
	t.Parallel()
	for _, test := range []struct {
		route jst.Route
		body  string
	}{
		{jst.Open, failure(jst.Open, "140", "timestamp 已过期")}, {jst.Old, failure(jst.Old, "180", "ts")}, {jst.Open, failure(jst.Open, "180", "")},
		{jst.Old, failure(jst.Old, "140", "无效的时间戳")}, {jst.Qimen, failure(jst.Qimen, "31", "")}, {jst.Qimen, `{"error_response":{"code":30,"msg":"x"}}`},
	} {
		erp := serve(t, says(test.body, page(test.route, "")))
		erp.date = func() time.Time { return time.Now().Add(11 * time.Minute) }
		if _, err := saleout(t, connection(test.route, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, "")); err != nil || len(erp.calls) != 2 {
			t.Errorf("%s %s: got %v after %d calls, want success at the second", test.route, test.body, err, len(erp.calls))
		}
		erp.answer = says(test.body)
		erp.calls = nil
		_, err := saleout(t, connection(test.route, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
		if err == nil || !strings.Contains(err.Error(), "clock") || !strings.Contains(err.Error(), "behind the platform's") || len(erp.calls) != 2 {
			t.Errorf("%s %s: got %v after %d calls, want one more try and then the clock named", test.route, test.body, err, len(erp.calls))
		}
	}
}

// pacer keeps the longest hold and waits for nothing.
type pacer struct {
	held time.Duration
}

func (p *pacer) Wait(ctx context.Context) (time.Duration, error) { return 0, ctx.Err() }

func (p *pacer) Hold(d time.Duration) { p.held = max(p.held, d) }

func TestCheck_says_what_is_wrong(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		erp := serve(t, says(page(route, "")))
		if health := saleout(t, connection(route, erp.URL), jst.SaleoutFilter{}).Check(t.Context()); !health.OK() || len(erp.calls) != 1 {
			t.Errorf("%s: got %v after %d calls, want health at once", route, health.Problems, len(erp.calls))
		}
		erp = serve(t, says(failure(route, "110", "IP 1.2.3.4 不在白名单")))
		health := saleout(t, connection(route, erp.URL), jst.SaleoutFilter{}).Check(t.Context())
		if health.OK() || !strings.Contains(health.Problems[0], "1.2.3.4") {
			t.Errorf("%s: got %v, want the address", route, health.Problems)
		}
	}
	erp := serve(t, says(failure(jst.Open, "200", "调用频次超过限制")))
	conn := connection(jst.Open, erp.URL)
	conn.HTTP.ThrottleWait = time.Minute
	began := time.Now()
	if health := saleout(t, conn, jst.SaleoutFilter{}).Check(t.Context()); health.OK() || time.Since(began) > 10*time.Second || len(erp.calls) != 1 {
		t.Errorf("got %v after %s, want it to say that it is throttled at once", health.Problems, time.Since(began))
	}
}

func TestCheck_knows_rows_without_ts_before_the_first_run(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(page(jst.Qimen, "", `{"io_id":1}`)))
	conn := connection(jst.Qimen, erp.URL)
	if health := saleout(t, conn, jst.SaleoutFilter{}).Check(t.Context()); health.OK() || !strings.Contains(health.Problems[0], "set paging: window") {
		t.Errorf("got %v, want the advice", health.Problems)
	}
	conn.Paging = jst.ByPage
	if health := saleout(t, conn, jst.SaleoutFilter{}).Check(t.Context()); !health.OK() {
		t.Errorf("got %v, want health", health.Problems)
	}
}

func TestNewSaleout_names_what_is_missing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		conn   jst.Connection
		filter jst.SaleoutFilter
		want   []string
	}{
		{jst.Connection{}, jst.SaleoutFilter{}, []string{"app_key is missing", "app_secret is missing", "vault"}},
		{jst.Connection{Auth: jst.Refresh, BaseURL: "x", AuthURL: "y?z"}, jst.SaleoutFilter{}, []string{"access_token and refresh_token are missing", "url is not", "auth_url is not"}},
		{jst.Connection{AccessToken: "a"}, jst.SaleoutFilter{}, []string{"are for auth refresh"}},
		{jst.Connection{Auth: "oauth"}, jst.SaleoutFilter{}, []string{`auth "oauth" is none of`}},
		{jst.Connection{HTTP: erphttp.Settings{CallsPerMinute: 301}}, jst.SaleoutFilter{}, []string{"5 calls a second"}},
		{jst.Connection{Route: jst.Old}, jst.SaleoutFilter{}, []string{"partner_id is missing", "partner_key is missing", "token is missing"}},
		{jst.Connection{Route: jst.Qimen, SignMethod: "sha1"}, jst.SaleoutFilter{}, []string{"app_key is missing", "customer_id is missing", "sha1"}},
		{jst.Connection{Route: "ftp"}, jst.SaleoutFilter{}, []string{`route "ftp" is none of open, old, qimen`}},
		{connection(jst.Old, "http://x"), jst.SaleoutFilter{Status: "confirmed", ShopID: 1, IsOfflineShop: true, DateType: 1, WmsCoID: -1},
			[]string{`status "confirmed" is none of`, "is_offline_shop cannot be used together", "date_type 1", "wms_co_id -1"}},
		{connection(jst.Qimen, "http://x"), jst.SaleoutFilter{IsOfflineShop: true}, []string{"is_offline_shop is not known on route qimen"}},
		{jst.Connection{Route: jst.Old, Paging: "next", PageSize: 51, MaxSpan: 8 * 24 * time.Hour}, jst.SaleoutFilter{},
			[]string{`paging "next" is none of`, "page_size 51", "max_span 192h0m0s"}},
		{jst.Connection{Route: jst.Old, PageSize: 1}, jst.SaleoutFilter{}, []string{"page_size 1 is not within 2 to 50"}},
	} {
		_, err := jst.NewSaleout(test.conn, test.filter, jst.Deps{})
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s in it", err, want)
			}
		}
	}
	for _, route := range routes() {
		if _, err := jst.NewSaleout(connection(route, ""), jst.SaleoutFilter{}, deps(&vault.Memory{})); err != nil {
			t.Errorf("%s: got %v for a good one with the production address", route, err)
		}
	}
}
