package qimen_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"pandian/extract/qimen"
)

// The verified vectors: T0 is the example of TOP's documents, H0 is RFC 2202 case
// 1, H1 is RFC 4231 case 1, both as parameter "Hi" with the value " There".
func TestSign_published_vectors(t *testing.T) {
	t.Parallel()
	document := map[string]string{
		"method": "taobao.item.seller.get", "app_key": "12345678", "session": "test",
		"timestamp": "2016-01-01 12:00:00", "format": "json", "v": "2.0", "sign_method": "md5",
		"fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
	}
	greeting := map[string]string{"Hi": " There"}
	for _, test := range []struct {
		name   string
		method qimen.SignMethod
		secret string
		params map[string]string
		want   string
	}{
		{"T0", qimen.MD5, "helloworld", document, "66987CB115214E59E6EC978214934FB8"},
		{"H0", qimen.HMAC, strings.Repeat("\x0b", 16), greeting, "9294727A3638BB1C13F48EF8158BFC9D"},
		{"H1", qimen.HMACSHA256, strings.Repeat("\x0b", 20), greeting, "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := qimen.Sign(test.method, test.secret, test.params); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func common(more map[string]string) map[string]string {
	params := map[string]string{
		"app_key": "12345678", "target_app_key": "21363512", "sid": "test2",
		"format": "json", "v": "2.0", "timestamp": "2024-03-01 08:00:00",
	}
	maps.Copy(params, more)
	return params
}

func shopQuery() map[string]string {
	return common(map[string]string{"method": "wdt.shop.query", "page_no": "0", "page_size": "100"})
}

func TestSign_derived_vectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		params map[string]string
		want   map[qimen.SignMethod]string
	}{
		{"T1", common(map[string]string{
			"method": "wdt.stock.query", "start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59", "page_no": "0", "page_size": "40",
		}), map[qimen.SignMethod]string{
			qimen.MD5:        "CEE93B666203F9E704A908F81A9409CC",
			qimen.HMAC:       "E6C330911112264EF4F7E3F2156DEBF8",
			qimen.HMACSHA256: "A86173E98ADA422E4E4C6AB9594CC75CCBFF17C9EBBFB63AAD061B5989FA7E0B",
		}},
		{"T2", shopQuery(), map[qimen.SignMethod]string{
			qimen.MD5:        "55E85B73322A8CB4682EB216A7FD761C",
			qimen.HMAC:       "CF530FCB7439DD4883352494A40BD4A8",
			qimen.HMACSHA256: "83A3FC0395A121DC598BB3642536209765E1B76D5E1519E4E4B87ECA903B0016",
		}},
		{"T3", common(map[string]string{
			"method": "wdt.stockout.order.query.trade", "start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 01:00:00",
			"status": "95", "warehouse_no": "上海仓01", "page_no": "0", "page_size": "100",
		}), map[qimen.SignMethod]string{
			qimen.MD5:        "4A6410A3565F8A9564F019A97765D424",
			qimen.HMAC:       "729279FCD81CB9D5F03F3D127C264A0E",
			qimen.HMACSHA256: "C13ADDC200B4253A8350AF9A25C14F717D753553283BA33F949198ADCCA4E297",
		}},
	} {
		for method, want := range test.want {
			t.Run(test.name+" "+string(method), func(t *testing.T) {
				t.Parallel()
				params := maps.Clone(test.params)
				params["sign_method"] = string(method)
				if got := qimen.Sign(method, "testsecret", params); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

func TestSign_leaves_out_the_sign_and_what_is_empty(t *testing.T) {
	t.Parallel()
	params := shopQuery()
	params["sign_method"], params["shop_no"], params["sign"] = "md5", "", "ABC"
	if got, want := qimen.Sign(qimen.MD5, "testsecret", params), "55E85B73322A8CB4682EB216A7FD761C"; got != want {
		t.Errorf("got %s, want that of T2, %s", got, want)
	}
}

func TestSign_does_not_trim(t *testing.T) {
	t.Parallel()
	if qimen.Sign(qimen.MD5, "s", map[string]string{"a": "b "}) == qimen.Sign(qimen.MD5, "s", map[string]string{"a": "b"}) {
		t.Error("a trailing space is not signed")
	}
}

func TestFormatTime_is_beijing_wall_clock(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 16, 0, 0, 999, time.UTC)
	if got, want := qimen.FormatTime(at), "2024-03-01 00:00:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseSignMethod(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]qimen.SignMethod{"": qimen.MD5, "md5": qimen.MD5, "hmac": qimen.HMAC, "hmac-sha256": qimen.HMACSHA256} {
		if got, err := qimen.ParseSignMethod(name); err != nil || got != want {
			t.Errorf("%q: got %s and %v, want %s", name, got, err, want)
		}
	}
	if _, err := qimen.ParseSignMethod("sha1"); err == nil {
		t.Error("sha1 was accepted")
	}
}
