package k3cloud_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"pandian/load"
)

// fault 24: a batch of fifty with three bad bills, whose complaints are grouped by check.
func TestSend_settles_a_batch_of_fifty_bill_by_bill(t *testing.T) {
	t.Parallel()
	for _, isAuto := range []bool{true, false} {
		e := serve(t)
		all := documents(1, 50)
		bad := map[int]bool{3: true, 17: true, 18: true}
		for i := range all {
			options := ""
			if isAuto {
				options = `"IsAutoSubmitAndAudit":true,`
			}
			customer := `"FCustomerID":{"FNumber":"C1"}`
			if bad[i] {
				customer = `"FCustomerID":{"FNumber":""}`
			}
			all[i] = documentOf(fmt.Sprint(10000001+i), options, customer)
		}
		for i, got := range send(t, newTarget(t, connection(e)), all...) {
			number := fmt.Sprint(10000001 + i)
			if bad[i] {
				wantState(t, number, got, load.Rejected, "MsgCode 11: 字段“客户”是必填项; 单据体实体【明细信息】第【1】行分录，【仓库】字段必录")
				continue
			}
			if got.State != load.Sent || got.TargetDocumentNo != number || got.TargetDocumentID != fmt.Sprint(e.bills[number].id) {
				t.Errorf("%s: got %+v, want it sent with id %d", number, got, e.bills[number].id)
			}
			if e.saves[number] != 1 {
				t.Errorf("%s: saved %d times", number, e.saves[number])
			}
		}
		if got := len(e.calls("BatchSave")); got != 5 {
			t.Errorf("got %d calls of BatchSave, want 5 of ten bills", got)
		}
	}
}

func TestSend_keeps_the_order_of_keys_and_every_byte_of_the_model(t *testing.T) {
	t.Parallel()
	e := serve(t)
	model := `{"FSaleOrgId":{"FNumber":"101"},"FCustomerID": {"FNumber":"C<&>'1"},"FBillNo":10000001,"a":1,"B":[{"FRealQty":0.10,"FTaxPrice":19.900000000000000000001,"z":"\u0041","FDate":null}],"FNote":"🚚 中文\t\""}`
	payload := `{"FormId":"SAL_OUTSTOCK","Operation":"batchSave","IsAutoSubmitAndAudit":"true","Model":` + model + `,"IsVerifyBaseDataField":false,"InterationFlags":"STK_InvCheckResult"}`
	got := send(t, newTarget(t, connection(e)), load.Document{Key: "1", Revision: 1, Attempt: 1, Payload: []byte(payload)})
	wantState(t, "the bill", got[0], load.Sent, "")
	call := e.calls("BatchSave")[0]
	want := `{"IsAutoSubmitAndAudit":"true","IsVerifyBaseDataField":false,"InterationFlags":"STK_InvCheckResult","Model":[` + model + `]}`
	if len(call.parameters) != 2 || call.parameters[0] != "SAL_OUTSTOCK" || call.parameters[1] != want {
		t.Errorf("got %q, want SAL_OUTSTOCK and %s", call.parameters, want)
	}
	if got := call.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got content type %q", got)
	}
}

func TestSend_groups_documents_by_form_operation_and_options(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.BatchSize, conn.Sessions = 2, 1
	one := func(number, form, operation string) load.Document {
		return load.Document{Key: number, Revision: 1, Attempt: 1, Payload: fmt.Appendf(nil,
			`{"FormId":%q,"Operation":%q,"Model":{"FBillNo":%q,"FCustomerID":{"FNumber":"C"}}}`, form, operation, number)}
	}
	all := []load.Document{
		one("1", "A", "BatchSave"), one("2", "B", "BatchSave"), one("3", "A", "BatchSave"), document("4"),
		one("5", "A", "BatchSave"), one("6", "A", "Save"), one("7", "A", "Save"),
	}
	for i, got := range send(t, newTarget(t, conn), all...) {
		wantState(t, fmt.Sprint(i+1), got, load.Sent, "")
		if got.TargetDocumentNo != fmt.Sprint(i+1) {
			t.Errorf("document %d: got number %s", i+1, got.TargetDocumentNo)
		}
	}
	var sizes []string
	for _, call := range append(e.calls("BatchSave"), e.calls("Save")...) {
		var data struct{ Model json.RawMessage }
		if err := json.Unmarshal([]byte(call.parameters[1]), &data); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, fmt.Sprint(call.method, call.parameters[0], strings.Count(string(data.Model), "FBillNo"), string(data.Model[:1])))
	}
	if got, want := strings.Join(sizes, " "), "BatchSaveA2[ BatchSaveA1[ BatchSaveB1[ BatchSaveSAL_OUTSTOCK1[ SaveA1{ SaveA1{"; got != want {
		t.Errorf("got calls %s, want %s", got, want)
	}
}

func TestSend_reads_the_bill_that_Save_names_beside_the_status(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("Save", 1, `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[],"MsgCode":0},"Id":"100006","Number":"7"}}`)
	got := send(t, newTarget(t, connection(e)), load.Document{Key: "7", Revision: 1, Attempt: 1,
		Payload: []byte(`{"FormId":"A","Operation":"Save","Model":{"FBillNo":"7"}}`)})
	if got[0].State != load.Sent || got[0].TargetDocumentID != "100006" {
		t.Errorf("got %+v, want bill 100006", got[0])
	}
}

func TestSend_looks_up_a_bill_that_the_answer_does_not_mention(t *testing.T) {
	t.Parallel()
	for _, isSuccess := range []string{"true", "false"} {
		e := serve(t)
		e.bills["2"] = &kept{id: 77, status: "C", text: "so-2"}
		e.says("BatchSave", 1, `{"Result":{"ResponseStatus":{"IsSuccess":`+isSuccess+`,"Errors":null,"MsgCode":0,
			"SuccessEntitys":[{"Id":"55","Number":"1","DIndex":"0"}]}}}`)
		e.bills["1"] = &kept{id: 55, status: "C", text: "so-1"}
		got := send(t, newTarget(t, connection(e)), document("1"), document("2"), document("3"))
		wantState(t, "mentioned", got[0], load.Sent, "")
		wantState(t, "there", got[1], load.Sent, "")
		wantState(t, "not there", got[2], load.Waiting, "does not mention")
		if got[0].TargetDocumentID != "55" || got[1].TargetDocumentID != "77" || len(e.calls("BatchSave")) != 1 {
			t.Errorf("got ids %q and %q after %d saves", got[0].TargetDocumentID, got[1].TargetDocumentID, len(e.calls("BatchSave")))
		}
	}
}

func TestSend_goes_by_the_number_of_a_success_and_not_by_its_place(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("BatchSave", 1, `{"Result":{"ResponseStatus":{"IsSuccess":false,"MsgCode":11,
		"Errors":[{"FieldName":"FCustomerID","Message":"字段“客户”是必填项","DIndex":0}],
		"SuccessEntitys":[{"Id":5,"Number":"2","DIndex":0},{"Id":6,"Number":"X9","DIndex":2}]}}}`)
	got := send(t, newTarget(t, connection(e)), plain("1"), plain("2"), plain("3"))
	wantState(t, "refused", got[0], load.Rejected, "客户")
	wantState(t, "sent", got[1], load.Sent, "")
	wantState(t, "a place with another number", got[2], load.Waiting, "does not mention")
}

func TestSend_believes_a_success_only_as_far_as_it_goes(t *testing.T) {
	t.Parallel()
	done := func(number string, place int) string {
		return fmt.Sprintf(`{"Id":5,"Number":%q,"DIndex":%d}`, number, place)
	}
	lost := complaint("", "会话信息已丢失，请重新登录", 1)
	e := serve(t) // the session is lost in the middle of a batch
	e.says("BatchSave", 1, envelope("1", []string{done("1", 0)}, []string{lost}))
	got := send(t, newTarget(t, connection(e)), plain("1"), plain("2"))
	wantState(t, "saved before", got[0], load.Sent, "")
	wantState(t, "not saved any more", got[1], load.Waiting, "会话信息已丢失")

	e = serve(t) // two were to be audited, and something went wrong
	e.bills["1"] = &kept{id: 5, status: "C", text: "cut off by the site"}
	e.says("BatchSave", 1, envelope("11", []string{done("1", 0), done("2", 1)}, []string{complaint("FX", "不对", 2)}))
	got = send(t, newTarget(t, connection(e)), document("1"), document("2"), document("3"))
	wantState(t, "saved by this call", got[0], load.Sent, "")
	wantState(t, "saved and not found", got[1], load.InDoubt, "does not find it")
	wantState(t, "refused", got[2], load.Rejected, "不对")
	if got[1].TargetDocumentID != "5" {
		t.Errorf("got id %q, want what the platform said", got[1].TargetDocumentID)
	}
}

// A refusal that names no bill: the bad one is found, the others are saved once.
func TestSend_halves_a_batch_that_is_refused_without_a_culprit(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method != "BatchSave" || !strings.Contains(got.parameters[1], `"10000007"`) {
			return false
		}
		_, _ = io.WriteString(w, envelope("8", nil, []string{complaint("", "参数错误", 0)}))
		return true
	}
	for i, got := range send(t, newTarget(t, connection(e)), documents(1, 10)...) {
		if i == 6 {
			wantState(t, "the bad one", got, load.Rejected, "MsgCode 8: 参数错误")
			continue
		}
		wantState(t, fmt.Sprint(i), got, load.Sent, "")
	}
	for number, n := range e.saves {
		if n != 1 {
			t.Errorf("%s was saved %d times", number, n)
		}
	}
	if got := len(e.calls("BatchSave")); got > 9 {
		t.Errorf("got %d calls, want no more than 2·log2(10)+1", got)
	}
}

func TestSend_halves_a_batch_that_is_too_large(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method != "BatchSave" || len(got.parameters[1]) < 500 {
			return false
		}
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return true
	}
	all := append(documents(1, 4), documentOf("9", `"F":"`+strings.Repeat("x", 600)+`",`, `"FCustomerID":{"FNumber":"C"}`))
	got := send(t, newTarget(t, connection(e)), all...)
	for i := range 4 {
		wantState(t, fmt.Sprint(i), got[i], load.Sent, "")
	}
	wantState(t, "large", got[4], load.Rejected, "HTTP 413")
}

func TestSend_rejects_a_payload_that_it_cannot_send(t *testing.T) {
	t.Parallel()
	e := serve(t)
	for payload, want := range map[string]string{
		`{`:    "not usable",
		`null`: "not a JSON object",
		`{"FormId":"A","Operation":"BatchSave","Model":{"FBillNo":"1"}} {}`:             "something follows",
		`{"FormId":"A","formid":"B","Operation":"BatchSave","Model":{"FBillNo":"1"}}`:   "formid twice",
		`{"Operation":"BatchSave","Model":{"FBillNo":"1"}}`:                             "no FormId",
		`{"FormId":"A","Operation":"Delete","Model":{"FBillNo":"1"}}`:                   `"Delete" is none of Save, BatchSave`,
		`{"FormId":"A","Operation":"BatchSave"}`:                                        "Model is not usable",
		`{"FormId":"A","Operation":"BatchSave","Model":[{"FBillNo":"1"}]}`:              "Model is not usable",
		`{"FormId":"A","Operation":"BatchSave","Model":{"FBillNo":"","FDate":"2024"}}`:  "no FBillNo",
		`{"FormId":"A","Operation":"BatchSave","Model":{"FBillNo":null,"FDate":"202"}}`: "no FBillNo",
	} {
		got := send(t, newTarget(t, connection(e)), load.Document{Key: "1", Revision: 1, Attempt: 1, Payload: []byte(payload)})
		wantState(t, payload, got[0], load.Rejected, want)
	}
	if got := len(e.requests); got != 0 {
		t.Errorf("%d calls were made", got)
	}
}

func TestSend_rejects_the_second_document_of_one_number(t *testing.T) {
	t.Parallel()
	e := serve(t)
	first, second := document("1"), document("1")
	second.Key = "another"
	got := send(t, newTarget(t, connection(e)), first, second)
	wantState(t, "first", got[0], load.Sent, "")
	wantState(t, "second", got[1], load.Rejected, "documents key-1 and another have the same FBillNo 1")
}

// Four callers, three sessions: the server watches that no session has two calls at once.
func TestSend_runs_at_once_on_sessions_of_their_own(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Sessions, conn.BatchSize = 3, 3
	target := newTarget(t, conn)
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			outcomes, err := target.Send(t.Context(), documents(caller*100, caller*100+29))
			for _, got := range outcomes {
				if got.State != load.Sent {
					t.Errorf("got %+v", got)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if e.logins != 3 || len(e.bills) != 120 {
		t.Errorf("got %d logins and %d bills, want 3 and 120", e.logins, len(e.bills))
	}
	if err := target.Close(t.Context()); err != nil || len(e.calls("Logout")) != 3 {
		t.Errorf("got %d logouts and %v, want 3", len(e.calls("Logout")), err)
	}
	for _, call := range e.calls("Logout") {
		if call.header.Get("kdservice-sessionid") == "" || !strings.Contains(call.header.Get("Cookie"), "ASP.NET_SessionId=asp-cookie-") {
			t.Errorf("got a logout with %v, want the session in header and cookie", call.header)
		}
	}
}

// fault 26: nothing is sent to a platform that is not there, and no attempt is used up.
func TestSend_is_not_available_when_nothing_went_out(t *testing.T) {
	t.Parallel()
	gone := serve(t)
	conn := connection(gone)
	conn.URL = "http://127.0.0.1:1/k3cloud/"
	_, err := newTarget(t, conn).Send(t.Context(), documents(1, 25))
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v, want a target that is not available", err)
	}
	e := serve(t)
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method == "BatchSave" {
			http.NotFound(w, nil)
		}
		return got.method == "BatchSave"
	}
	if _, err := newTarget(t, connection(e)).Send(t.Context(), documents(1, 25)); !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "base URL") {
		t.Errorf("got %v, want a target that is not available and advice", err)
	}
}

func TestSend_stops_after_a_gateway_without_a_platform(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method == "BatchSave" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return got.method == "BatchSave"
	}
	conn := connection(e)
	conn.Sessions = 1
	got := send(t, newTarget(t, conn), documents(1, 25)...)
	wantState(t, "the first batch", got[0], load.InDoubt, "HTTP 503")
	wantState(t, "the last batch", got[24], load.Waiting, "not sent")
	if n := len(e.calls("BatchSave")); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}
}
