package k3cloud_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pandian/load"
	"pandian/load/k3cloud"
)

// fault 23: the platform saved the bill, and its answer was lost.
func TestSend_is_in_doubt_after_a_lost_answer_and_Lookup_finds_the_bill(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(http.ResponseWriter){
		"broken connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"timeout":           func(http.ResponseWriter) { time.Sleep(600 * time.Millisecond) },
		"500":               func(w http.ResponseWriter) { http.Error(w, "<html>", http.StatusInternalServerError) },
		"exception": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "response_error:错误信息：\t超时时间已到")
		},
		"half an answer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			_, _ = io.WriteString(w, `{"Result":`)
		},
		"no result": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"Result":null}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := serve(t)
			e.override = func(w http.ResponseWriter, got request, _ int) bool {
				if got.method != "BatchSave" {
					return false
				}
				e.answer(w, got)
				e.mutex.Lock()
				e.busy = map[string]bool{}
				e.mutex.Unlock()
				lose(w)
				return true
			}
			target := newTarget(t, connection(e))
			first := document("1")
			got := send(t, target, first)[0]
			wantState(t, "sent", got, load.InDoubt, "nobody heard")
			if n := len(e.calls("BatchSave")); n != 1 {
				t.Fatalf("it was sent %d times", n)
			}
			first.InDoubt, first.Attempt = true, 2
			missing := document("2")
			missing.InDoubt = true
			found := lookup(t, target, first, missing)
			if found[0].State != load.Sent || found[0].TargetDocumentID != "100000" || found[0].TargetDocumentNo != "1" {
				t.Errorf("got %+v, want bill 100000", found[0])
			}
			wantState(t, "a bill that never was", found[1], load.Waiting, "does not have")
			if again := send(t, target, first)[0]; again.State != load.Sent || e.saves["1"] != 1 {
				t.Errorf("got %+v after %d saves, want it found and not saved again", again, e.saves["1"])
			}
		})
	}
}

func TestSend_is_in_doubt_when_its_caller_gives_up_in_the_middle(t *testing.T) {
	t.Parallel()
	e := serve(t)
	ctx, cancel := newContext(t)
	e.override = func(_ http.ResponseWriter, got request, _ int) bool {
		if got.method == "BatchSave" {
			cancel()
			time.Sleep(100 * time.Millisecond)
		}
		return got.method == "BatchSave"
	}
	outcomes, err := newTarget(t, connection(e)).Send(ctx, documents(1, 1))
	if err != nil || outcomes[0].State != load.InDoubt {
		t.Errorf("got %+v and %v, want it in doubt", outcomes, err)
	}
}

func TestLookup_takes_a_bill_for_ours_only_with_proof(t *testing.T) {
	t.Parallel()
	customer := `"FCustomerID":{"FNumber":"C0001"}`
	byDate := load.Document{Key: "k", Revision: 1, Attempt: 2, InDoubt: true, Payload: []byte(
		`{"FormId":"S","Operation":"Save","Model":{"fbillno":1,"FDATE":"2024-05-01 10:20:30","fcustomerid":{"FNUMBER":"C0001"},"F_KLF_Text":""}}`)}
	bare := load.Document{Key: "k", Revision: 1, Attempt: 2, Payload: []byte(`{"FormId":"S","Operation":"Save","Model":{"FBillNo":1}}`)}
	changed := documentOf("1", "", customer)
	changed.Revision = 2
	for name, test := range map[string]struct {
		document load.Document
		there    kept
		want     load.State
		message  string
	}{
		"same text":         {documentOf("1", "", customer), kept{text: "so-1"}, load.Sent, ""},
		"another text":      {documentOf("1", "", customer), kept{text: "so-2"}, load.Rejected, `not ours: F_KLF_Text is "so-2" there and "so-1" here`},
		"no text there":     {documentOf("1", "", customer), kept{}, load.Rejected, "not ours"},
		"date and customer": {byDate, kept{date: "2024-05-01", customer: "c0001"}, load.Sent, ""},
		"another date":      {byDate, kept{date: "2024-05-02", customer: "C0001"}, load.Rejected, "FDate"},
		"another customer":  {byDate, kept{date: "2024-05-01", customer: "C2"}, load.Rejected, "FCustomerID.FNumber"},
		"nothing to prove":  {bare, kept{date: "2024-05-01"}, load.Rejected, "no field that could prove"},
		"a later revision":  {changed, kept{text: "so-1"}, load.Rejected, "revision 2"},
	} {
		e := serve(t)
		test.there.id, test.there.status = 9, "C"
		e.bills["1"] = &test.there
		got := lookup(t, newTarget(t, connection(e)), test.document)[0]
		wantState(t, name, got, test.want, test.message)
		if got.TargetDocumentID != "9" || got.TargetDocumentNo != "1" {
			t.Errorf("%s: got bill %q %q", name, got.TargetDocumentID, got.TargetDocumentNo)
		}
	}
}

func TestLookup_proves_with_the_field_of_the_connection(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.bills["1"] = &kept{id: 9, status: "C", customer: "C0001", text: "another"}
	conn := connection(e)
	conn.ProofField = "FCustomerID"
	wantState(t, "customer", lookup(t, newTarget(t, conn), document("1"))[0], load.Sent, "")
}

func TestLookup_asks_with_quotes_doubled_and_a_hundred_at_a_time(t *testing.T) {
	t.Parallel()
	e := serve(t)
	target := newTarget(t, connection(e))
	all := append(documents(1, 150), document("O'Brien's"))
	send(t, target, all...)
	for i, got := range lookup(t, target, all...) {
		wantState(t, fmt.Sprint(i), got, load.Sent, "")
	}
	asked := e.calls("ExecuteBillQuery")
	if len(asked) != 2 || !strings.Contains(asked[1].parameters[0], `FBillNo in (`) || !strings.Contains(asked[1].parameters[0], `'O''Brien''s'`) {
		t.Errorf("got %d queries, the last %s", len(asked), asked[len(asked)-1].parameters)
	}
}

func TestLookup_reads_errors_that_come_as_a_table(t *testing.T) {
	t.Parallel()
	lost := `[[` + envelope("1", nil, []string{complaint("", "会话信息已丢失，请重新登录", 0)}) + `]]`
	e := serve(t)
	e.bills["1"] = &kept{id: 9, status: "C", text: "so-1"}
	e.says("ExecuteBillQuery", 1, lost)
	wantState(t, "lost session", lookup(t, newTarget(t, connection(e)), document("1"))[0], load.Sent, "")
	if e.logins != 2 {
		t.Errorf("got %d logins, want 2", e.logins)
	}
	e.says("ExecuteBillQuery", 99, `[[`+envelope("9", nil, []string{complaint("", "元数据中标识为F_X的字段不存在", 0)})+`]]`)
	wantState(t, "9", lookup(t, newTarget(t, connection(e)), document("1"))[0], load.Rejected, "cannot be looked up: MsgCode 9")
	var unavailable *load.UnavailableError
	for code, text := range map[string]string{"14": "调用限制", "2": "没有权限", "7": "许可错误", "15": "禁止管理员登录"} {
		e.says("ExecuteBillQuery", 99, `[[`+envelope(code, nil, []string{complaint("", text, 0)})+`]]`)
		if _, err := newTarget(t, connection(e)).Lookup(t.Context(), documents(1, 1)); !errors.As(err, &unavailable) {
			t.Errorf("%s: got %v, want a target that is not available", text, err)
		}
	}
	e.says("ExecuteBillQuery", 99, `[[`+envelope("4", nil, []string{complaint("", "异常", 0)})+`]]`)
	if _, err := newTarget(t, connection(e)).Lookup(t.Context(), documents(1, 1)); err == nil || errors.As(err, &unavailable) {
		t.Errorf("exception: got %v, want an error that leaves the document in doubt", err)
	}
}

func TestLookup_is_not_misled_by_what_is_no_table(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, `{}`, `<html>`, `[["1"]]`, `["1"]`, `""`, `response_error:错误信息：\t出错`} {
		e := serve(t)
		e.says("ExecuteBillQuery", 99, body)
		e.bills["1"] = &kept{id: 9, status: "C", text: "so-1"}
		outcomes, err := newTarget(t, connection(e)).Lookup(t.Context(), []load.Document{document("1")})
		if body == `[["1"]]` {
			if err == nil {
				t.Errorf("%s: got %+v", body, outcomes)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: got %+v, want an error", body, outcomes)
		}
	}
}

func TestLookup_picks_our_bill_among_several_of_one_number(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("ExecuteBillQuery", 1, `[["1",5,"C","so-2"],["1",6,"C","so-1"],["1",7,"C","so-3"]]`)
	if got := lookup(t, newTarget(t, connection(e)), document("1"))[0]; got.State != load.Sent || got.TargetDocumentID != "6" {
		t.Errorf("got %+v, want bill 6", got)
	}
}

func TestLookup_is_not_available_without_a_platform_behind_the_gateway(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{502: true, 503: true, 504: true, 500: false} {
		e := serve(t)
		e.override = func(w http.ResponseWriter, got request, _ int) bool {
			if got.method == "ExecuteBillQuery" {
				w.WriteHeader(status)
			}
			return got.method == "ExecuteBillQuery"
		}
		_, err := newTarget(t, connection(e)).Lookup(t.Context(), documents(1, 1))
		var unavailable *load.UnavailableError
		if err == nil || errors.As(err, &unavailable) != want || len(e.calls("ExecuteBillQuery")) != 2 {
			t.Errorf("%d: got %v after %d calls, want not available %t after 2", status, err, len(e.calls("ExecuteBillQuery")), want)
		}
	}
}

func TestAskFirst_decides_what_is_looked_up_before_it_is_sent(t *testing.T) {
	t.Parallel()
	first, again, doubtful := document("1"), document("2"), document("3")
	again.Attempt, doubtful.InDoubt = 2, true
	for ask, want := range map[k3cloud.AskFirst]string{
		"": "'2','3'", k3cloud.AskRetries: "'2','3'", k3cloud.AskAlways: "'1','2','3'", k3cloud.AskNever: "",
	} {
		e := serve(t)
		conn := connection(e)
		conn.AskFirst = ask
		for i, got := range send(t, newTarget(t, conn), first, again, doubtful) {
			wantState(t, fmt.Sprint(i), got, load.Sent, "")
		}
		asked := e.calls("ExecuteBillQuery")
		if (want == "") != (len(asked) == 0) || want != "" && !strings.Contains(asked[0].parameters[0], "in ("+want+")") {
			t.Errorf("%s: got queries %v, want %s", ask, asked, want)
		}
	}
}

// Were it sent without having been looked up, the duplicate error would have to tell.
func TestSend_does_not_send_what_could_not_be_looked_up(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("ExecuteBillQuery", 99, `[[`+envelope("4", nil, []string{complaint("", "异常", 0)})+`]]`)
	doubtful, again := document("1"), document("2")
	doubtful.InDoubt, again.Attempt = true, 2
	got := send(t, newTarget(t, connection(e)), doubtful, again, document("3"))
	wantState(t, "in doubt", got[0], load.InDoubt, "could not be looked up")
	wantState(t, "again", got[1], load.Waiting, "could not be looked up")
	wantState(t, "first", got[2], load.Sent, "")
	if e.saves["1"]+e.saves["2"] != 0 {
		t.Error("it was sent")
	}
}
