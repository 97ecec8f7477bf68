package tplus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"pandian/load"
)

func TestSend_sends_the_payload_as_it_is_and_takes_null_for_done(t *testing.T) {
	t.Parallel()
	s := serve(t)
	conn := s.connection()
	conn.MarketingOrgan, conn.SignKey = "7", "CANARY-sign"
	outcomes := send(t, newTarget(t, conn, nil), sale("CK1"), sale("CK2"))
	if states(outcomes) != "sent sent" || outcomes[1].TargetDocumentNo != "CK2" || s.count(createPath) != 2 || s.count(findPath) != 0 {
		t.Fatalf("got %+v in %v calls, want both sent, one call each", outcomes, s.calls)
	}
	body := s.args[createPath][0]
	if want := `{"dto":` + string(sale("CK1").Payload) + `}`; body != want {
		t.Errorf("got body\n%s\nwant\n%s", body, want)
	}
	want := SignRequest("demoKey1", "CANARY-sign", s.header.Get("timestamp"), []byte(s.args[createPath][1]))
	if got := s.header.Get("signature"); got != want || s.queries[0] != "idMarketingOrgan=7" || len(s.header.Get("timestamp")) != 13 {
		t.Errorf("got signature %q, query %q, want %q and idMarketingOrgan=7", got, s.queries[0], want)
	}
}

func TestSend_reads_every_kind_of_success(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]load.State{
		"null": load.Sent, " null\n": load.Sent, "\xEF\xBB\xBFnull": load.Sent,
		`{"code":"0","message":"","data":{"ID":1}}`: load.Sent, `{"code":200}`: load.Sent, `{"code":0}`: load.Sent, `{"code":""}`: load.Sent, `{"code":"200"}`: load.Sent, `{}`: load.Sent,
		"": load.InDoubt, `"ok"`: load.InDoubt, `[]`: load.InDoubt, "<html>": load.InDoubt, "nul": load.InDoubt, "null null": load.InDoubt,
		`{"error":"busy"}`: load.InDoubt, `{"result":false,"message":"不行"}`: load.Rejected, `{"code":"7","message":"不行"}`: load.Rejected,
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, _ string, _ int, _ string) bool {
			_, _ = io.WriteString(w, body)
			return true
		}
		if got := send(t, newTarget(t, s.connection(), nil), sale("CK1"))[0]; got.State != want || s.count(createPath) != 1 {
			t.Errorf("%s: got %+v after %d calls, want %s after one", body, got, s.count(createPath), want)
		}
	}
}

// fault 23: the answer is lost after the server wrote.
func TestLookup_finds_what_a_lost_answer_left_behind(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.answer = func(w http.ResponseWriter, path string, n int, args string) bool {
		if path != createPath || n > 1 {
			return false
		}
		s.create(discard{}, args)
		panic(http.ErrAbortHandler)
	}
	target := newTarget(t, s.connection(), nil)
	outcomes := send(t, target, sale("CK1"), sale("CK2"))
	if states(outcomes) != "in_doubt sent" || s.count(createPath) != 2 {
		t.Fatalf("got %+v after %d calls, want the first in doubt, each sent once", outcomes, s.count(createPath))
	}
	found := lookup(t, target, sale("CK1"), sale("CK3"))
	if states(found) != "sent waiting" || found[0].TargetDocumentID != "900719925474099301" || !strings.Contains(found[0].Message, "same Code, ExternalCode") {
		t.Errorf("got %+v, want the first found with its id and what was compared", found)
	}
	// Sent again all the same, it is not made twice: T+ refuses it, and it is found.
	again := sale("CK1")
	again.Attempt = 2
	if got := send(t, target, again)[0]; got.State != load.Sent || !strings.Contains(got.Message, "there already") || len(s.there) != 2 {
		t.Errorf("got %+v and %d vouchers, want it found and nothing made", got, len(s.there))
	}
}

// discard takes an answer that nobody hears.
type discard struct{ http.ResponseWriter }

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestLookup_tells_ours_from_anothers(t *testing.T) {
	t.Parallel()
	line := `{"Inventory":{"Code":"2121"}}`
	for shown, want := range map[string]load.State{
		`{"ID":1,"Code":"CK1","ExternalCode":"CK1"}`:                                                                                    load.Sent,
		`{"ID":1,"Code":"CK1","ExternalCode":"OTHER"}`:                                                                                  load.Rejected,
		`{"ID":1,"Code":"CK2","ExternalCode":"CK1"}`:                                                                                    load.Rejected,
		`{"ID":1,"Code":"CK1","ExternalCode":"CK1","VoucherDate":"2024-04-02"}`:                                                         load.Rejected,
		`{"ID":1,"Code":"CK1","ExternalCode":"CK1","RDRecordDetails":[` + line + `,` + line + `]}`:                                      load.Rejected,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-04-01T00:00:00","Partner":{"Code":"TESTCUST","Name":"测试"},"RDRecordDetails":[{}]}`:    load.Sent,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-03-31T16:00:00Z","Partner":{"Name":"测试"},"RDRecordDetails":[` + line + `]}`:           load.Sent,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-04-01","Partner":{"Name":"测试"},"RDRecordDetails":[{"Inventory":{"Name":"货"}}]}`:       load.InDoubt,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-04-01","Partner":{"Code":"TESTCUST"}}`:                                                load.InDoubt,
		`{"ID":1,"Code":"CK1","Partner":{"Code":"TESTCUST"},"RDRecordDetails":[` + line + `]}`:                                          load.InDoubt,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-04-01","Partner":{"Code":"ELSE"},"RDRecordDetails":[` + line + `]}`:                   load.Rejected,
		`{"ID":1,"Code":"CK1","VoucherDate":"2024-04-01","Partner":{"Code":"TESTCUST"},"RDRecordDetails":[{"Inventory":{"Code":"9"}}]}`: load.Rejected,
		`{"ID":1,"Code":"CK1"}`: load.InDoubt, `{}`: load.Waiting, `null`: load.Waiting, `"x"`: load.InDoubt,
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == findPath {
				_, _ = io.WriteString(w, `{"code":"0","message":"","data":`+shown+`}`)
			}
			return path == findPath
		}
		if got := lookup(t, newTarget(t, s.connection(), nil), sale("CK1"))[0]; got.State != want {
			t.Errorf("%s: got %+v, want %s", shown, got, want)
		}
	}
}

func TestLookup_is_only_sure_where_the_platform_is(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   load.State
	}{
		{200, `{"code":"0","data":null}`, load.Waiting},
		{200, `{"code":"0"}`, load.Waiting},
		{200, `null`, load.Waiting},
		{400, `{"code":"999","message":"单据不存在"}`, load.Waiting},
		{400, `{"code":"999","message":"在位置 0 处没有任何行。"}`, load.Waiting},
		{400, `{"code":"999","message":"NoAuthOrData"}`, load.InDoubt},
		{400, `{"code":"999","message":"参数错误"}`, load.InDoubt},
		{400, `{"code":"EXSV0011","message":"服务名不正确"}`, load.InDoubt},
		{200, `{}`, load.InDoubt},
		{200, `<html>`, load.InDoubt},
		{500, ``, load.InDoubt},
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == findPath {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}
			return path == findPath
		}
		if got := lookup(t, newTarget(t, s.connection(), nil), sale("CK1"))[0]; got.State != test.want {
			t.Errorf("%s: got %+v, want %s", test.body, got, test.want)
		}
	}
}

func TestLookup_goes_by_the_last_attempt(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.answer = func(w http.ResponseWriter, _ string, n int, _ string) bool {
		if n == 1 {
			w.WriteHeader(500)
			return true
		}
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"code":"999","message":"单据不存在"}`)
		return true
	}
	if got := lookup(t, newTarget(t, s.connection(), nil), sale("CK1")); states(got) != "waiting" || s.count(findPath) != 2 {
		t.Errorf("got %+v after %d look-ups, want none found by the second", got, s.count(findPath))
	}
}

func TestSend_looks_into_a_duplicate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		there   string // the voucher's ExternalCode; empty for none
		attempt int
		isBlind bool
		want    load.State
		text    string
	}{
		"ours":                           {"CK1", 1, false, load.Sent, "there already"},
		"another's":                      {"X9", 1, false, load.Rejected, "is another one: ExternalCode is X9 and not CK1"},
		"nobody's, first attempt":        {"", 1, false, load.Rejected, "no voucher has the number"},
		"nobody's yet, second attempt":   {"", 2, false, load.InDoubt, "no voucher has the number"},
		"cannot be read back":            {"CK1", 1, true, load.Rejected, "look for it in T+"},
		"cannot be read back, attempt 2": {"CK1", 2, true, load.Rejected, "look for it in T+"},
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == createPath {
				w.WriteHeader(400)
				_, _ = io.WriteString(w, `{"code":"999","message":"单据编码重复"}`)
			}
			return path == createPath
		}
		if test.there != "" {
			s.there["CK1"] = []byte(strings.Replace(string(sale("CK1").Payload), `"ExternalCode":"CK1"`, `"ExternalCode":"`+test.there+`"`, 1))
		}
		conn := s.connection()
		hasOpenAPI := !test.isBlind
		conn.AssumeOpenAPI = &hasOpenAPI
		document := sale("CK1")
		document.Attempt = test.attempt
		got := send(t, newTarget(t, conn, nil), document)[0]
		if got.State != test.want || !strings.Contains(got.Message, test.text) || !strings.Contains(got.Message, "单据编码重复") {
			t.Errorf("%s: got %+v, want %s with %q", name, got, test.want, test.text)
		}
	}
}

func TestLookup_leaves_in_doubt_what_cannot_be_read_back(t *testing.T) {
	t.Parallel()
	s := serve(t)
	conn := s.connection()
	conn.Mode, conn.UserName, conn.AccountNumber = OnPremV1, "demo", "001"
	got := lookup(t, newTarget(t, conn, nil), sale("CK1"), load.Document{Payload: []byte(`{}`)})
	if states(got) != "in_doubt rejected" || len(s.calls) != 0 {
		t.Errorf("got %+v and calls %v, want it left in doubt without a call", got, s.calls)
	}
}

func TestSend_rejects_what_it_could_not_find_again_and_names_the_field(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for payload, want := range map[string]string{
		"":                                  "payload: is not a JSON object",
		"[]":                                "payload: is not a JSON object",
		`{"Code":"A"`:                       "payload: is not a JSON object",
		`{"dto":{}}`:                        "Code (单据编码): is missing",
		`{"Code":" "}`:                      "Code (单据编码): is missing",
		`{"Code":"A"}`:                      "RDRecordDetails (物料明细): has no line",
		`{"Code":"A","RDRecordDetails":[]}`: "RDRecordDetails (物料明细): has no line",
		`{"Code":"A","IsModifiedCode":"false","RDRecordDetails":[{}]}`:    "IsModifiedCode: is false",
		`{"Code":"A","RDRecordDetails":{"Inventory":{"Code":"x"}}}`:       "RDRecordDetails (物料明细): has no line",
		`{"Code":"A","RDRecordDetails":[{"Inventory":{"Code":"x"}}]} {} `: "payload: is not a JSON object",
	} {
		got := send(t, newTarget(t, s.connection(), nil), load.Document{Payload: []byte(payload)})[0]
		if got.State != load.Rejected || !strings.HasPrefix(got.Message, want) {
			t.Errorf("%s: got %+v, want %q", payload, got, want)
		}
	}
	if len(s.calls) != 0 {
		t.Errorf("got calls %v, want none", s.calls)
	}
}

// fault 26: the platform does not reach the server: one document is in doubt, no more.
func TestSend_leaves_a_server_alone_that_is_not_reached(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.answer = func(w http.ResponseWriter, _ string, _ int, _ string) bool {
		w.WriteHeader(500)
		_, _ = io.WriteString(w, `{"code":"EXERROR0001","message":"网络异常，请稍后再试"}`)
		return true
	}
	target := newTarget(t, s.connection(), nil)
	outcomes := send(t, target, sale("CK1"), sale("CK2"))
	if states(outcomes) != "in_doubt waiting" || outcomes[0].RetryAfter != outageWait || s.count(createPath) != 1 {
		t.Fatalf("got %+v after %d calls, want one in doubt for %s and one call", outcomes, s.count(createPath), outageWait)
	}
	for _, method := range []func(context.Context, []load.Document) ([]load.Outcome, error){target.Send, target.Lookup} {
		_, err := method(t.Context(), []load.Document{sale("CK3")})
		var unavailable *load.UnavailableError
		if !errors.As(err, &unavailable) || s.count(createPath)+s.count(findPath) != 1 {
			t.Errorf("got %v and calls %v, want unavailable without a call", err, s.calls)
		}
	}
	conn := s.connection()
	conn.OutageWait = 1 // ns
	target = newTarget(t, conn, nil)
	if got := send(t, target, sale("CK1"), sale("CK2")); states(got) != "in_doubt in_doubt" {
		t.Errorf("got %+v, want the second to be tried when the wait is over", got)
	}
}

func TestSend_keeps_what_was_sent_before_the_platform_went_away(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.answer = func(w http.ResponseWriter, _ string, n int, _ string) bool {
		if n == 1 {
			return false
		}
		w.WriteHeader(401)
		_, _ = io.WriteString(w, `{"code":"50112","message":"用量已达上限"}`)
		return true
	}
	target := newTarget(t, s.connection(), nil)
	got := send(t, target, sale("CK1"), sale("CK2"), sale("CK3"))
	if states(got) != "sent waiting waiting" || s.count(createPath) != 2 {
		t.Errorf("got %+v after %d calls, want the rest to wait", got, s.count(createPath))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := target.Send(ctx, []load.Document{sale("CK4")})
	if err != nil || states(got) != "waiting" || s.count(createPath) != 2 {
		t.Errorf("got %+v and error %v, want it to wait when its caller gives up", got, err)
	}
}
