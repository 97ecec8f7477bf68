package wdt_test

import (
	"fmt"
	"strings"
	"testing"

	"pandian/extract/wdt"
	"pandian/internal/erphttp"
)

func TestReadEnvelope_reads_the_total(t *testing.T) {
	t.Parallel()
	for envelope, want := range map[string]string{
		`{"code":0,"message":"","total_count":"2"}`:                           "2",
		`{"code":"0","total_count":2}`:                                        "2",
		`{"code":0,"total_count":0}`:                                          "0",
		`{"code":0,"total_count":-1}`:                                         "none",
		`{"code":0,"total_count":""}`:                                         "none",
		`{"code":0,"total_count":null}`:                                       "none",
		`{"code":0}`:                                                          "none",
		`{"response":{"flag":"success","errorcode":0,"total_count":17}}`:      "17",
		`{"response":{"flag":"success","errorcode":"0","total_count":"017"}}`: "17",
		`{"response":{"errorcode":0}}`:                                        "none",
		`{}`:                                                                  "none",
	} {
		total, err := wdt.ReadEnvelope([]byte(envelope))
		got := "none"
		if total != nil {
			got = fmt.Sprint(*total)
		}
		if err != nil || got != want {
			t.Errorf("%s: got %s and %v, want %s", envelope, got, err, want)
		}
	}
}

// Every row of the vendor's error table, on both routes.
func TestReadEnvelope_walks_the_error_table(t *testing.T) {
	t.Parallel()
	want := map[string]erphttp.Kind{
		"1": erphttp.Refused, "100": erphttp.Refused, "2104": erphttp.Refused, "1012": erphttp.Throttled,
		"2030": erphttp.Refused, "2060": erphttp.Refused, "2100": erphttp.Refused, "7200": erphttp.Refused, "7201": erphttp.Refused,
		"40": erphttp.Refused, "41": erphttp.Refused, "42": erphttp.Refused, "46": erphttp.Refused,
		"2900": erphttp.Refused, "21000024": erphttp.Refused, "31415": erphttp.Refused,
	}
	for _, row := range wdt.Codes() {
		if _, ok := want[row.Code]; !ok {
			t.Errorf("code %s is in the table but not in this test", row.Code)
		}
	}
	for code, kind := range want {
		for _, envelope := range []string{
			`{"code":` + code + `,"message":"出错"}`,
			`{"code":"` + code + `","message":"出错"}`,
			`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"` + code + `","sub_message":"出错"}}`,
			`{"error_response":{"code":15,"msg":"Remote service error","sub_code":` + code + `,"sub_msg":"出错"}}`,
		} {
			total, err := wdt.ReadEnvelope([]byte(envelope))
			failed := erphttp.AsError(err)
			if total != nil || failed == nil || failed.Kind != kind {
				t.Errorf("%s: got %v, want %s", envelope, err, kind)
				continue
			}
			if text := err.Error(); !strings.Contains(text, code) || !strings.Contains(text, "出错") || !strings.HasPrefix(text, "wdt wdt.stock: ") {
				t.Errorf("%s: got %q, want code and message in it", envelope, text)
			}
		}
	}
}

func TestReadEnvelope_tells_failures_apart(t *testing.T) {
	t.Parallel()
	for envelope, want := range map[string]struct {
		kind erphttp.Kind
		text string
	}{
		`{"response":{"flag":"failure","code":"25","message":"Invalid signature"}}`:                                                  {erphttp.Refused, "check app_secret"},
		`{"response":{"flag":"failure","code":"7","message":"App Call Limited"}}`:                                                    {erphttp.Throttled, "code 7"},
		`{"response":{"flag":"failure","code":"10","message":"Service Currently Unavailable"}}`:                                      {erphttp.Unavailable, "code 10"},
		`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"isp.remote-service-timeout"}}`:       {erphttp.Unavailable, "isp."},
		`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"isv.invalid","sub_message":"时间不对"}}`: {erphttp.Refused, "时间不对"},
		`{"response":{"flag":"success"}}`:     {erphttp.Refused, "errorcode"},
		`{"code":777,"message":"Sign error"}`: {erphttp.Refused, "check sid"},
		`{"code":777,"message":"接口验证失败"}`:     {erphttp.Refused, "check sid"},
		`{"code":777,"message":"无仓库访问权限"}`:    {erphttp.Refused, "access"},
		`{"code":2100,"message":""}`:          {erphttp.Refused, "credentials refused"},
		`{"code":null,"message":"x"}`:         {erphttp.BadAnswer, "empty"},
		`{"message":"x"}`:                     {erphttp.BadAnswer, "neither code nor response"},
		`{"response":"busy"}`:                 {erphttp.BadAnswer, "neither code nor response"},
		`[]`:                                  {erphttp.BadAnswer, "not an object"},
	} {
		_, err := wdt.ReadEnvelope([]byte(envelope))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != want.kind || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: got %v, want %s with %q", envelope, err, want.kind, want.text)
		}
	}
}
