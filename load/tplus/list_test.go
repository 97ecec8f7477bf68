package tplus

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"pandian/load"
)

func TestLookup_asks_the_list_where_NoAuthOrData_leaves_it_open(t *testing.T) {
	t.Parallel()
	const listPath = "/tplus/api/v2/" + listService
	for _, test := range []struct {
		status int
		body   string
		want   load.State
	}{
		{200, `{"code":"0","message":"","data":{"Columns":["code"],"Rows":[],"TotalPageNum":0}}`, load.Waiting},
		{200, `{"code":0,"data":{"Columns":["code"],"Rows":[],"TotalPageNum":"0"}}`, load.Waiting},
		{200, `{"code":"0","data":{"Columns":["code"],"Rows":[],"TotalPageNum":1}}`, load.InDoubt}, // pages from 0
		{200, `{"code":"0","data":{"Columns":["code"],"Rows":[]}}`, load.InDoubt},
		{200, `{"code":"0","data":{"Columns":["code"],"Rows":[["CK1"]],"TotalPageNum":1}}`, load.InDoubt},
		{200, `{"code":"0","data":{"Columns":["code"],"Rows":[["CK9"]],"TotalPageNum":7}}`, load.InDoubt}, // the filter was passed over
		{200, `{"code":"0","data":null}`, load.InDoubt},
		{200, `null`, load.InDoubt},
		{400, `{"code":"999","message":"NoAuthOrData"}`, load.InDoubt},
		{400, `{"code":"EXSV0011","message":"服务名不正确"}`, load.InDoubt},
		{500, ``, load.InDoubt},
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, path string, _ int, args string) bool {
			switch path {
			case findPath:
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"code":"999","message":"NoAuthOrData"}`)
			case listPath:
				if !strings.Contains(args, `"paramDic":{"Code":"CK1"}`) {
					t.Errorf("got %s, want the list of vouchers with the number", args)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			default:
				return false
			}
			return true
		}
		if got := lookup(t, newTarget(t, s.connection(), nil), sale("CK1"))[0]; got.State != test.want || s.count(listPath) == 0 {
			t.Errorf("HTTP %d %s: got %+v after %d calls of the list, want %s", test.status, test.body, got, s.count(listPath), test.want)
		}
	}
}
