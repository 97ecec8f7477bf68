package wdt

import "testing"

func TestTheVectorsOfShopsAndStockoutsAreAccepted(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	r.server.options.Account.TopSecret = "testsecret"
	common := map[string]string{
		"app_key": "12345678", "target_app_key": "21363512", "sid": "test2", "format": "json", "v": "2.0",
		"timestamp": "2024-03-01 08:00:00", "sign_method": "md5",
	}
	window := map[string]string{
		"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 01:00:00", "status": "95", "warehouse_no": "上海仓01",
		"page_no": "0", "page_size": "100",
	}
	for name, params := range map[string]map[string]string{
		"T2": {"method": "wdt.shop.query", "page_no": "0", "page_size": "100", "sign": "55E85B73322A8CB4682EB216A7FD761C"},
		"T3": with(window, map[string]string{
			"method": "wdt.stockout.order.query.trade", "sign": "4A6410A3565F8A9564F019A97765D424",
		}),
	} {
		got := r.decode(r.send("POST", "/router/qm", nil, with(common, params)).Body.Bytes(), "response")
		if got.Flag != "success" {
			t.Errorf("%s: got code %s, want success", name, got.code())
		}
	}
	common = map[string]string{"sid": "test2", "appkey": "test2-ot", "timestamp": "1709251200"}
	shop := with(common, map[string]string{"shop_no": "api_test", "page_no": "0", "page_size": "100"})
	stockout := with(common, window)
	for _, vector := range []struct {
		name, path, sign, code string
		params                 map[string]string
	}{
		{"W2", "shop.php", "a7a503458b46eb7e9afd1ef4aafcbde6", "0", shop},
		{"W3", "stockout_order_query_trade.php", "53175af5b2ddf2cc6dc9cfc1a526e2f8", "0", stockout},
		{"W3 in bytes", "stockout_order_query_trade.php", "6004e29586f662cd944e4d2fbfd29970", "2100", stockout},
	} {
		signed := with(vector.params, map[string]string{"sign": vector.sign})
		got := r.decode(r.send("POST", "/openapi2/"+vector.path, nil, signed).Body.Bytes(), "")
		if got.code() != vector.code {
			t.Errorf("%s: got code %s, want %s", vector.name, got.code(), vector.code)
		}
	}
}
