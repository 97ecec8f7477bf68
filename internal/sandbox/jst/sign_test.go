package jst

import (
	"maps"
	"testing"
)

// with returns base and what more says, in one map.
func with(base, more map[string]string) map[string]string {
	out := maps.Clone(base)
	maps.Copy(out, more)
	return out
}

// simOpen are the system parameters of the derived vectors of the open platform.
var simOpen = map[string]string{
	"app_key": "simapp0001", "access_token": "simtoken0001", "charset": "utf-8", "timestamp": "1700000000", "version": "2",
}

// openVectors are signed requests of the open platform.
var openVectors = []struct {
	name, secret string
	params       map[string]string
	want         string
}{
	{"O1 token call as published", "e9c5ca33fecb404b8e6cdbd0ef4a6d25", map[string]string{
		"app_key": "5b53060f23d84ddf9703056e84fa5a2d", "charset": "utf-8", "code": "123456",
		"grant_type": "authorization_code", "timestamp": "1639128407",
	}, "05e3a51e19e0883afd1882ccd309e0b9"},
	{"O2 query as published", "e9c5ca33fecb404b8e6cdbd0ef4a6d25", map[string]string{
		"access_token": "d7b01bf0842a4742a9450e21ffd95f60", "app_key": "5b53060f23d84ddf9703056e84fa5a2d",
		"biz": `{"page_index":"1","page_size":"100","nicks":["老板"]}`, "charset": "utf-8",
		"timestamp": "1639128407", "version": "2",
	}, "395f5a78b446be465ac03a02491296c7"},
	{"O3 short", "secret", map[string]string{"app_key": "app", "charset": "utf-8", "timestamp": "100"},
		"706427ca94e342781ac36d501151cb10"},
	{"O4 window", "simsecret0001", with(simOpen, map[string]string{
		"biz": `{"status":"Confirmed","modified_begin":"2023-11-14 00:00:00","modified_end":"2023-11-15 00:00:00","page_index":1,"page_size":50}`,
	}), "95854e51fd1fcfe644bb2beaa3f7d782"},
	{"O5 row versions", "simsecret0001", with(simOpen, map[string]string{
		"biz": `{"start_ts":1,"is_get_total":false,"page_index":1,"page_size":50}`,
	}), "10690d8d35080e724acbc60f216ac05a"},
	{"O6 empty biz", "simsecret0001", with(simOpen, map[string]string{"biz": `{}`}), "173e54f79da9211c1bb9288c9c174ae4"},
	{"O7 Chinese as it is", "simsecret0001", with(simOpen, map[string]string{"biz": `{"so_ids":["测试单号-1"]}`}),
		"65c330d4e841b42f7021765dc5755d56"},
	{"O8 Chinese escaped", "simsecret0001", with(simOpen, map[string]string{"biz": `{"so_ids":["\u6d4b\u8bd5\u5355\u53f7-1"]}`}),
		"387bcb17821329270b241d1396e369d7"},
	{"O9 refresh", "simsecret0001", map[string]string{
		"app_key": "simapp0001", "charset": "utf-8", "grant_type": "refresh_token", "refresh_token": "simrefresh0001",
		"scope": "all", "timestamp": "1700000000",
	}, "d0bf06c4b2f5b08581a2db0a20ccd26a"},
}

func TestOpenSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range openVectors {
		params := with(vector.params, map[string]string{"sign": "not signed", "empty": ""})
		if got := openSign(vector.secret, params); got != vector.want {
			t.Errorf("%s: got %s, want %s", vector.name, got, vector.want)
		}
	}
}

// oldVectors are signed requests of the old gateway.
var oldVectors = []struct {
	name, method, partner, key string
	query                      []pair
	want                       string
}{
	{"L1 as published", "shops.query", "ywv5jGT8ge6Pvlq3FZSPol345asd", "ywv5jGT8ge6Pvlq3FZSPol2323",
		[]pair{{"token", "181ee8952a88f5a57db52587472c3798"}, {"ts", "1540370062"}}, "aebf9d0146764d578d9c86e3b7783204"},
	{"L2 push", "cancel.order", "erp", "erp", []pair{{"ts", "1547048796"}, {"type", "cancelOrder"}},
		"6be7466d0b6a89b9c12cf04a2a1e356c"},
	{"L3 query", "orders.out.simple.query", "simpartner", "simpartnerkey",
		[]pair{{"token", "simtoken"}, {"ts", "1700000000"}}, "d13247ea711f8877ee56e79fc84911a3"},
	{"L4 a second later", "orders.out.simple.query", "simpartner", "simpartnerkey",
		[]pair{{"token", "simtoken"}, {"ts", "1700000001"}}, "2b4f42d072648c037faf7be4ce430712"},
	{"L5 refresh", "refresh.token", "simpartner", "simpartnerkey",
		[]pair{{"token", "simtoken"}, {"ts", "1700000000"}}, "3a6996c2baf564e8fe10cdb798f1dca3"},
}

func TestOldSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range oldVectors {
		query := append([]pair{{"method", vector.method}, {"partnerid", vector.partner}}, vector.query...)
		query = append(query, pair{"sign", "not signed"}, pair{"partnerkey", vector.key})
		if got := oldSign(vector.method, vector.partner, vector.key, query); got != vector.want {
			t.Errorf("%s: got %s, want %s", vector.name, got, vector.want)
		}
	}
}

// simQimen are the system parameters of the derived vectors of Qimen.
var simQimen = map[string]string{
	"app_key": "10000001", "customer_id": "10000009", "format": "json", "method": "jushuitan.saleout.list.query",
	"page_index": "1", "page_size": "50", "target_app_key": "23060081", "timestamp": "2023-11-15 06:13:20", "v": "2.0",
}

// qimenVectors are signed requests of Qimen, each in all three sign methods.
var qimenVectors = []struct {
	name   string
	params map[string]string
	want   map[string]string
}{
	{"Q2 Q5 Q8 window", with(simQimen, map[string]string{
		"start_time": "2023-11-14 00:00:00", "end_time": "2023-11-15 00:00:00", "status": "Confirmed",
	}), map[string]string{
		"md5": "4022E97FFD23047061D07EFBBFF3139A", "hmac": "BEE172E6A005360776A03F8B09BBCDA6",
		"hmac-sha256": "DA4D65C947546ADCED89F02458053D3DBC133E84D2C9FC1855C666BA98689B4F",
	}},
	{"Q3 Q6 Q9 row versions", with(simQimen, map[string]string{"start_ts": "1", "is_get_total": "false"}), map[string]string{
		"md5": "27BB1BBEA31AF003F84FDA3CE3FED081", "hmac": "DCFA4FC45CD52D393243A9B64F3C7A9B",
		"hmac-sha256": "982304B07E8F8BF84A9508199AEB889090038D222825EB1BE5E79799F37BA74E",
	}},
	{"Q4 Q7 Q10 numbers", with(simQimen, map[string]string{"so_ids": "111,222,测试3"}), map[string]string{
		"md5": "924B4CC641DE8D292BD19F203598500D", "hmac": "AF9B5B61C91881D18A6624ABE2838FB7",
		"hmac-sha256": "9E083CBEDC8BC23D7C1336D8260F03C8D8E8318E424CF6F418F8492802AAB788",
	}},
}

func TestTopSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	published := map[string]string{
		"method": "taobao.item.seller.get", "app_key": "12345678", "session": "test", "format": "json", "v": "2.0",
		"timestamp": "2016-01-01 12:00:00", "sign_method": "md5", "fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
	}
	if got, ok := topSign("md5", "helloworld", published); !ok || got != "66987CB115214E59E6EC978214934FB8" {
		t.Errorf("Q1 as published: got %s", got)
	}
	for _, vector := range qimenVectors {
		for method, want := range vector.want {
			params := with(vector.params, map[string]string{"sign_method": method, "sign": "not signed", "session": ""})
			if got, ok := topSign(method, "simtopsecret", params); !ok || got != want {
				t.Errorf("%s %s: got %s, want %s", vector.name, method, got, want)
			}
		}
	}
	if _, ok := topSign("sha1", "simtopsecret", simQimen); ok {
		t.Error("sign method sha1 is known")
	}
}
