package k3cloud

import (
	"strings"
	"testing"
)

func TestABillGoesFromCreatedToAuditedAndBack(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1"))
	for _, step := range []struct {
		method, state string
		code          int
	}{
		{"Audit", "A", 12}, {"UnAudit", "A", 12}, {"Submit", "B", 0}, {"Submit", "B", 12}, {"Delete", "B", 12}, {"UnAudit", "B", 12},
		{"Audit", "C", 0}, {"Audit", "C", 12}, {"Submit", "C", 12}, {"Delete", "C", 12}, {"UnAudit", "D", 0}, {"Audit", "D", 12},
		{"Submit", "B", 0}, {"Audit", "C", 0}, {"UnAudit", "D", 0}, {"Delete", "deleted", 0},
	} {
		got := r.do(step.method, `{"Numbers":["1"],"Ids":""}`)
		status := got.Result.ResponseStatus
		if status.MsgCode != step.code || status.IsSuccess != (step.code == 0) || r.entry("1").State != step.state {
			t.Errorf("%s: got %+v and state %s, want MsgCode %d and %s", step.method, status, r.entry("1").State, step.code, step.state)
		}
		if step.code == 0 && (len(got.saved()) != 1 || got.saved()[0] != "0 1" || status.ErrorCode != nil) {
			t.Errorf("%s: got %+v, want bill 1", step.method, status)
		}
	}
	if len(r.server.Bills()) != 0 || r.server.KeyOrder("1") != nil {
		t.Error("the bill is still there after its deletion")
	}
	if got := r.batch("", model("1")); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("its number is not free: %v", got.errors())
	}
}

func TestNumbersThatDoNotExistAreLeftOutUnlessNoneDoes(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1"), model("2"), model("3"))
	got := r.do("Submit", `{"Numbers":["x","1","y","2"]}`)
	sameTexts(t, "submitted", got.saved(), []string{"1 1", "3 2"})
	if !got.Result.ResponseStatus.IsSuccess || len(got.errors()) != 0 {
		t.Errorf("got %v, want a success", got.errors())
	}
	got = r.do("Audit", `{"Numbers":["x","y"]}`)
	sameTexts(t, "none", got.errors(), []string{`0 null 编码值["x","y"]不存在`})
	if got.Result.ResponseStatus.MsgCode != 9 {
		t.Errorf("none: got MsgCode %d, want 9", got.Result.ResponseStatus.MsgCode)
	}
	got = r.do("Audit", `{"Numbers":["1","x","3"]}`)
	sameTexts(t, "mixed: audited", got.saved(), []string{"0 1"})
	if s := got.Result.ResponseStatus; s.IsSuccess || len(s.Errors) != 1 || s.Errors[0].DIndex != 2 || r.entry("3").Refused != 1 {
		t.Errorf("mixed: got %+v", s)
	}
	sameTexts(t, "by id", r.do("Audit", `{"Numbers":[],"Ids":"100009,100002"}`).saved(), []string{"1 2"})
	if got := r.do("Audit", `{"Ids":"7"}`).Result.ResponseStatus.MsgCode; got != 9 {
		t.Errorf("unknown id: got MsgCode %d, want 9", got)
	}
	if got := r.do("Audit", `{}`).Result.ResponseStatus.IsSuccess; got {
		t.Error("an audit of nothing succeeded")
	}
}

func TestExcuteOperationRunsAnOperationByItsNumber(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1"))
	for _, step := range []struct{ number, state string }{
		{"Submit", "B"}, {"Audit", "C"}, {"UnAudit", "D"}, {"", "D"}, {"Frobnicate", "D"}, {"Delete", "deleted"},
	} {
		r.raw("ExcuteOperation", "SAL_OUTSTOCK", step.number, `{"Numbers":["1"]}`)
		if got := r.entry("1").State; got != step.state {
			t.Errorf("%q: got state %s, want %s", step.number, got, step.state)
		}
	}
	if got := decode[reply](t, r.raw("ExcuteOperation", "SAL_OUTSTOCK", "", "{}")).Result.ResponseStatus.MsgCode; got != 3 {
		t.Errorf("no operation: got MsgCode %d, want 3", got)
	}
}

func TestViewShowsPropertyNames(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1", `"FSaleDeptID":{"FNumber":"00006"},`, ""))
	for _, data := range []string{`{"CreateOrgId":0,"Number":"1","Id":"","IsSortBySeq":"false"}`, `{"Id":"100001"}`} {
		got := r.do("View", data)
		shown := string(got.Result.Result)
		for _, want := range []string{
			`{"Id":100001,`, `"BillNo":"1"`, `"DocumentStatus":"A"`, `"Date":"2024-05-01T10:20:30"`, `"Note":"备注"`, `"F_KLF_Text":"so-1"`,
			`"StockOrgId_Id":`, `"StockOrgId":{"Id":`, `"Number":"101","Name":[{"Key":2052,"Value":"名称101"}]}`,
			`"SaleDeptID_Id":0,"SaleDeptID":null`, `"SubHeadEntity":[{`, `"AllDisCount":0`, `"Entity":[{"Id":200001,"Seq":1,`, `"TaxPrice":19.9`,
			`"IsFree":false`, `"TaxRate":0`,
		} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: got %s, want %s in it", data, shown, want)
			}
		}
		if !got.Result.ResponseStatus.IsSuccess {
			t.Errorf("%s: got %v", data, got.errors())
		}
	}
	for data, want := range map[string]string{
		`{"Number":"x"}`: `0 null 编码值["x"]不存在`, `{"Id":"7"}`: `0 null 内码值["7"]不存在`,
	} {
		sameTexts(t, data, r.do("View", data).errors(), []string{want})
	}
}
