package tplus

import (
	"strings"
	"testing"
)

func TestArchiveQueries(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Known: func(kind, code string) bool { return kind == KindWarehouse && code == "CK1" }})
	token := r.login().Access
	for _, c := range []struct {
		service, body string
		status        int
		answer        string
	}{
		{"warehouse/Query", `{"param":{"Code":"CK1"}}`, 200, `[{"Code":"CK1","Name":"CK1"}]`},
		{"warehouse/Query", `{"param":{"Code":"CK2"}}`, 200, `[]`},
		{"partner/Query", `{"param":{"Code":"CK1"}}`, 200, `[]`},
		{"inventory/Query", `{"param":{}}`, 200, `[]`},
		{"warehouse/Query", `{"param":null}`, 400, `EXERROR0001`},
		{"warehouse/Query", `{}`, 400, `EXERROR0001`},
		{"account/Query", `{"dto":{}}`, 400, `EXSV0011`},
	} {
		got := r.do("POST", "/tplus/api/v2/"+c.service, c.body, app("openToken", token))
		if got.status != c.status || !strings.Contains(got.body, c.answer) {
			t.Errorf("%s %s: got HTTP %d %s, want HTTP %d %s", c.service, c.body, got.status, got.body, c.status, c.answer)
		}
	}
}
