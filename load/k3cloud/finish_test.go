package k3cloud_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pandian/load"
	"pandian/load/k3cloud"
)

func newContext(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

func methods(e *erp) string {
	var names []string
	for _, one := range e.requests {
		names = append(names, one.method)
	}
	return strings.TrimPrefix(strings.Join(names, " "), "LoginBySign ")
}

func TestSend_submits_and_audits_as_steps_of_their_own(t *testing.T) {
	t.Parallel()
	for finish, want := range map[k3cloud.Finish][2]string{
		k3cloud.FinishNone: {"A", "BatchSave"}, "": {"A", "BatchSave"},
		k3cloud.FinishSubmit: {"B", "BatchSave Submit"}, k3cloud.FinishAudit: {"C", "BatchSave Submit Audit"},
	} {
		e := serve(t)
		conn := connection(e)
		conn.Finish = finish
		for i, got := range send(t, newTarget(t, conn), plain("1"), plain("2")) {
			wantState(t, fmt.Sprint(i), got, load.Sent, "")
		}
		if e.bills["1"].status != want[0] || e.bills["2"].status != want[0] || methods(e) != want[1] {
			t.Errorf("%s: got status %s after %s, want %s after %s", finish, e.bills["1"].status, methods(e), want[0], want[1])
		}
	}
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishAudit
	send(t, newTarget(t, conn), document("1")) // the payload says it itself
	if methods(e) != "BatchSave" {
		t.Errorf("got %s, want one call", methods(e))
	}
}

func TestSend_writes_the_data_of_the_steps(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishAudit
	send(t, newTarget(t, conn), plain("1"), plain("2"))
	for method, want := range map[string]string{
		"Submit": `{"CreateOrgId":0,"Ids":"","IgnoreInterationFlag":"","NetworkCtrl":"","Numbers":["1","2"],"SelectedPostId":0,"UseOrgId":0}`,
		"Audit":  `{"CreateOrgId":0,"Ids":"","IgnoreInterationFlag":"","InterationFlags":"","IsVerifyProcInst":true,"NetworkCtrl":"","Numbers":["1","2"],"SelectedPostId":0,"UseOrgId":0}`,
	} {
		got := e.calls(method)[0].parameters
		if len(got) != 2 || got[0] != "SAL_OUTSTOCK" || got[1] != want {
			t.Errorf("%s: got %s, want %s", method, got, want)
		}
	}
}

// fault 25: Save ok, Audit refused; whether the platform audits by itself or is told to.
func TestSend_says_that_a_bill_is_saved_but_not_audited(t *testing.T) {
	t.Parallel()
	refused := complaint("", "库存不足，不能审核", 0)
	for name, test := range map[string]struct {
		document load.Document
		finish   k3cloud.Finish
		answer   string // of BatchSave, after it saved
	}{
		"step of its own":                     {plain("1"), k3cloud.FinishAudit, ""},
		"audited by Save, named a success":    {document("1"), "", envelope("11", []string{`{"Id":100000,"Number":"1","DIndex":0}`}, []string{refused})},
		"audited by Save, not named":          {document("1"), "", envelope("11", nil, []string{refused})},
		"audited by Save, refused for rights": {document("1"), "", envelope("2", nil, []string{refused})},
	} {
		e := serve(t)
		e.override = func(w http.ResponseWriter, got request, _ int) bool {
			switch {
			case got.method == "Audit":
				_, _ = io.WriteString(w, envelope("11", nil, []string{refused}))
				return true
			case got.method == "BatchSave" && test.answer != "":
				e.answer(w, got)
				e.bills["1"].status = "A"
				_, _ = io.WriteString(w, test.answer)
				return true
			}
			return false
		}
		conn := connection(e)
		conn.Finish = test.finish
		target := newTarget(t, conn)
		got := send(t, target, test.document)[0]
		wantState(t, name, got, load.Rejected, "saved as bill 1, but not audited: MsgCode 11: 库存不足，不能审核")
		if got.TargetDocumentID != "100000" || e.bills["1"].status != "B" || e.saves["1"] != 1 {
			t.Errorf("%s: got id %q, status %s, %d saves; want 100000, B, 1", name, got.TargetDocumentID, e.bills["1"].status, e.saves["1"])
		}
		e.override = nil // a person has seen to the stock, and the document is sent again
		test.document.Attempt = 2
		wantState(t, name+", again", send(t, target, test.document)[0], load.Sent, "")
		if e.bills["1"].status != "C" || e.saves["1"] != 1 {
			t.Errorf("%s: got status %s after %d saves, want C after 1", name, e.bills["1"].status, e.saves["1"])
		}
	}
}

// fault 25: Audit times out but did happen.
func TestSend_is_in_doubt_about_an_audit_that_nobody_heard_of(t *testing.T) {
	t.Parallel()
	for _, didHappen := range []bool{true, false} {
		e := serve(t)
		e.override = func(w http.ResponseWriter, got request, n int) bool {
			if got.method != "Audit" || n > 1 {
				return false
			}
			if didHappen {
				e.answer(w, got)
			}
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		conn := connection(e)
		conn.Finish = k3cloud.FinishAudit
		target := newTarget(t, conn)
		got := send(t, target, plain("1"))[0]
		wantState(t, "first", got, load.InDoubt, "saved as bill 1, but not audited")
		wantState(t, "looked up", lookup(t, target, plain("1"))[0], load.Sent, "")
		if e.bills["1"].status != "C" || e.saves["1"] != 1 {
			t.Errorf("got status %s after %d saves", e.bills["1"].status, e.saves["1"])
		}
	}
}

func TestLookup_takes_the_steps_that_are_missing(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{
		"A": "Submit Audit", "B": "Audit", "C": "", "D": "", "": "",
	} {
		e := serve(t)
		e.bills["1"] = &kept{id: 9, status: status, text: "so-1"}
		got := lookup(t, newTarget(t, connection(e)), document("1"))[0]
		state := load.Sent
		if status == "" {
			state = load.InDoubt
		}
		wantState(t, "status "+status, got, state, "")
		if made := strings.TrimPrefix(methods(e), "ExecuteBillQuery"); strings.TrimSpace(made) != want {
			t.Errorf("status %s: got calls %s, want %s", status, made, want)
		}
	}
}

// "Already audited" is an error of the platform and means that all is well.
func TestSend_takes_a_bill_that_is_audited_already_for_done(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishAudit
	e.override = func(_ http.ResponseWriter, got request, _ int) bool {
		if got.method == "Submit" || got.method == "Audit" { // a workflow of the site was faster
			e.mutex.Lock()
			e.bills["1"].status = "C"
			e.mutex.Unlock()
		}
		return false
	}
	wantState(t, "audited", send(t, newTarget(t, conn), plain("1"))[0], load.Sent, "")
	if methods(e) != "BatchSave Submit ExecuteBillQuery" {
		t.Errorf("got %s", methods(e))
	}
}

func TestSend_finishes_the_good_bills_of_a_step_that_partly_fails(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishSubmit
	e.override = func(_ http.ResponseWriter, got request, _ int) bool {
		if got.method == "Submit" {
			e.mutex.Lock()
			delete(e.bills, "2") // somebody deleted it
			e.bills["3"].status = "Z"
			e.mutex.Unlock()
		}
		return false
	}
	got := send(t, newTarget(t, conn), plain("1"), plain("2"), plain("3"))
	wantState(t, "good", got[0], load.Sent, "")
	wantState(t, "deleted", got[1], load.Rejected, "not submitted")
	wantState(t, "refused", got[2], load.Rejected, "not submitted: MsgCode 12: 状态不对")
}

func TestLookup_takes_the_steps_of_each_form_apart(t *testing.T) {
	t.Parallel()
	e := serve(t)
	var all []load.Document
	for number, form := range []string{"A", "B", "A"} {
		e.bills[fmt.Sprint(number)] = &kept{id: number, status: "A", text: "so"}
		all = append(all, load.Document{Key: form, Revision: 1, Attempt: 2, Payload: fmt.Appendf(nil,
			`{"FormId":%q,"Operation":"Save","IsAutoSubmitAndAudit":true,"Model":{"FBillNo":"%d","F_KLF_Text":"so"}}`, form, number)})
	}
	for i, got := range lookup(t, newTarget(t, connection(e)), all...) {
		wantState(t, fmt.Sprint(i), got, load.Sent, "")
	}
	var made []string
	for _, call := range e.calls("Audit") {
		made = append(made, call.parameters[0]+call.parameters[1][strings.Index(call.parameters[1], `"Numbers"`):])
	}
	if len(made) != 2 || !strings.HasPrefix(made[0], `A"Numbers":["0","2"]`) || !strings.HasPrefix(made[1], `B"Numbers":["1"]`) {
		t.Errorf("got %v, want one call a form", made)
	}
}

func TestSend_rejects_a_bill_that_is_gone_before_its_audit(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishAudit
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method == "Audit" {
			delete(e.bills, "1")
			_, _ = io.WriteString(w, envelope("13", nil, []string{complaint("", "网控冲突", 0)}))
		}
		return got.method == "Audit"
	}
	wantState(t, "gone", send(t, newTarget(t, conn), plain("1"))[0], load.Rejected, "not audited")
}

func TestSend_waits_for_a_network_conflict_at_audit(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Finish = k3cloud.FinishAudit
	e.says("Audit", 1, envelope("13", nil, []string{complaint("", "网控冲突", 0)}))
	got := send(t, newTarget(t, conn), plain("1"))[0]
	wantState(t, "conflict", got, load.InDoubt, "网控冲突")
	if got.RetryAfter == 0 {
		t.Error("got no wait")
	}
}
