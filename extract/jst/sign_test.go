package jst_test

import (
	"maps"
	"testing"

	"pandian/extract/jst"
	"pandian/extract/qimen"
)

// O1 and O2 are published, O3 is of a public test suite, O4 to O9 are derived.
func TestSignOpen_vectors(t *testing.T) {
	t.Parallel()
	const documented = "e9c5ca33fecb404b8e6cdbd0ef4a6d25"
	simulated := func(biz string) map[string]string {
		return map[string]string{
			"access_token": "simtoken0001", "app_key": "simapp0001", "biz": biz, "charset": "utf-8",
			"timestamp": "1700000000", "version": "2", "sign": "left out", "empty": "",
		}
	}
	for _, test := range []struct {
		name, secret string
		params       map[string]string
		want         string
	}{
		{"O1", documented, map[string]string{
			"app_key": "5b53060f23d84ddf9703056e84fa5a2d", "charset": "utf-8", "code": "123456", "grant_type": "authorization_code", "timestamp": "1639128407",
		}, "05e3a51e19e0883afd1882ccd309e0b9"},
		{"O2", documented, map[string]string{
			"access_token": "d7b01bf0842a4742a9450e21ffd95f60", "app_key": "5b53060f23d84ddf9703056e84fa5a2d",
			"biz": `{"page_index":"1","page_size":"100","nicks":["老板"]}`, "charset": "utf-8", "timestamp": "1639128407", "version": "2",
		}, "395f5a78b446be465ac03a02491296c7"},
		{"O3", "secret", map[string]string{"app_key": "app", "charset": "utf-8", "timestamp": "100"}, "706427ca94e342781ac36d501151cb10"},
		{"O4", "simsecret0001", simulated(`{"status":"Confirmed","modified_begin":"2023-11-14 00:00:00","modified_end":"2023-11-15 00:00:00","page_index":1,"page_size":50}`), "95854e51fd1fcfe644bb2beaa3f7d782"},
		{"O5", "simsecret0001", simulated(`{"start_ts":1,"is_get_total":false,"page_index":1,"page_size":50}`), "10690d8d35080e724acbc60f216ac05a"},
		{"O6", "simsecret0001", simulated(`{}`), "173e54f79da9211c1bb9288c9c174ae4"},
		{"O7", "simsecret0001", simulated(`{"so_ids":["测试单号-1"]}`), "65c330d4e841b42f7021765dc5755d56"},
		{"O8", "simsecret0001", simulated(`{"so_ids":["\u6d4b\u8bd5\u5355\u53f7-1"]}`), "387bcb17821329270b241d1396e369d7"},
		{"O9", "simsecret0001", map[string]string{
			"app_key": "simapp0001", "charset": "utf-8", "grant_type": "refresh_token", "refresh_token": "simrefresh0001", "scope": "all", "timestamp": "1700000000",
		}, "d0bf06c4b2f5b08581a2db0a20ccd26a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := jst.SignOpen(test.secret, test.params); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// L1 is the vendor's example, L2 a push that the vendor signs, L3 to L5 are derived.
func TestSignOld_vectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, partner, key string
		pairs                      []jst.Pair
		want                       string
	}{
		{"L1", "shops.query", "ywv5jGT8ge6Pvlq3FZSPol345asd", "ywv5jGT8ge6Pvlq3FZSPol2323",
			[]jst.Pair{{"token", "181ee8952a88f5a57db52587472c3798"}, {"ts", "1540370062"}}, "aebf9d0146764d578d9c86e3b7783204"},
		{"L2", "cancel.order", "erp", "erp",
			[]jst.Pair{{"ts", "1547048796"}, {"type", "cancelOrder"}}, "6be7466d0b6a89b9c12cf04a2a1e356c"},
		{"L3", "orders.out.simple.query", "simpartner", "simpartnerkey",
			[]jst.Pair{{"method", "left out"}, {"token", "simtoken"}, {"sign", "left out"}, {"ts", "1700000000"}}, "d13247ea711f8877ee56e79fc84911a3"},
		{"L4", "orders.out.simple.query", "simpartner", "simpartnerkey",
			[]jst.Pair{{"token", "simtoken"}, {"ts", "1700000001"}}, "2b4f42d072648c037faf7be4ce430712"},
		{"L5", "refresh.token", "simpartner", "simpartnerkey",
			[]jst.Pair{{"token", "simtoken"}, {"ts", "1700000000"}}, "3a6996c2baf564e8fe10cdb798f1dca3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := jst.SignOld(test.method, test.partner, test.key, test.pairs); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Q1 is TOP's own example, Q2 to Q10 are derived.
func TestQimenSign_vectors(t *testing.T) {
	t.Parallel()
	system := func(more map[string]string) map[string]string {
		params := map[string]string{
			"app_key": "10000001", "customer_id": "10000009", "format": "json", "method": "jushuitan.saleout.list.query",
			"page_index": "1", "page_size": "50", "target_app_key": "23060081", "timestamp": "2023-11-15 06:13:20", "v": "2.0", "session": "",
		}
		maps.Copy(params, more)
		return params
	}
	window := map[string]string{"start_time": "2023-11-14 00:00:00", "end_time": "2023-11-15 00:00:00", "status": "Confirmed"}
	cursor := map[string]string{"is_get_total": "false", "start_ts": "1"}
	numbers := map[string]string{"so_ids": "111,222,测试3"}
	for _, test := range []struct {
		name   string
		method qimen.SignMethod
		params map[string]string
		want   string
	}{
		{"Q2", qimen.MD5, window, "4022E97FFD23047061D07EFBBFF3139A"},
		{"Q3", qimen.MD5, cursor, "27BB1BBEA31AF003F84FDA3CE3FED081"},
		{"Q4", qimen.MD5, numbers, "924B4CC641DE8D292BD19F203598500D"},
		{"Q5", qimen.HMAC, window, "BEE172E6A005360776A03F8B09BBCDA6"},
		{"Q6", qimen.HMAC, cursor, "DCFA4FC45CD52D393243A9B64F3C7A9B"},
		{"Q7", qimen.HMAC, numbers, "AF9B5B61C91881D18A6624ABE2838FB7"},
		{"Q8", qimen.HMACSHA256, window, "DA4D65C947546ADCED89F02458053D3DBC133E84D2C9FC1855C666BA98689B4F"},
		{"Q9", qimen.HMACSHA256, cursor, "982304B07E8F8BF84A9508199AEB889090038D222825EB1BE5E79799F37BA74E"},
		{"Q10", qimen.HMACSHA256, numbers, "9E083CBEDC8BC23D7C1336D8260F03C8D8E8318E424CF6F418F8492802AAB788"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			params := system(test.params)
			params["sign_method"] = string(test.method)
			if got := qimen.Sign(test.method, "simtopsecret", params); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("Q1", func(t *testing.T) {
		t.Parallel()
		got := qimen.Sign(qimen.MD5, "helloworld", map[string]string{
			"method": "taobao.item.seller.get", "app_key": "12345678", "session": "test", "timestamp": "2016-01-01 12:00:00",
			"format": "json", "v": "2.0", "sign_method": "md5", "fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
		})
		if want := "66987CB115214E59E6EC978214934FB8"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
