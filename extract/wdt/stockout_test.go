package wdt_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/extract/wdt"
	"pandian/internal/erphttp"
)

func stockout(t *testing.T, conn wdt.Connection, filter wdt.StockoutFilter, pass wdt.Pass) *wdt.Stockout {
	t.Helper()
	source, err := wdt.NewStockout(conn, filter, pass, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// anHour is the window of vectors T3 and W3.
func anHour() extract.Request {
	from := time.Date(2024, 2, 28, 16, 0, 0, 0, time.UTC)
	return extract.Request{Window: extract.Window{From: from, To: from.Add(time.Hour)}}
}

func TestStockout_reads_both_routes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		route                wdt.Route
		file, path, envelope string
	}{
		{wdt.OpenAPI2, "openapi2_stockout_page0.json", "POST /openapi2/stockout_order_query_trade.php",
			`{"code":0,"message":"","total_count":"1"}`},
		{wdt.Qimen, "qimen_stockout_page0.json", "POST /openapi2/",
			`{"response":{"flag":"success","errorcode":0,"message":"","total_count":1,"request_id":"abc"}}`},
	} {
		t.Run(string(test.route), func(t *testing.T) {
			t.Parallel()
			erp := serve(t, ok(golden(t, test.file)))
			source := stockout(t, connection(test.route, erp.URL+"/openapi2/"), wdt.StockoutFilter{ShopNo: "SHOP08"}, wdt.Cancelled)
			response, err := source.Fetch(t.Context(), anHour())
			if err != nil {
				t.Fatal(err)
			}
			records := readAll(t, response)
			if len(records) != 1 || !strings.Contains(golden(t, test.file), "["+records[0]+"]") || !strings.Contains(records[0], `"position_list":[{`) {
				t.Errorf("got %q, want the document as received, positions included", records)
			}
			envelope := response.Envelope()
			if got := string(envelope.JSON); got != test.envelope || envelope.Total == nil || *envelope.Total != 1 {
				t.Errorf("got envelope %s total %v, want %s total 1", got, envelope.Total, test.envelope)
			}
			want := `{"end_time":"2024-02-29 01:00:00","method":"wdt.stockout.order.query.trade","page_no":"0","page_size":"100","route":"` +
				string(test.route) + `","shop_no":"SHOP08","start_time":"2024-02-29 00:00:00","status":"5"}`
			if got := string(envelope.Request); got != want {
				t.Errorf("got request %s, want %s", got, want)
			}
			if erp.paths[0] != test.path {
				t.Errorf("got %s, want %s", erp.paths[0], test.path)
			}
		})
	}
}

func TestStockout_passes_ask_for_different_things(t *testing.T) {
	t.Parallel()
	all := wdt.StockoutFilter{SrcOrderNo: "JY1", SrcTID: "T-1", StockoutNo: "CK1", ShopNo: "S", WarehouseNo: "W", Status: "95,105"}
	narrowed := map[string]string{"src_order_no": "JY1", "src_tid": "T-1", "stockout_no": "CK1", "shop_no": "S", "warehouse_no": "W"}
	for _, test := range []struct {
		pass   wdt.Pass
		filter wdt.StockoutFilter
		want   map[string]string
	}{
		{wdt.Shipped, wdt.StockoutFilter{}, map[string]string{}},
		{wdt.Shipped, all, with(narrowed, "status", "95,105")},
		{wdt.Modified, wdt.StockoutFilter{}, map[string]string{"is_by_modified": "1"}},
		{wdt.Modified, all, with(narrowed, "is_by_modified", "1")},
		{wdt.Cancelled, wdt.StockoutFilter{}, map[string]string{"status": "5"}},
		{wdt.Cancelled, all, with(narrowed, "status", "5")},
	} {
		erp := serve(t, ok(golden(t, "openapi2_stockout_page0.json")))
		request := anHour()
		request.Page = 3
		if _, err := stockout(t, connection(wdt.OpenAPI2, erp.URL), test.filter, test.pass).Fetch(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		got := flat(erp.asked[0])
		if sign := got["sign"]; sign != wdt.SignOpenAPI2("testsecret", got) {
			t.Errorf("%s: got sign %s, want that of what was sent", test.pass.Dataset(), sign)
		}
		for _, system := range []string{"sid", "appkey", "timestamp", "sign"} {
			delete(got, system)
		}
		want := maps.Clone(test.want)
		want["start_time"], want["end_time"] = "2024-02-29 00:00:00", "2024-02-29 01:00:00"
		want["page_no"], want["page_size"] = "3", "100"
		if !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.pass.Dataset(), got, want)
		}
	}
}

func with(params map[string]string, name, value string) map[string]string {
	more := maps.Clone(params)
	more[name] = value
	return more
}

// T3 and W3: what is sent, at the vectors' time, has the vectors' signature.
func TestStockout_sends_what_the_vectors_sign(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(golden(t, "qimen_stockout_page0.json")), ok(golden(t, "openapi2_stockout_page0.json")))
	filter := wdt.StockoutFilter{Status: "95", WarehouseNo: "上海仓01"}
	conn := connection(wdt.Qimen, erp.URL)
	if _, err := stockout(t, conn, filter, wdt.Shipped).Fetch(t.Context(), anHour()); err != nil {
		t.Fatal(err)
	}
	conn.Route, conn.AppKey = wdt.OpenAPI2, "test2-ot"
	if _, err := stockout(t, conn, filter, wdt.Shipped).Fetch(t.Context(), anHour()); err != nil {
		t.Fatal(err)
	}
	overGateway, direct := flat(erp.asked[0]), flat(erp.asked[1])
	overGateway["timestamp"], direct["timestamp"] = "2024-03-01 08:00:00", "1709251200"
	if got, want := qimen.Sign(qimen.MD5, "testsecret", overGateway), "4A6410A3565F8A9564F019A97765D424"; got != want {
		t.Errorf("got %s for %v, want that of T3, %s", got, overGateway, want)
	}
	if got, want := wdt.SignOpenAPI2("testsecret", direct), "53175af5b2ddf2cc6dc9cfc1a526e2f8"; got != want {
		t.Errorf("got %s for %v, want that of W3, %s", got, direct, want)
	}
}

func TestStockout_counts_by_page_0_alone_and_needs_no_list(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body string
		page int
		want string
	}{
		{`{"code":0,"message":"","total_count":"0"}`, 0, "0"},
		{`{"code":0,"message":"","total_count":0}`, 0, "0"},
		{`{"code":0,"message":"","total_count":17,"stockout_list":[]}`, 0, "17"},
		{`{"response":{"flag":"success","errorcode":0,"total_count":0}}`, 0, "0"},
		{`{"response":{"flag":"success","errorcode":0,"total_count":"3","stockout_list":null}}`, 0, "3"},
		{`{"code":0,"message":"","total_count":-1}`, 0, "none"},
		{`{"code":0,"message":""}`, 0, "none"},
		{`{"code":0,"message":"","total_count":"17"}`, 1, "none"},
		{`{"response":{"flag":"success","errorcode":0,"total_count":0}}`, 2, "none"},
	} {
		erp := serve(t, ok(test.body))
		request := anHour()
		request.Page = test.page
		response, err := stockout(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockoutFilter{}, wdt.Shipped).Fetch(t.Context(), request)
		if err != nil {
			t.Fatalf("%s: %v", test.body, err)
		}
		got := "none"
		if total := response.Envelope().Total; total != nil {
			got = fmt.Sprint(*total)
		}
		if records := readAll(t, response); len(records) != 0 || got != test.want {
			t.Errorf("%s: got %q and total %s, want no record and total %s", test.body, records, got, test.want)
		}
	}
}

// Such a document is larger than the 1 MiB that a record of another dataset may have.
func TestStockout_lets_a_document_of_500_lines_through(t *testing.T) {
	t.Parallel()
	line := `{"rec_id":1,"goods_name":"` + strings.Repeat("货", 1000) + `","position_list":[{"num":"1.0000"}]}`
	record := `{"stockout_id":9001,"details_list":[` + strings.Repeat(line+",", 499) + line + `]}`
	erp := serve(t, ok(`{"code":0,"total_count":1,"stockout_list":[`+record+`]}`))
	response, err := stockout(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockoutFilter{}, wdt.Shipped).Fetch(t.Context(), anHour())
	if err != nil {
		t.Fatal(err)
	}
	got, err := response.Next()
	if err != nil || got.Problem != "" || string(got.Raw) != record {
		t.Errorf("got %d bytes, problem %q and %v; want the %d bytes sent", len(got.Raw), got.Problem, err, len(record))
	}
}

func TestStockout_Spec(t *testing.T) {
	t.Parallel()
	for pass, dataset := range map[wdt.Pass]string{
		wdt.Shipped: "wdt.stockout", wdt.Modified: "wdt.stockout.modified", wdt.Cancelled: "wdt.stockout.cancelled",
	} {
		got := stockout(t, connection(wdt.Qimen, ""), wdt.StockoutFilter{}, pass).Spec()
		want := extract.Spec{Dataset: dataset, Kind: extract.Windowed, MaxSpan: 720 * time.Hour, PageSize: 100, Backwards: true}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestStockout_refuses_windows_that_the_vendor_would(t *testing.T) {
	t.Parallel()
	source := stockout(t, connection(wdt.OpenAPI2, "http://localhost:1"), wdt.StockoutFilter{}, wdt.Modified)
	now := time.Now()
	for _, req := range []extract.Request{
		{},
		{Window: extract.Window{From: now, To: now.Add(-time.Second)}},
		{Window: extract.Window{From: now, To: now.Add(30*24*time.Hour + time.Second)}},
	} {
		_, err := source.Fetch(t.Context(), req)
		if err == nil || erphttp.AsError(err) != nil || !strings.Contains(err.Error(), "wdt.stockout.modified") {
			t.Errorf("%+v: got %v, want a refusal before any call", req, err)
		}
	}
}

func TestStockout_Check_asks_for_one_document_of_its_pass(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(`{"code":0,"total_count":0}`))
	health := stockout(t, connection(wdt.OpenAPI2, erp.URL), wdt.StockoutFilter{ShopNo: "A"}, wdt.Modified).Check(t.Context())
	if !health.OK() {
		t.Errorf("got %+v, want no problem", health)
	}
	asked := erp.asked[0]
	if asked.Get("page_size") != "1" || asked.Get("is_by_modified") != "1" || asked.Has("shop_no") || !asked.Has("start_time") {
		t.Errorf("got %v, want one row of the pass, a window and no filter", asked)
	}
}

func TestNewStockout_refuses_what_cannot_be_asked(t *testing.T) {
	t.Parallel()
	conn := connection(wdt.OpenAPI2, "")
	for _, status := range []string{"shipped", "95,", "95, 105", ","} {
		if _, err := wdt.NewStockout(conn, wdt.StockoutFilter{Status: status}, wdt.Shipped, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), "status") {
			t.Errorf("%q: got %v, want it refused", status, err)
		}
	}
	conn.AppSecret = ""
	if _, err := wdt.NewStockout(conn, wdt.StockoutFilter{}, wdt.Shipped, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), "app_secret") {
		t.Errorf("got %v, want app_secret in it", err)
	}
}

func TestReadEnvelope_of_each_query_names_it(t *testing.T) {
	t.Parallel()
	for dataset, read := range map[string]func([]byte) (*int64, error){
		"wdt.stock": wdt.ReadEnvelope, "wdt.stockout": wdt.ReadStockoutEnvelope, "wdt.shop": wdt.ReadShopEnvelope,
	} {
		_, err := read([]byte(`{"code":100,"message":"时间跨度不能超过30天"}`))
		if err == nil || !strings.HasPrefix(err.Error(), "wdt "+dataset+": ") {
			t.Errorf("got %v, want %s named", err, dataset)
		}
		total, err := read([]byte(`{"code":0,"total_count":"2"}`))
		if counted := dataset != "wdt.shop"; err != nil || (total != nil) != counted {
			t.Errorf("%s: got total %v and %v, want one: %t", dataset, total, err, counted)
		}
	}
}
