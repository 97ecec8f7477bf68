package jst_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/jst"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

func flat(form map[string][]string) map[string]string {
	params := map[string]string{}
	for name, values := range form {
		params[name] = values[0]
	}
	return params
}

func TestFetch_sends_what_the_open_platform_expects(t *testing.T) {
	t.Parallel()
	for paging, want := range map[jst.Paging]string{
		// biz of vector O4
		jst.ByPage:     `{"status":"Confirmed","modified_begin":"2023-11-14 00:00:00","modified_end":"2023-11-15 00:00:00","page_index":1,"page_size":50}`,
		jst.RowVersion: `{"status":"Confirmed","modified_begin":"2023-11-14 00:00:00","modified_end":"2023-11-15 00:00:00","start_ts":1,"is_get_total":false,"page_index":1,"page_size":50}`,
	} {
		erp := serve(t, says(page(jst.Open, "")))
		conn := connection(jst.Open, erp.URL)
		conn.Paging = paging
		if _, err := saleout(t, conn, jst.SaleoutFilter{Status: "Confirmed"}).Fetch(t.Context(), aDay(1, "")); err != nil {
			t.Fatal(err)
		}
		call := erp.calls[0]
		got := flat(call.form)
		if got["sign"] != jst.SignOpen("canary-secret", got) {
			t.Errorf("got sign %s, want that of what was sent", got["sign"])
		}
		for name, want := range map[string]string{
			"app_key": "simapp0001", "access_token": "canary-access", "version": "2", "charset": "utf-8", "biz": want,
		} {
			if got[name] != want {
				t.Errorf("got %s %s, want %s", name, got[name], want)
			}
		}
		seconds, err := strconv.ParseInt(got["timestamp"], 10, 64)
		if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
			t.Errorf("got timestamp %q, want Unix seconds now", got["timestamp"])
		}
		if len(got) != 7 || len(call.query) != 0 || call.path != "POST /open/orders/out/simple/query" {
			t.Errorf("got %s with %d fields and query %v, want 7 and no query", call.path, len(got), call.query)
		}
	}
}

func TestFetch_sends_what_the_old_gateway_expects(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(page(jst.Old, "")))
	source := saleout(t, connection(jst.Old, erp.URL+"/api/open/query.aspx"), jst.SaleoutFilter{})
	if _, err := source.Fetch(t.Context(), aDay(3, "77")); err != nil {
		t.Fatal(err)
	}
	call := erp.calls[0]
	want := `{"modified_begin":"2023-11-14 00:00:00","modified_end":"2023-11-15 00:00:00","start_ts":77,"is_get_total":false,"page_index":1,"page_size":50}`
	if call.path != "POST /api/open/query.aspx" || call.body != want {
		t.Errorf("got  %s %s\nwant %s", call.path, call.body, want)
	}
	query := flat(call.query)
	sign := jst.SignOld(query["method"], query["partnerid"], "canary-partnerkey", []jst.Pair{{"token", query["token"]}, {"ts", query["ts"]}})
	if query["method"] != "orders.out.simple.query" || query["partnerid"] != "simpartner" || query["token"] != "canary-token" || query["sign"] != sign || len(query) != 5 {
		t.Errorf("got query %v, want the system parameters with sign %s", query, sign)
	}
}

func TestFetch_sends_what_qimen_expects(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"", "md5", "hmac", "hmac-sha256"} {
		erp := serve(t, says(page(jst.Qimen, "")))
		conn := connection(jst.Qimen, erp.URL+"/router/qm")
		conn.SignMethod = method
		if _, err := saleout(t, conn, jst.SaleoutFilter{Archive: true}).Fetch(t.Context(), aDay(1, "")); err != nil {
			t.Fatal(err)
		}
		call := erp.calls[0]
		got := flat(call.query)
		maps.Copy(got, flat(call.form))
		parsed, _ := qimen.ParseSignMethod(method)
		if want := qimen.Sign(parsed, "canary-topsecret", got); got["sign"] != want {
			t.Errorf("%s: got sign %s, want %s", method, got["sign"], want)
		}
		for name, want := range map[string]string{
			"method": "jushuitan.saleout.list.query", "app_key": "10000001", "target_app_key": "23060081", "customer_id": "10000009",
			"format": "json", "v": "2.0", "sign_method": string(parsed), "page_index": "1", "page_size": "50", "archive": "true",
			"start_time": "2023-11-14 00:00:00", "end_time": "2023-11-15 00:00:00", "start_ts": "1", "is_get_total": "false",
		} {
			if got[name] != want {
				t.Errorf("got %s %q, want %q", name, got[name], want)
			}
		}
		at, err := time.ParseInLocation(time.DateTime, got["timestamp"], time.FixedZone("", 8*3600))
		if err != nil || time.Since(at).Abs() > time.Minute || len(got) != 16 {
			t.Errorf("got timestamp %q and %d parameters, want Beijing now and 16", got["timestamp"], len(got))
		}
	}
}

func TestFetch_sends_the_filter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter jst.SaleoutFilter
		want   map[string]string
	}{
		{jst.SaleoutFilter{}, map[string]string{}},
		{
			jst.SaleoutFilter{Status: "Archive", ShopID: 9007199254740993, WmsCoID: 3, OwnerCoID: 4, DateType: 2, Archive: true},
			map[string]string{"status": "Archive", "shop_id": "9007199254740993", "wms_co_id": "3", "owner_co_id": "4", "date_type": "2", "archive": "true"},
		},
		{jst.SaleoutFilter{IsOfflineShop: true}, map[string]string{"shop_id": "0", "is_offline_shop": "true"}},
	} {
		for _, route := range routes() {
			if route == jst.Qimen && test.filter.IsOfflineShop {
				continue
			}
			erp := serve(t, says(page(route, "")))
			if _, err := saleout(t, connection(route, erp.URL), test.filter).Fetch(t.Context(), aDay(1, "")); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"status", "shop_id", "is_offline_shop", "wms_co_id", "owner_co_id", "date_type", "archive"} {
				got, sent := erp.calls[0].biz[name]
				if want, due := test.want[name]; sent != due || sent && fmt.Sprint(got) != want {
					t.Errorf("%s: got %s %v (%t), want %s (%t)", route, name, got, sent, want, due)
				}
			}
		}
	}
}

func TestFetch_describes_the_request_without_secrets(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		erp := serve(t, says(page(route, `"has_next":false,`, row(1, 10))))
		response, err := saleout(t, connection(route, erp.URL), jst.SaleoutFilter{ShopID: 5}).Fetch(t.Context(), aDay(1, ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, response); got != row(1, 10) {
			t.Errorf("got %s, want the row as received", got)
		}
		envelope := response.Envelope()
		var request map[string]string
		if err := json.Unmarshal(envelope.Request, &request); err != nil {
			t.Fatal(err)
		}
		if request["route"] != string(route) || request["shop_id"] != "5" || request["start_ts"] != "1" || request["method"] == "" {
			t.Errorf("got %v, want route, method and business parameters", request)
		}
		if strings.Contains(string(envelope.Request)+string(envelope.JSON), "canary") {
			t.Errorf("got %s %s, want no secret", envelope.Request, envelope.JSON)
		}
	}
}

func TestFetch_by_page_gives_the_total_and_no_cursor(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		for _, test := range []struct {
			more  string
			total int64
			doubt bool
		}{
			{`"data_count":2,"page_count":1,"has_next":false,`, 2, false}, {`"data_count":"2","has_next":"false",`, 2, false},
			{``, -1, false}, {`"data_count":null,`, -1, false},
			{`"data_count":2,"has_next":true,`, 2, true}, {`"data_count":2,"has_next":1,`, 2, true}, {`"data_count":2,"has_next":"true",`, 2, true},
			{`"data_count":2,"has_next":0,`, 2, false},
		} {
			erp := serve(t, says(page(route, test.more, row(1, 10), `{"io_id":2}`)))
			conn := connection(route, erp.URL)
			conn.Paging = jst.ByPage
			source := saleout(t, conn, jst.SaleoutFilter{})
			response, err := source.Fetch(t.Context(), aDay(4, ""))
			if err != nil {
				t.Fatal(err)
			}
			envelope, got := response.Envelope(), int64(-1)
			if envelope.Total != nil {
				got = *envelope.Total
			}
			if got != test.total || (envelope.Doubt != "") != test.doubt || envelope.Next != nil || fmt.Sprint(erp.calls[0].biz["page_index"]) != "4" {
				t.Errorf("%s %s: got total %d, doubt %q; want %d, %t", route, test.more, got, envelope.Doubt, test.total, test.doubt)
			}
			spec := source.Spec()
			if !spec.Backwards || spec.Cursor || spec.FirstPage != 1 || spec.PageSize != 50 || spec.MaxSpan != 7*24*time.Hour {
				t.Errorf("got %+v, want pages of 50 from last to first, windows of 7 days", spec)
			}
		}
	}
}

func TestFetch_strips_control_characters_on_qimen_only(t *testing.T) {
	t.Parallel()
	dirty := "{\"remark\":\"a\x00\x01\x08\x0b\x0c\x0e\x1fb\\n\\u0001\\t仓\",\"ts\":5}"
	erp := serve(t, says(page(jst.Qimen, "", dirty)))
	response, err := saleout(t, connection(jst.Qimen, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := readAll(t, response), `{"remark":"ab\n\u0001\t仓","ts":5}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	erp = serve(t, says(page(jst.Open, "", dirty)))
	response, err = saleout(t, connection(jst.Open, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, response); !strings.Contains(got, "not valid JSON") {
		t.Errorf("got %q, want the record to be rejected with its reason", got)
	}
}

func TestFetch_refuses_what_it_cannot_ask_for(t *testing.T) {
	t.Parallel()
	source := saleout(t, connection(jst.Old, "http://127.0.0.1:1"), jst.SaleoutFilter{})
	wide, back := aDay(1, ""), aDay(1, "")
	wide.Window.To = wide.Window.From.Add(7*24*time.Hour + time.Second)
	back.Window.To = back.Window.From.Add(-time.Second)
	for want, request := range map[string]extract.Request{
		"a window is needed": {Page: 1}, "more than the 168h0m0s allowed": wide, "ends before it begins": back,
		"page 0 is below 1": aDay(0, ""), `the cursor "x" is no row version`: aDay(2, "x"), `the cursor "0" is no`: aDay(2, "0"),
	} {
		if _, err := source.Fetch(t.Context(), request); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestFetch_keeps_secrets_out_of_errors(t *testing.T) { // fault 32
	t.Parallel()
	for _, route := range routes() {
		erp := serve(t, func(_ int, a asked) string {
			echo := map[jst.Route]string{jst.Open: "canary-secret canary-access", jst.Old: "canary-partnerkey canary-token", jst.Qimen: "canary-topsecret"}[route] +
				a.form.Get("access_token") + a.query.Get("token")
			if route == jst.Qimen {
				return `{"response":{"flag":"failure","code":25,"message":"` + echo + `"}}`
			}
			return `{"code":110,"issuccess":false,"msg":"` + echo + `"}`
		})
		_, err := saleout(t, connection(route, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Refused || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "***") {
			t.Errorf("%s: got %v, want a refusal without secrets", route, err)
		}
	}
}
