package yonsuite_test

import (
	"strings"
	"testing"

	"pandian/extract/yonsuite"
	"pandian/internal/erphttp"
)

// Every row of the error table, with the code as a text and, where it is one, as a number.
func TestReadEnvelope_walks_the_error_table(t *testing.T) {
	t.Parallel()
	want := map[string]erphttp.Kind{
		"200": "", "1002": "", "310036": erphttp.LoginRefused, "310008": erphttp.Refused, "999": erphttp.Refused,
		"500": erphttp.Unavailable, "9999": erphttp.Unavailable, "506": erphttp.Refused, "118003": erphttp.Refused, "4711": erphttp.Refused,
	}
	for _, row := range yonsuite.Codes() {
		if _, ok := want[row.Code]; !ok {
			t.Errorf("code %s is in the table but not in this test", row.Code)
		}
	}
	for code, kind := range want {
		for _, envelope := range []string{`{"code":"` + code + `","message":"出错"}`, `{"message":"出错","code":` + code + `,"data":{}}`} {
			total, err := yonsuite.ReadEnvelope([]byte(envelope))
			failed := erphttp.AsError(err)
			switch {
			case total != nil:
				t.Errorf("%s: got total %d", envelope, *total)
			case kind == "" && err != nil:
				t.Errorf("%s: got %v, want success", envelope, err)
			case kind != "" && (failed == nil || failed.Kind != kind || !strings.Contains(err.Error(), "code "+code+" 出错")):
				t.Errorf("%s: got %v, want %s", envelope, err, kind)
			}
		}
	}
}

func TestReadEnvelope_reads_the_text_where_the_code_says_little(t *testing.T) {
	t.Parallel()
	for envelope, want := range map[string]erphttp.Kind{
		`{"code":"999","message":"通过accessToken获取用户信息失败:bTmptoken已失效"}`: erphttp.LoginRefused,
		`{"code":"310046","message":"接口调用频率超限"}`:                        erphttp.Throttled,
		`{"code":"777","message":"已被限流"}`:                               erphttp.Throttled,
		`{"code":"777","message":"access_token不能为空"}`:                   erphttp.Refused,
		`{"message":"no code"}`:                                         erphttp.BadAnswer,
		`{"code":null}`:                                                 erphttp.BadAnswer,
		`[1]`:                                                           erphttp.BadAnswer,
	} {
		_, err := yonsuite.ReadEnvelope([]byte(envelope))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != want {
			t.Errorf("%s: got %v, want %s", envelope, err, want)
		}
	}
	if _, err := yonsuite.ReadEnvelope([]byte(`{}`)); err != nil {
		t.Errorf("a bare array: got %v", err)
	}
}
