package qimen_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

func gateway() qimen.Gateway {
	return qimen.Gateway{
		URL: "https://gateway.example/router/qm", AppKey: "12345678", AppSecret: "testsecret",
		TargetAppKey: "21363512", SignMethod: qimen.MD5, System: map[string]string{"sid": "test2", "session": ""},
	}
}

func TestNewRequest_puts_system_parameters_in_the_query_and_business_in_the_form(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	request, err := gateway().NewRequest(t.Context(), "wdt.shop.query",
		map[string]string{"page_no": "0", "page_size": "100", "shop_no": ""}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := "app_key=12345678&format=json&method=wdt.shop.query&sid=test2&sign=55E85B73322A8CB4682EB216A7FD761C" +
		"&sign_method=md5&target_app_key=21363512&timestamp=2024-03-01+08%3A00%3A00&v=2.0"
	if got := request.URL.RawQuery; got != want {
		t.Errorf("got query %s, want %s", got, want)
	}
	body, _ := io.ReadAll(request.Body)
	if got, want := string(body), "page_no=0&page_size=100"; got != want {
		t.Errorf("got form %s, want %s", got, want)
	}
	if got, want := request.Header.Get("Content-Type"), "application/x-www-form-urlencoded;charset=UTF-8"; got != want || request.Method != http.MethodPost {
		t.Errorf("got %s %s, want POST %s", request.Method, got, want)
	}
}

func TestNewRequest_refuses_a_business_parameter_that_hides_a_system_one(t *testing.T) {
	t.Parallel()
	if _, err := gateway().NewRequest(t.Context(), "m", map[string]string{"timestamp": "x"}, time.Now()); err == nil {
		t.Error("want an error")
	}
}

func TestGateway_Validate(t *testing.T) {
	t.Parallel()
	if err := gateway().Validate(); err != nil {
		t.Errorf("got %v for a good one", err)
	}
	err := qimen.Gateway{URL: "https://x/?a=b", SignMethod: "sha1"}.Validate()
	for _, want := range []string{"app_key", "app_secret", "target_app_key", "sha1", "url"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestParseEnvelope_knows_success(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"response":{"flag":"success","errorcode":0,"message":"","total_count":1}}`: true,
		`{"response":{"flag":"success","errorcode":"0"}}`:                            true,
		`{"response":{"errorcode":0}}`:                                               true,
		`{"response":{"flag":"failure","errorcode":0}}`:                              false,
		`{"response":{"flag":"success"}}`:                                            false,
		`{"response":{"flag":"success","errorcode":null}}`:                           false,
		`{"response":{"flag":"success","errorcode":7}}`:                              false,
		`{"response":{}}`:               false,
		`{"response":null}`:             false,
		`{"code":0}`:                    false,
		`{"error_response":{"code":0}}`: false,
		`{"error_response":{"code":7},"response":{"flag":"success","errorcode":0}}`: false,
	} {
		envelope, err := qimen.ParseEnvelope([]byte(text))
		if err != nil || envelope.Success() != want {
			t.Errorf("%s: got %t and %v, want %t", text, envelope.Success(), err, want)
		}
	}
}

func TestParseEnvelope_reads_both_forms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":100,"sub_message":"时间","request_id":"abc"}}`,
		`{"error_response":{"code":15,"msg":"Remote service error","sub_code":"100","sub_msg":"时间","request_id":"abc"}}`,
	} {
		got, err := qimen.ParseEnvelope([]byte(text))
		if err != nil || got.Code != "15" || got.Message != "Remote service error" || got.SubCode != "100" || got.SubMessage != "时间" || got.RequestID != "abc" {
			t.Errorf("%s: got %+v and %v", text, got, err)
		}
	}
}

// Every row of the gateway's error table, with each family of sub codes.
func TestJudge_walks_the_table(t *testing.T) {
	t.Parallel()
	want := map[string]erphttp.Action{
		"7": erphttp.Throttle, "8": erphttp.Throttle, "9": erphttp.Final, "10": erphttp.Retry,
		"11": erphttp.Final, "12": erphttp.Final, "13": erphttp.Final, "15": erphttp.Final,
		"21": erphttp.Final, "22": erphttp.Final, "23": erphttp.Final, "24": erphttp.Final, "25": erphttp.Final,
		"26": erphttp.Final, "27": erphttp.Final, "28": erphttp.Final, "29": erphttp.Final, "30": erphttp.Final, "31": erphttp.Final,
		"32": erphttp.Final, "33": erphttp.Final, "34": erphttp.Final, "40": erphttp.Final, "41": erphttp.Final,
		"sign-check-failure": erphttp.Final,
		"":                   erphttp.Final, "777": erphttp.Final,
	}
	for _, row := range qimen.Codes() {
		if _, ok := want[row.Code]; !ok {
			t.Errorf("code %s is in the table but not in this test", row.Code)
		}
	}
	for code, action := range want {
		for _, family := range []struct {
			sub    string
			action erphttp.Action
		}{
			{"", action}, {"100", action},
			{"isp.remote-service-timeout", erphttp.Retry}, {"isv.permission-api", erphttp.Final},
		} {
			if action == erphttp.Throttle {
				family.action = erphttp.Throttle
			}
			got, clock := qimen.Judge(qimen.Envelope{Known: true, Flag: "failure", Code: code, SubCode: family.sub})
			if got.Action != family.action || got.Code != code || got.SubCode != family.sub {
				t.Errorf("code %q, sub code %q: got %+v, want action %d", code, family.sub, got, family.action)
			}
			if timing := code == "30" || code == "31"; timing != clock && !strings.HasPrefix(family.sub, "isp.") {
				t.Errorf("code %q: got clock %t, want %t", code, clock, timing)
			}
			if (got.Wait > 0) != (got.Action == erphttp.Throttle) {
				t.Errorf("code %q: got wait %s", code, got.Wait)
			}
		}
	}
}

func TestJudge_names_an_errorcode_or_its_absence(t *testing.T) {
	t.Parallel()
	if got, _ := qimen.Judge(qimen.Envelope{Known: true, ErrorCode: "9001", Message: "x"}); got.Code != "9001" {
		t.Errorf("got %+v, want the errorcode as code", got)
	}
	if got, _ := qimen.Judge(qimen.Envelope{Known: true, Flag: "success"}); !strings.Contains(got.Message, "errorcode") {
		t.Errorf("got %+v, want it to say what is missing", got)
	}
}
