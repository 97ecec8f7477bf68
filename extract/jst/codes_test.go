package jst_test

import (
	"fmt"
	"strings"
	"testing"

	"pandian/extract/jst"
	"pandian/internal/erphttp"
)

// Every row of both tables, with the code as a text and as a number, in the form
// of each route.
func TestReadEnvelope_walks_the_error_tables(t *testing.T) {
	t.Parallel()
	newer := map[string]erphttp.Kind{
		"0": "", "10": erphttp.Refused, "100": erphttp.LoginRefused, "110": erphttp.Refused, "140": erphttp.Refused,
		"150": erphttp.Unavailable, "190": erphttp.Refused, "199": erphttp.Throttled, "200": erphttp.Throttled,
		// rows that only the older table has
		"120": erphttp.Refused, "130": erphttp.Refused, "160": erphttp.Refused, "170": erphttp.Refused, "180": erphttp.Refused,
		"4711": erphttp.Refused,
	}
	older := map[string]erphttp.Kind{
		"0": "", "100": erphttp.LoginRefused, "110": erphttp.Refused, "120": erphttp.Refused, "130": erphttp.Refused, "140": erphttp.Refused,
		"150": erphttp.Unavailable, "160": erphttp.Refused, "170": erphttp.Refused, "180": erphttp.Refused, "190": erphttp.Refused,
		"199": erphttp.Throttled, "200": erphttp.Throttled, "4711": erphttp.Refused,
	}
	for route, want := range map[jst.Route]map[string]erphttp.Kind{jst.Open: newer, jst.Qimen: newer, jst.Old: older} {
		known := map[string]bool{}
		for _, row := range jst.Codes(route) {
			if _, ok := want[row.Code]; !ok || row.Meaning == "" || known[row.Code] {
				t.Errorf("%s: code %s is not in this test, twice in the table, or has no meaning", route, row.Code)
			}
			known[row.Code] = true
		}
		for code, kind := range want {
			if !known[code] && code != "4711" {
				t.Errorf("%s: code %s is not in the table", route, code)
			}
			for _, number := range []string{code, `"` + code + `"`} {
				check(t, form(route, number, kind == ""), code, kindOn(route, kind))
			}
		}
	}
}

// kindOn is what a code comes to: on Qimen there is no token to renew.
func kindOn(route jst.Route, kind erphttp.Kind) erphttp.Kind {
	if route == jst.Qimen && kind == erphttp.LoginRefused {
		return erphttp.Refused
	}
	return kind
}

// form is an answer with a code, without its records.
func form(route jst.Route, code string, isSuccess bool) string {
	const fields = `"page_index":1,"has_next":false,"page_size":50,"data_count":1,"page_count":1`
	switch {
	case route == jst.Open && isSuccess:
		return `{"msg":"执行成功","code":` + code + `,"data":{` + fields + `}}`
	case route == jst.Open:
		return `{"msg":"出错","code":` + code + `,"data":null}`
	case route == jst.Old && isSuccess:
		return `{` + fields + `,"code":` + code + `,"issuccess":true,"msg":null}`
	case route == jst.Old:
		return `{"code":` + code + `,"issuccess":false,"msg":"出错"}`
	case isSuccess:
		return `{"response":{` + fields + `,"request_id":"x"}}`
	default:
		return `{"response":{"flag":"failure","code":15,"message":"Remote service error","sub_code":` + code + `,"sub_message":"出错","request_id":"x"}}`
	}
}

func check(t *testing.T, envelope, code string, kind erphttp.Kind) {
	t.Helper()
	total, err := jst.ReadEnvelope([]byte(envelope))
	failed := erphttp.AsError(err)
	switch {
	case kind == "" && (err != nil || total == nil || *total != 1):
		t.Errorf("%s: got %v and %v, want one record", envelope, total, err)
	case kind != "" && (failed == nil || failed.Kind != kind || !strings.Contains(err.Error(), "code "+code+" 出错")):
		t.Errorf("%s: got %v, want %s", envelope, err, kind)
	}
}

// TOP's own codes on Qimen, in both forms, come before 聚水潭's.
func TestReadEnvelope_walks_TOPs_codes(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]erphttp.Kind{
		"7": erphttp.Throttled, "10": erphttp.Unavailable, "11": erphttp.Refused, "15": erphttp.Refused, "21": erphttp.Refused, "22": erphttp.Refused,
		"24": erphttp.Refused, "25": erphttp.Refused, "26": erphttp.Refused, "27": erphttp.Refused, "28": erphttp.Refused, "29": erphttp.Refused,
		"30": erphttp.Refused, "31": erphttp.Refused, "40": erphttp.Refused, "41": erphttp.Refused,
		"199": erphttp.Throttled, "110": erphttp.Refused, // 聚水潭's, in the place of the gateway's
	} {
		for _, shape := range []string{
			`{"response":{"flag":"failure","code":%s,"message":"出错","request_id":"x"}}`,
			`{"response":{"code":"%s","message":"出错"}}`,
			`{"error_response":{"code":%s,"msg":"出错","request_id":"x"}}`,
		} {
			check(t, fmt.Sprintf(shape, code), code, kind)
		}
	}
	for sub, kind := range map[string]erphttp.Kind{
		"isp.remote-service-timeout": erphttp.Unavailable, "isv.permission-ip-whitelist-limit": erphttp.Refused,
		"sign-check-failure": erphttp.Refused, "200": erphttp.Throttled,
	} {
		envelope := `{"error_response":{"code":15,"msg":"Remote service error","sub_code":"` + sub + `","sub_msg":"出错"}}`
		_, err := jst.ReadEnvelope([]byte(envelope))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != kind || !strings.Contains(err.Error(), "sub code "+sub+" 出错") {
			t.Errorf("%s: got %v, want %s", envelope, err, kind)
		}
	}
}

func TestReadEnvelope_reads_every_shape_of_a_page(t *testing.T) {
	t.Parallel()
	for envelope, want := range map[string]int64{
		`{"page_index":1,"page_size":50,"data_count":3,"page_count":1,"has_next":false}`: 3, // without response around it
		`{"response":{"page_index":"1","data_count":"3","has_next":"true"}}`:             3,
		`{"response":{"flag":"success","code":"0","message":"","data_count":3}}`:         3,
		`{"code":"0","data":{"page_index":1,"data_count":3}}`:                            3,
		`{"issuccess":true,"data_count":3}`:                                              3,
		`{"code":0,"issuccess":"true","data_count":3}`:                                   3,
		`{"response":{"page_index":1,"data_count":null}}`:                                -1,
		`{"response":{"page_index":1,"has_next":0}}`:                                     -1,
		`{"response":{"page_index":1,"data_count":-1}}`:                                  -1,
		`{}`: -1, // a bare array
	} {
		total, err := jst.ReadEnvelope([]byte(envelope))
		got := int64(-1)
		if total != nil {
			got = *total
		}
		if err != nil || got != want {
			t.Errorf("%s: got %d and %v, want %d", envelope, got, err, want)
		}
	}
}

func TestReadEnvelope_takes_nothing_else_for_success(t *testing.T) {
	t.Parallel()
	for envelope, kind := range map[string]erphttp.Kind{
		`[1]`: erphttp.BadAnswer, `null`: erphttp.BadAnswer, `{"a":1}`: erphttp.BadAnswer,
		`{"response":{}}`: erphttp.BadAnswer, `{"response":null}`: erphttp.BadAnswer, `{"response":"x"}`: erphttp.BadAnswer,
		`{"code":0,"data":null}`: erphttp.BadAnswer, `{"code":0}`: erphttp.BadAnswer, `{"code":0,"data":{}}`: erphttp.BadAnswer,
		`{"code":null,"msg":"x"}`:                                                      erphttp.Refused,
		`{"code":0,"issuccess":false,"msg":"x","page_index":1}`:                        erphttp.Refused,
		`{"response":{"flag":"failure"}}`:                                              erphttp.Refused,
		`{"response":{"flag":"failure","page_index":1,"has_next":false}}`:              erphttp.Refused,
		`{"response":{"code":7,"page_index":1}}`:                                       erphttp.Throttled,
		`{"response":{"sub_code":"199","page_index":1}}`:                               erphttp.Throttled,
		`{"error_response":{"code":0}}`:                                                erphttp.Refused,
		`{"error_response":{"code":7,"msg":"x"},"response":{"page_index":1}}`:          erphttp.Throttled,
		`{"code":140,"msg":"验证失败！timestamp 超时","data":null}`:                           erphttp.Refused,
		`{"code":200,"msg":"调用频次超过限制","data":{"page_index":1,"data_count":0,"a":"b"}}`: erphttp.Throttled,
	} {
		total, err := jst.ReadEnvelope([]byte(envelope))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != kind || total != nil {
			t.Errorf("%s: got %v, want %s", envelope, err, kind)
		}
	}
}
