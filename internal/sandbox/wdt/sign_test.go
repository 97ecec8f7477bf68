package wdt

import (
	"maps"
	"strings"
	"testing"
)

// with returns base and what more says, in one map.
func with(base, more map[string]string) map[string]string {
	out := maps.Clone(base)
	maps.Copy(out, more)
	return out
}

func TestTopSignMatchesThePublishedVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct {
		name, method, secret string
		params               map[string]string
		want                 string
	}{
		{"T0 example of the TOP guide", "md5", "helloworld", map[string]string{
			"method": "taobao.item.seller.get", "app_key": "12345678", "session": "test",
			"timestamp": "2016-01-01 12:00:00", "format": "json", "v": "2.0", "sign_method": "md5",
			"fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
		}, "66987CB115214E59E6EC978214934FB8"},
		{"H0 RFC 2202 case 1", "hmac", strings.Repeat("\x0b", 16), map[string]string{"Hi": " There"},
			"9294727A3638BB1C13F48EF8158BFC9D"},
		{"H1 RFC 4231 case 1", "hmac-sha256", strings.Repeat("\x0b", 20), map[string]string{"Hi": " There"},
			"B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7"},
	} {
		t.Run(vector.name, func(t *testing.T) {
			t.Parallel()
			got, ok := topSign(vector.method, vector.secret, vector.params)
			if !ok || got != vector.want {
				t.Errorf("sign: got %s (%v), want %s", got, ok, vector.want)
			}
		})
	}
}

func TestTopSignMatchesTheDerivedVectors(t *testing.T) {
	t.Parallel()
	common := map[string]string{
		"app_key": "12345678", "target_app_key": "21363512", "sid": "test2", "format": "json", "v": "2.0",
		"timestamp": "2024-03-01 08:00:00",
	}
	for _, vector := range []struct {
		name   string
		params map[string]string
		want   map[string]string
	}{
		{"T1 stock", map[string]string{
			"method": "wdt.stock.query", "start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59",
			"page_no": "0", "page_size": "40",
		}, map[string]string{
			"md5": "CEE93B666203F9E704A908F81A9409CC", "hmac": "E6C330911112264EF4F7E3F2156DEBF8",
			"hmac-sha256": "A86173E98ADA422E4E4C6AB9594CC75CCBFF17C9EBBFB63AAD061B5989FA7E0B",
		}},
		{"T2 shop, an empty value changes nothing", map[string]string{
			"method": "wdt.shop.query", "page_no": "0", "page_size": "100", "shop_no": "",
		}, map[string]string{
			"md5": "55E85B73322A8CB4682EB216A7FD761C", "hmac": "CF530FCB7439DD4883352494A40BD4A8",
			"hmac-sha256": "83A3FC0395A121DC598BB3642536209765E1B76D5E1519E4E4B87ECA903B0016",
		}},
		{"T3 stockout, Chinese value", map[string]string{
			"method": "wdt.stockout.order.query.trade", "start_time": "2024-02-29 00:00:00",
			"end_time": "2024-02-29 01:00:00", "status": "95", "warehouse_no": "上海仓01", "page_no": "0", "page_size": "100",
		}, map[string]string{
			"md5": "4A6410A3565F8A9564F019A97765D424", "hmac": "729279FCD81CB9D5F03F3D127C264A0E",
			"hmac-sha256": "C13ADDC200B4253A8350AF9A25C14F717D753553283BA33F949198ADCCA4E297",
		}},
	} {
		for method, want := range vector.want {
			t.Run(vector.name+" "+method, func(t *testing.T) {
				t.Parallel()
				params := with(with(common, vector.params), map[string]string{"sign_method": method, "sign": "not signed"})
				if got, _ := topSign(method, "testsecret", params); got != want {
					t.Errorf("sign: got %s, want %s", got, want)
				}
			})
		}
	}
}

func TestOpenSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	common := map[string]string{"sid": "test2", "appkey": "test2-ot", "timestamp": "1709251200"}
	for _, vector := range []struct {
		name, secret string
		params       map[string]string
		want         string
	}{
		{"W0 example of the vendor's guide", "12345", map[string]string{
			"appkey": "test2-xx", "page_no": "0", "end_time": "2016-08-01 13:00:00",
			"start_time": "2016-08-01 12:00:00", "page_size": "40", "sid": "test2", "timestamp": "1470042310",
		}, "ad4e6fe037ea6e3ba4768317be9d1309"},
		{"W1 stock", "testsecret", with(common, map[string]string{
			"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59", "page_no": "0", "page_size": "40",
		}), "1ed36024cede4c3842333bbc3820ae65"},
		{"W2 shop", "testsecret", with(common, map[string]string{
			"shop_no": "api_test", "page_no": "0", "page_size": "100",
		}), "a7a503458b46eb7e9afd1ef4aafcbde6"},
		{"W3 Chinese value counted in characters", "testsecret", with(common, map[string]string{
			"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 01:00:00", "status": "95",
			"warehouse_no": "上海仓01", "page_no": "0", "page_size": "100",
		}), "53175af5b2ddf2cc6dc9cfc1a526e2f8"},
		{"W4 value longer than four digits can say", "testsecret", with(common, map[string]string{
			"spec_no": strings.Repeat("A", 10000),
		}), "12c922526c89fdf8fa242876dc25b487"},
	} {
		t.Run(vector.name, func(t *testing.T) {
			t.Parallel()
			vector.params["sign"] = "not signed"
			if got := openSign(vector.secret, vector.params); got != vector.want {
				t.Errorf("sign: got %s, want %s", got, vector.want)
			}
		})
	}
}
