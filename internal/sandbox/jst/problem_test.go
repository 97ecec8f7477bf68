package jst

import (
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
)

// The HTTP status is 200 for all of them: the rig insists on it.
func TestEveryCodeOfTheNewerTable(t *testing.T) {
	t.Parallel()
	rule := func(kind fault.Kind, text string) fault.Rule { return fault.Rule{Kind: kind, Text: text} }
	for _, test := range []struct {
		code, text string
		options    Options
		rules      []fault.Rule
		more       map[string]string
	}{
		{"0", "执行成功", Options{}, nil, nil},
		{"10", "验证失败！无效签名", Options{}, nil, map[string]string{"app_key": "simapp0002"}},
		{"100", "access_token已过期", Options{}, nil, map[string]string{"access_token": "simtoken0002"}},
		{"110", "192.0.2.1", Options{AllowedIPs: []string{"192.0.2.9"}}, nil, nil},
		{"140", "timestamp", Options{}, nil, map[string]string{"timestamp": "1699999399"}},
		{"150", "不允许刷新", Options{}, []fault.Rule{rule(fault.Code, "150")}, nil},
		{"190", "权限", Options{NoPermission: true}, nil, nil},
		{"199", "调用频次超过限制!请稍后再试", Options{}, []fault.Rule{rule(fault.Throttle, "")}, nil},
		{"200", "调用频次超过限制", Options{}, []fault.Rule{rule(fault.Throttle, "200")}, nil},
	} {
		r := newSmallRig(t, test.options, test.rules...)
		got := r.open(allOrders, test.more)
		if got.Code.String() != test.code || !strings.Contains(got.Msg, test.text) {
			t.Errorf("code %s: got %.200s", test.code, got.raw)
		}
		if nothing := strings.HasSuffix(got.raw, `"data":null}`); nothing == (test.code == "0") {
			t.Errorf("code %s: data is null: %v", test.code, nothing)
		}
	}
}

func TestEveryCodeOfTheOlderTable(t *testing.T) {
	t.Parallel()
	right := oldVectors[2]
	for _, test := range []struct {
		code, text, method, sign, body string
		options                        Options
		rules                          []fault.Rule
		query                          []pair
	}{
		{code: "0"},
		{code: "100", text: "已过期", query: []pair{{"token", "simtoken2"}, {"ts", "1700000000"}}},
		{code: "110", text: "192.0.2.1", options: Options{AllowedIPs: []string{"192.0.2.9"}}},
		{code: "120", text: "无效签名", sign: strings.ToUpper(right.want)},
		{code: "130", text: "为空", body: " "},
		{code: "140", text: "JSON", body: "{"},
		{code: "150", text: "内部错误", rules: []fault.Rule{{Kind: fault.Code, Text: "150"}}},
		{code: "160", text: "不存在", rules: []fault.Rule{{Kind: fault.Code, Text: "160"}}},
		{code: "170", text: "店铺", body: `{"start_ts":1,"shop_id":1}`},
		{code: "180", text: "timestamp", query: []pair{{"token", "simtoken"}, {"ts", "1699999399"}}},
		{code: "190", text: "接口不存在", method: "orders.out.query"},
		{code: "190", text: "权限", options: Options{NoPermission: true}},
		{code: "199", text: "稍后再试", rules: []fault.Rule{{Kind: fault.Throttle}}},
		{code: "200", text: "调用频次", rules: []fault.Rule{{Kind: fault.Throttle, Text: "200"}}},
	} {
		r := newSmallRig(t, test.options, test.rules...)
		method, body, query := right.method, `{"start_ts":1}`, right.query
		if test.method != "" {
			method = test.method
		}
		if test.body != "" {
			body = test.body
		}
		if test.query != nil {
			query = test.query
		}
		sign := test.sign
		if sign == "" {
			sign = oldSign(method, right.partner, right.key, query)
		}
		got := r.oldRaw(method, sign, query, body)
		if got.Code.String() != test.code || !strings.Contains(got.Msg, test.text) || got.IsSuccess != (test.code == "0") {
			t.Errorf("code %s: got %.200s", test.code, got.raw)
		}
	}
}

func TestTheOpenPlatformMayUseTheOlderTable(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{OlderCodes: true})
	r.want(r.open(allOrders, map[string]string{"app_key": "other"}), "120")
	r.want(r.open(allOrders, map[string]string{"timestamp": "1699999399"}), "180")
	r.want(r.open(`{}`), "140")
}

func TestEveryCodeOfTheGateway(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, sub string
		options   Options
		rules     []fault.Rule
		more      map[string]string
	}{
		{code: "7", rules: []fault.Rule{{Kind: fault.Throttle}}},
		{code: "10", rules: []fault.Rule{{Kind: fault.Code, Text: "10"}}},
		{code: "11", sub: "isv.permission-ip-whitelist-limit", options: Options{AllowedIPs: []string{"192.0.2.9"}}},
		{code: "11", sub: "isv.permission-api-package-limit", options: Options{NoPermission: true}},
		{code: "15", sub: "isp.remote-service-timeout", rules: []fault.Rule{{Kind: fault.Remote}}},
		{code: "15", sub: "isv.x", rules: []fault.Rule{{Kind: fault.Remote, Text: "isv.x"}}},
		{code: "15", sub: "199", rules: []fault.Rule{{Kind: fault.Code, Text: "199"}}},
		{code: "21", more: map[string]string{"method": ""}},
		{code: "22", more: map[string]string{"method": "jushuitan.order.list.query"}},
		{code: "25", more: map[string]string{"sign_method": "MD5"}},
		{code: "26", rules: []fault.Rule{{Kind: fault.Code, Text: "26"}}},
		{code: "27", rules: []fault.Rule{{Kind: fault.Code, Text: "27"}}},
		{code: "28", more: map[string]string{"app_key": ""}},
		{code: "29", more: map[string]string{"app_key": "10000002"}},
		{code: "30", more: map[string]string{"timestamp": ""}},
		{code: "31", more: map[string]string{"timestamp": "2023-11-15 06:02:00"}},
		{code: "31", more: map[string]string{"timestamp": "1700000000"}},
		{code: "40", more: map[string]string{"customer_id": ""}},
		{code: "40", sub: "isv.missing-parameter:page_index", more: map[string]string{"page_index": ""}},
		{code: "40", sub: "isv.missing-parameter:page_size", more: map[string]string{"page_size": ""}},
		{code: "41", sub: "isv.invalid-parameter:customer_id", more: map[string]string{"customer_id": "10000008"}},
		{code: "41", sub: "isv.invalid-parameter:target_app_key", more: map[string]string{"target_app_key": "23060082"}},
		{code: "41", sub: "isv.invalid-parameter", more: map[string]string{"start_ts": ""}},
	} {
		r := newSmallRig(t, test.options, test.rules...)
		got := r.qimen(with(map[string]string{"start_ts": "1"}, test.more))
		if got.Code.String() != test.code || got.SubCode != test.sub || got.Flag != "failure" {
			t.Errorf("code %s %s: got %.250s", test.code, test.sub, got.raw)
		}
	}
	r := newSmallRig(t, Options{})
	r.want(r.qimenRaw("", simQimen), "24")
}

func TestAClockMayBeOffByTenMinutesUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		skew, off time.Duration
		ok        bool
	}{
		{0, 10 * time.Minute, true}, {0, -10 * time.Minute, true}, {0, 11 * time.Minute, false}, {0, -11 * time.Minute, false},
		{15 * time.Minute, 14 * time.Minute, true}, {15 * time.Minute, 16 * time.Minute, false},
	} {
		server := newSmallRig(t, Options{TimestampSkew: test.skew})
		client := *server
		client.now = testNow.Add(test.off)
		for route, code := range map[string]string{
			"open 140": client.open(allOrders).Code.String(), "old 180": client.old(oldQuery, allOrders).Code.String(),
			"qimen 31": client.qimen(map[string]string{"start_ts": "1"}).Code.String(),
		} {
			_, refused, _ := strings.Cut(route, " ")
			if ok := code == "0" || code == ""; ok != test.ok || !ok && code != refused {
				t.Errorf("%s, skew %s, off by %s: got code %q", route, test.skew, test.off, code)
			}
		}
	}
}

func TestTheLimitsOfEachRoute(t *testing.T) {
	t.Parallel()
	limits := Options{
		OpenLimit: Limit{PerSecond: 5, PerMinute: 100}, OldLimit: Limit{PerSecond: 5, PerMinute: 100}, QimenLimit: Limit{PerSecond: 8},
	}
	calls := map[string]func(r *rig) answer{
		"open":  func(r *rig) answer { return r.open(allOrders) },
		"old":   func(r *rig) answer { return r.old(oldQuery, allOrders) },
		"qimen": func(r *rig) answer { return r.qimen(map[string]string{"start_ts": "1"}) },
	}
	for route, call := range calls {
		r := newSmallRig(t, limits)
		second, refused := 5, "199"
		if route == "qimen" {
			second, refused = 8, "7"
		}
		for n := range second + 1 {
			if got := call(r).Code.String(); (got == refused) != (n == second) {
				t.Errorf("%s: call %d of a second got code %q", route, n+1, got)
			}
		}
		r.now = testNow.Add(time.Second)
		if got := call(r).Code.String(); got == refused {
			t.Errorf("%s: refused in the next second", route)
		}
		if got := r.server.PeaksPerSecond()["jst."+route]; got != second+1 {
			t.Errorf("%s: peak of a second is %d, want %d", route, got, second+1)
		}
		if route == "qimen" {
			continue
		}
		for n := 6; n <= 101; n++ { // six passed so far
			r.now = r.now.Add(400 * time.Millisecond)
			if got := call(r).Code.String(); (got == "200") != (n == 100 || n == 101) {
				t.Errorf("%s: call %d of a minute got code %q", route, n+1, got)
			}
		}
		r.now = testNow.Add(62 * time.Second)
		r.want(call(r), "0")
		if got := r.server.Peaks()["jst."+route]; got != 103 {
			t.Errorf("%s: peak of a minute is %d, want 103", route, got)
		}
	}
}

func TestOpenReadsItsParametersFromTheBodyAlone(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{})
	params := with(simOpen, map[string]string{"biz": allOrders})
	params["sign"] = openSign(testAccount.AppSecret, params)
	path := "/open/orders/out/simple/query"
	r.want(r.read(r.send(path, encode(params), formType, ""), "data"), "140")
	r.want(r.read(r.send(path, "", "application/json", encode(params)), "data"), "140")
	r.want(r.read(r.send(path, "noise=1", formType, encode(params)), "data"), "0")
	for name, value := range map[string]string{
		"version": "1", "charset": "gbk", "timestamp": "01700000000", "access_token": "", "biz": "",
	} {
		r.want(r.open(allOrders, map[string]string{name: value}), "140")
	}
}
