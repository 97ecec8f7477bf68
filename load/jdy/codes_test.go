package jdy_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"pandian/load"
	"pandian/load/jdy"
)

// row is one line of the platform's error table, and what it must come to.
type row struct {
	status   int
	body     string // of the save
	decision jdy.Decision
	// state of the document; empty where the target is unavailable.
	state load.State
	saves int
}

func gateway(code string) string {
	return `{"errcode":` + code + `,"description":"words","description_cn":"文字"}`
}

// Every code of the gateway, every business code, every rule for 商品.
func rows() map[string]row {
	refusal := func(text string) string {
		return `{"success":true,"data":[{"success":false,"successPkIds":[],"errorInfo":[{"msg":"` + text + `"}]}]}`
	}
	return map[string]row{
		"429":        {429, "", jdy.Throttled, "", 3},
		"4001":       {519, gateway("4001"), jdy.Misconfigured, "", 1},
		"4002":       {519, gateway("4002"), jdy.Misconfigured, "", 1},
		"4003":       {519, gateway("4003"), jdy.Misconfigured, "", 1},
		"4004":       {519, gateway("4004"), jdy.Misconfigured, "", 1},
		"4005":       {519, gateway("4005"), jdy.Misconfigured, "", 1},
		"4006":       {519, gateway("4006"), jdy.Misconfigured, "", 1},
		"4007":       {519, gateway("4007"), jdy.Misconfigured, "", 1},
		"4008":       {519, gateway("4008"), jdy.Misconfigured, "", 1},
		"4009":       {519, gateway("4009"), jdy.Expired, "", 2},
		"4010":       {519, gateway("4010"), jdy.Expired, "", 2},
		"4011":       {519, gateway("4011"), jdy.Expired, "", 2},
		"4012":       {519, gateway("4012"), jdy.Misconfigured, "", 1},
		"5000":       {519, gateway("5000"), jdy.InDoubt, load.InDoubt, 1},
		"5001":       {519, gateway("5001"), jdy.Misconfigured, "", 1},
		"5002":       {519, gateway("5002"), jdy.Misconfigured, "", 1},
		"5003":       {519, gateway("5003"), jdy.Retryable, "", 3},
		"5004":       {519, gateway("5004"), jdy.InDoubt, load.InDoubt, 1},
		"5005":       {519, gateway("5005"), jdy.InDoubt, load.InDoubt, 1},
		"5006":       {519, gateway("5006"), jdy.Retryable, "", 3},
		"5007":       {519, gateway("5007"), jdy.Retryable, "", 3},
		"1030002006": {200, gateway("1030002006"), jdy.Expired, "", 2},
		"2000002000": {200, gateway("2000002000"), jdy.InDoubt, load.InDoubt, 1},

		"token no longer good (text assumed)":  {200, `{"success":false,"message":"access token已失效"}`, jdy.Expired, "", 2},
		"wrong account (text assumed)":         {200, `{"success":false,"message":"accountId不正确"}`, jdy.Misconfigured, "", 1},
		"another material has this name":       {200, refusal("商品名称[测试]已存在"), jdy.Refused, load.Rejected, 1},
		"another material has this number":     {200, refusal("商品编码[A]已存在"), jdy.Duplicate, load.Rejected, 1},
		"a mandatory field is missing":         {200, refusal(`第1行基础资料unit字段不能为空`), jdy.Refused, load.Rejected, 1},
		"unknown reference":                    {200, refusal("参数number[U9]不存在"), jdy.Refused, load.Rejected, 1},
		"wrong JSON type":                      {200, `{"success":false,"message":"invalid value for bool field issale"}`, jdy.Refused, load.Rejected, 1},
		"system error":                         {200, refusal("系统错误"), jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: refused":            {200, refusal("编码规则未启用"), jdy.Refused, load.Rejected, 1},
		"beyond the table: call refused":       {200, `{"success":false,"errorCode":"77","message":"不行"}`, jdy.Refused, load.Rejected, 1},
		"beyond the table: plain data.message": {200, `{"success":true,"data":{"success":false,"message":"不行"}}`, jdy.Refused, load.Rejected, 1},
		"beyond the table: unknown 519":        {519, gateway("5099"), jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: 502":                {502, "<html>", jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: HTML with 200":      {200, "<html>", jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: empty":              {200, "", jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: no data":            {200, `{"success":true}`, jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: data of odd shape":  {200, `{"success":true,"data":"ok"}`, jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: redirect":           {302, "", jdy.InDoubt, load.InDoubt, 1},
		"beyond the table: 403 of a wall":      {403, "<html>", jdy.Retryable, "", 3},
		"beyond the table: 404":                {404, "", jdy.Retryable, "", 3},
	}
}

func TestCodes_come_to_their_decision(t *testing.T) {
	t.Parallel()
	for name, row := range rows() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t)
			p.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
				if path != savePath {
					return false
				}
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
				return true
			}
			outcomes, err := p.target(t).Send(t.Context(), []load.Document{goods("A")})
			var unavailable *load.UnavailableError
			isUnavailable := errors.As(err, &unavailable)
			if isUnavailable != (row.state == "") || !isUnavailable && (err != nil || outcomes[0].State != row.state) {
				t.Errorf("got %+v and error %v, want %q", outcomes, err, row.state)
			}
			if got := p.count(savePath); got != row.saves {
				t.Errorf("got %d calls, want %d", got, row.saves)
			}
			// What is not plain throttling or an expired login is looked up before it is written again.
			if row.decision == jdy.Retryable && row.status == 519 && p.count(detailPath) != row.saves {
				t.Errorf("got %d look-ups for %d calls", p.count(detailPath), row.saves)
			}
			noCanary(t, fmt.Sprint(outcomes, err))
		})
	}
}

func TestCodes_are_each_a_row_of_the_test(t *testing.T) {
	t.Parallel()
	tested := rows()
	for _, code := range jdy.Codes() {
		name := code.Code
		if name == "" && code.Status != 0 {
			name = fmt.Sprint(code.Status)
		}
		if name == "" {
			name = code.Meaning
		}
		if row, isThere := tested[name]; !isThere || row.decision != code.Decision {
			t.Errorf("%s: got the decision %q in the test, want %q", name, row.decision, code.Decision)
		}
	}
}
