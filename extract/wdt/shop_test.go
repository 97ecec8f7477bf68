package wdt_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/extract/wdt"
	"pandian/internal/erphttp"
)

func shop(t *testing.T, conn wdt.Connection, filter wdt.ShopFilter, disabled bool) *wdt.Shop {
	t.Helper()
	source, err := wdt.NewShop(conn, filter, disabled, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestShop_reads_both_routes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		route                wdt.Route
		file, path, envelope string
	}{
		{wdt.OpenAPI2, "openapi2_shop_page0.json", "POST /openapi2/shop.php", `{"code":0,"message":""}`},
		{wdt.Qimen, "qimen_shop_page0.json", "POST /openapi2/",
			`{"response":{"flag":"success","errorcode":0,"message":"","request_id":"abc"}}`},
	} {
		t.Run(string(test.route), func(t *testing.T) {
			t.Parallel()
			erp := serve(t, ok(golden(t, test.file)))
			source := shop(t, connection(test.route, erp.URL+"/openapi2/"), wdt.ShopFilter{Platform: "127", ShopNo: "店8"}, true)
			response, err := source.Fetch(t.Context(), extract.Request{Page: 2})
			if err != nil {
				t.Fatal(err)
			}
			records := readAll(t, response)
			if len(records) != 2 || !strings.Contains(golden(t, test.file), records[0]+","+records[1]) {
				t.Errorf("got %q, want the two records as received", records)
			}
			envelope := response.Envelope()
			if got := string(envelope.JSON); got != test.envelope {
				t.Errorf("got envelope %s, want %s", got, test.envelope)
			}
			want := `{"is_disabled":"1","method":"wdt.shop.query","page_no":"2","page_size":"100","platform":"127","route":"` +
				string(test.route) + `","shop_no":"店8"}`
			if got := string(envelope.Request); got != want {
				t.Errorf("got request %s, want %s", got, want)
			}
			if erp.paths[0] != test.path {
				t.Errorf("got %s, want %s", erp.paths[0], test.path)
			}
		})
	}
}

func TestShop_reads_an_answer_without_a_list_as_empty_and_counts_nothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":0,"message":""}`,
		`{"code":0,"message":"","shoplist":[]}`,
		`{"code":0,"message":"","total_count":"7","shoplist":null}`,
		`{"response":{"flag":"success","errorcode":0,"total_count":7}}`,
	} {
		erp := serve(t, ok(body))
		response, err := shop(t, connection(wdt.OpenAPI2, erp.URL), wdt.ShopFilter{}, false).Fetch(t.Context(), extract.Request{})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if records := readAll(t, response); len(records) != 0 || response.Envelope().Total != nil {
			t.Errorf("%s: got %q and total %v, want neither", body, records, response.Envelope().Total)
		}
	}
}

// T2 and W2: what is sent, at the vectors' time, has the vectors' signature. The
// vectors do not know is_disabled.
func TestShop_sends_what_the_vectors_sign(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(golden(t, "qimen_shop_page0.json")), ok(golden(t, "openapi2_shop_page0.json")))
	conn := connection(wdt.Qimen, erp.URL)
	if _, err := shop(t, conn, wdt.ShopFilter{}, false).Fetch(t.Context(), extract.Request{}); err != nil {
		t.Fatal(err)
	}
	conn.Route, conn.AppKey = wdt.OpenAPI2, "test2-ot"
	if _, err := shop(t, conn, wdt.ShopFilter{ShopNo: "api_test"}, false).Fetch(t.Context(), extract.Request{}); err != nil {
		t.Fatal(err)
	}
	for i, asked := range erp.asked {
		if got := asked.Get("is_disabled"); got != "0" {
			t.Errorf("call %d: got is_disabled %q, want 0", i, got)
		}
		asked.Del("is_disabled")
	}
	overGateway, direct := flat(erp.asked[0]), flat(erp.asked[1])
	overGateway["timestamp"], direct["timestamp"] = "2024-03-01 08:00:00", "1709251200"
	if got, want := qimen.Sign(qimen.MD5, "testsecret", overGateway), "55E85B73322A8CB4682EB216A7FD761C"; got != want {
		t.Errorf("got %s for %v, want that of T2, %s", got, overGateway, want)
	}
	if got, want := wdt.SignOpenAPI2("testsecret", direct), "a7a503458b46eb7e9afd1ef4aafcbde6"; got != want {
		t.Errorf("got %s for %v, want that of W2, %s", got, direct, want)
	}
}

func TestShop_Spec(t *testing.T) {
	t.Parallel()
	for disabled, dataset := range map[bool]string{false: "wdt.shop", true: "wdt.shop.disabled"} {
		got := shop(t, connection(wdt.Qimen, ""), wdt.ShopFilter{}, disabled).Spec()
		if want := (extract.Spec{Dataset: dataset, Kind: extract.Snapshot, PageSize: 100}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestShop_takes_no_window(t *testing.T) {
	t.Parallel()
	source := shop(t, connection(wdt.OpenAPI2, "http://localhost:1"), wdt.ShopFilter{}, false)
	now := time.Now()
	for _, req := range []extract.Request{{Window: extract.Window{From: now, To: now}}, {Page: -1}} {
		if _, err := source.Fetch(t.Context(), req); err == nil || erphttp.AsError(err) != nil {
			t.Errorf("%+v: got %v, want a refusal before any call", req, err)
		}
	}
}

func TestShop_Check_asks_for_one_shop(t *testing.T) {
	t.Parallel()
	erp := serve(t, ok(golden(t, "openapi2_shop_page0.json")), ok(`{"code":2030,"message":"sid is not exist"}`))
	source := shop(t, connection(wdt.OpenAPI2, erp.URL), wdt.ShopFilter{ShopNo: "A"}, true)
	if health := source.Check(t.Context()); !health.OK() {
		t.Errorf("got %+v, want no problem", health)
	}
	asked := flat(erp.asked[0])
	for name, want := range map[string]string{"page_size": "1", "is_disabled": "1", "shop_no": "", "start_time": "", "end_time": ""} {
		if asked[name] != want {
			t.Errorf("got %s %q, want %q", name, asked[name], want)
		}
	}
	if health := source.Check(t.Context()); len(health.Problems) != 1 || !strings.Contains(health.Problems[0], "wdt.shop.query") {
		t.Errorf("got %+v, want the refusal of wdt.shop.query", health)
	}
}

func TestNewShop_says_what_is_missing(t *testing.T) {
	t.Parallel()
	conn := connection(wdt.OpenAPI2, "")
	conn.SID = ""
	if _, err := wdt.NewShop(conn, wdt.ShopFilter{}, false, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), "sid") {
		t.Errorf("got %v, want sid in it", err)
	}
}

// Shops bring credentials of their own along, which no setting knows.
func TestShop_shows_no_credential_of_a_shop(t *testing.T) {
	t.Parallel()
	const record = `{"shop_id":"8","app_key":"CANARY","refresh_token":"CANARY","sh_secret":"CANARY"}`
	for _, bad := range []string{
		`{"code":0,"shoplist":[` + record,
		`{"code":0,"shoplist":{"0":` + record + `}}`,
		`{"shoplist":[` + record + `]}`,
		`{"code":0,"shoplist":[` + record + `]} and more`,
		`{"code":2100,"message":"app auth fail","shoplist":[` + record + `]}`,
		`<html>` + record + `</html>`,
	} {
		erp := serve(t, ok(bad))
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		source, err := wdt.NewShop(connection(wdt.OpenAPI2, erp.URL), wdt.ShopFilter{}, false, erphttp.Deps{Log: log})
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Fetch(t.Context(), extract.Request{})
		if err == nil || strings.Contains(err.Error()+logged.String(), "CANARY") {
			t.Errorf("%s: got %v and log %s, want an error without what the record says", bad, err, &logged)
		}
	}
	erp := serve(t, ok(`{"code":0,"shoplist":[{"sh_secret":"CANARY`+"\xc4"+`"},`+record+`]}`))
	response, err := shop(t, connection(wdt.OpenAPI2, erp.URL), wdt.ShopFilter{}, false).Fetch(t.Context(), extract.Request{})
	if err != nil {
		t.Fatal(err)
	}
	refused, err := response.Next()
	if err != nil || refused.Field != "sh_secret" || strings.Contains(refused.Problem, "CANARY") {
		t.Errorf("got problem %q of %s and %v, want one without the value", refused.Problem, refused.Field, err)
	}
	if text := string(response.Envelope().JSON); strings.Contains(text, "CANARY") {
		t.Errorf("got envelope %s, want none of the record in it", text)
	}
}
