package jdy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pandian/load"
	"pandian/load/jdy"
)

func TestSend_creates_what_is_not_there_and_updates_what_is(t *testing.T) {
	t.Parallel()
	p := serve(t)
	target := p.target(t)
	first := send(t, target, goods("SP-1"), goods("SP-2"))
	if states(first) != "sent sent" || first[0].TargetDocumentID != "925150323784304641" || first[1].TargetDocumentNo != "SP-2" {
		t.Fatalf("got %+v, want two that were made, with id and number", first)
	}
	again := send(t, target, goods("SP-2"))
	if states(again) != "sent" || again[0].TargetDocumentID != first[1].TargetDocumentID || len(p.there) != 2 {
		t.Errorf("got %+v and %d materials, want the second one changed", again, len(p.there))
	}
	want := `{"items":[{"id":"925150323784304642","number":"SP-2","name":"测试 <SP-2>","baseunitid_id":"925150323784304640","coefficient1":12345678901234567890.10}]}`
	if got := p.bodies[savePath][1]; got != want {
		t.Errorf("got body\n%s\nwant\n%s", got, want)
	}
}

func TestSend_names_an_id_once(t *testing.T) {
	t.Parallel()
	p := serve(t)
	blank := load.Document{Payload: []byte(`{"id":"","number":"A","name":"n","baseunitid_id":"1"}`)}
	first := send(t, p.target(t), blank)
	again := send(t, p.target(t), blank)
	if states(first)+states(again) != "sentsent" || strings.Contains(p.bodies[savePath][0], `"id"`) || strings.Count(p.bodies[savePath][1], `"id"`) != 1 {
		t.Errorf("got %+v, %+v and bodies %v, want no id to create and one to update", first, again, p.bodies[savePath])
	}
}

func TestSend_asks_again_after_a_look_up_that_was_kept_out(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.answer = func(w http.ResponseWriter, path string, n int, _ string) bool {
		if path != detailPath || n > 1 {
			return false
		}
		w.WriteHeader(519)
		_, _ = io.WriteString(w, `{"errcode":5003,"description":"unavailable"}`)
		return true
	}
	if got := send(t, p.target(t), goods("A")); states(got) != "sent" || p.count(detailPath) != 2 {
		t.Errorf("got %+v after %d look-ups, want it sent after 2", got, p.count(detailPath))
	}
}

func TestSend_puts_token_account_and_router_where_they_belong(t *testing.T) {
	t.Parallel()
	p := serve(t)
	conn := p.connection()
	conn.RouterAddr = "https://tf.jdy.com"
	send(t, newTarget(t, conn), goods("SP-1"))
	got := fmt.Sprintf("%s %s %s %s %s %q", p.queries[savePath], p.header.Get("accountId"), p.header.Get("groupName"),
		p.header.Get("X-GW-Router-Addr"), p.header.Get("Content-Type"), p.header.Get("X-Api-Signature"))
	want := `[access_token=CANARY-token-1] 925150323784304641 ns-v7g6 https://tf.jdy.com application/json; charset=utf-8 ""`
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p.count(tokenPath) != 1 || p.count(accountPath) != 1 || p.count(detailPath) != 1 || p.count(savePath) != 1 {
		t.Errorf("got calls %v, want one of each", p.calls)
	}
	query := p.queries[tokenPath][0]
	if query != "client_id=200000&client_secret=CANARY-client-secret&password=CANARY-pass%2Fword%3F%26%3D&username=13800000000" {
		t.Errorf("got token query %q", query)
	}
}

func TestSend_signs_where_that_is_asked_for(t *testing.T) {
	t.Parallel()
	p := serve(t)
	conn := p.connection()
	conn.SignHeaders = true
	send(t, newTarget(t, conn), goods("SP-1"))
	want := jdy.Sign(canarySecret, "POST", savePath, p.queries[savePath][0], p.header.Get("X-Api-Nonce"), p.header.Get("X-Api-TimeStamp"))
	if got := p.header.Get("X-Api-Signature"); got != want || p.header.Get("X-Api-ClientID") != "200000" || p.header.Get("X-Api-Auth-Version") != "2.0" {
		t.Errorf("got headers %v, want signature %s", p.header, want)
	}
	if nonce := p.header.Get("X-Api-Nonce"); len(nonce) != 10 || p.header.Get("X-Api-SignHeaders") != "X-Api-TimeStamp,X-Api-Nonce" {
		t.Errorf("got nonce %q, want ten digits", nonce)
	}
}

func TestSend_writes_in_batches(t *testing.T) {
	t.Parallel()
	p := serve(t)
	conn := p.connection()
	conn.BatchSize = 2
	outcomes := send(t, newTarget(t, conn), goods("A"), goods("B"), goods("C"), goods("D"), goods("E"))
	if p.count(savePath) != 3 || states(outcomes) != "sent sent sent sent sent" {
		t.Errorf("got %d calls and %s, want 3 and all sent", p.count(savePath), states(outcomes))
	}
}

// fault 24: a bad item stands alone.
func TestSend_gives_each_item_of_a_batch_its_own_outcome(t *testing.T) {
	t.Parallel()
	p := serve(t)
	bad := load.Document{Payload: []byte(`{"number":"B","name":"b","baseunitid_id":""}`)}
	same := load.Document{Payload: []byte(`{"number":"D","name":"测试 <A>","baseunitid_id":"1"}`)}
	outcomes := send(t, p.target(t), goods("A"), bad, goods("C"), same)
	if states(outcomes) != "sent rejected sent rejected" || p.count(savePath) != 1 {
		t.Fatalf("got %+v in %d calls, want sent, rejected, sent, rejected in one", outcomes, p.count(savePath))
	}
	if !strings.Contains(outcomes[1].Message, "unit字段不能为空") || !strings.Contains(outcomes[3].Message, "商品名称已存在") || !strings.Contains(outcomes[3].Message, "name(number)") {
		t.Errorf("got %q and %q, want the platform's words and advice", outcomes[1].Message, outcomes[3].Message)
	}
}

// fault 24: one object for all items does not say which one was bad.
func TestSend_reads_back_what_one_answer_for_all_does_not_tell(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.isObject = true
	documents := []load.Document{goods("A"), goods("B"), {Payload: []byte(`{"number":"C","name":"c"}`)}, goods("D")}
	outcomes := send(t, p.target(t), documents...)
	if states(outcomes) != "sent sent rejected sent" || len(p.there) != 3 || outcomes[3].TargetDocumentID != "925150323784304643" {
		t.Errorf("got %+v with %d materials, want one rejected and three sent", outcomes, len(p.there))
	}
	if p.count(savePath) != 2 || !strings.Contains(outcomes[2].Message, "不能为空") {
		t.Errorf("got %d calls and %q, want the bad one sent alone", p.count(savePath), outcomes[2].Message)
	}
	p.answer = func(w http.ResponseWriter, path string, _ int, body string) bool {
		if path == savePath && strings.Contains(body, `"G"`) {
			p.save([]byte(body))
			_, _ = io.WriteString(w, `{"success":true,"data":{"success":true,"successPkIds":["1"],"errorInfo":[]}}`)
			return true
		}
		return false
	}
	short := send(t, p.target(t), goods("G"), goods("H"))
	if states(short) != "sent sent" || short[0].TargetDocumentID != "925150323784304644" || short[1].TargetDocumentID != "925150323784304645" {
		t.Errorf("got %+v, want ids read back where there are too few", short)
	}
	all := send(t, p.target(t), goods("E"), goods("F"))
	if states(all) != "sent sent" || all[1].TargetDocumentID != "925150323784304647" {
		t.Errorf("got %+v, want the ids by place when all went well", all)
	}
}

// fault 24: refused as a whole, within 2·k·log2(n) calls more.
func TestSend_halves_a_batch_that_is_refused_as_a_whole(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.answer = func(w http.ResponseWriter, path string, _ int, body string) bool {
		if path != savePath || !strings.Contains(body, `"BAD`) {
			return false
		}
		_, _ = io.WriteString(w, `{"success":false,"errorCode":"1","message":"invalid value for bool field issale"}`)
		return true
	}
	var documents []load.Document
	for n := range 50 {
		documents = append(documents, goods(fmt.Sprint("SP-", n)))
	}
	documents[17], documents[31], documents[32] = goods("BAD-1"), goods("BAD-2"), goods("BAD-3")
	outcomes := send(t, p.target(t), documents...)
	for i, one := range outcomes {
		isBad := i == 17 || i == 31 || i == 32
		if isBad != (one.State == load.Rejected) || !isBad && one.State != load.Sent {
			t.Errorf("document %d: got %+v", i, one)
		}
	}
	if got := p.count(savePath); got > 1+2*3*6 || len(p.there) != 47 {
		t.Errorf("got %d calls and %d materials, want at most 37 and 47", got, len(p.there))
	}
}

func TestSend_settles_a_duplicate_number_by_looking_it_up(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		there string
		want  load.State
		text  string
	}{
		"ours":      {string(goods("A").Payload), load.Sent, "there already"},
		"another's": {`{"number":"A","name":"theirs"}`, load.Rejected, "says something else"},
		"not shown": {"", load.Rejected, "no material with the number A is shown"},
	} {
		p := serve(t)
		p.answer = func(w http.ResponseWriter, path string, n int, _ string) bool {
			switch {
			case path == detailPath && n == 2 && test.there != "":
				_, _ = io.WriteString(w, `{"success":true,"data":`+strings.Replace(test.there, "{", `{"id":"77",`, 1)+`}`)
			case path == savePath:
				_, _ = io.WriteString(w, `{"success":true,"data":[{"success":false,"errorInfo":[{"msg":"商品编码[A]已存在"}]}]}`)
			default:
				return false
			}
			return true
		}
		got := send(t, p.target(t), goods("A"))[0]
		if got.State != test.want || !strings.Contains(got.Message, test.text) || p.count(savePath) != 1 {
			t.Errorf("%s: got %+v, want %s with %q", name, got, test.want, test.text)
		}
	}
}

func TestSend_rejects_what_it_cannot_read_and_names_the_field(t *testing.T) {
	t.Parallel()
	p := serve(t)
	for payload, want := range map[string]string{
		"":                                      "payload: is not a JSON object",
		"[]":                                    "payload: is not a JSON object",
		`{"number":"A"`:                         "payload: is not a JSON object",
		`{"number":"A"}{}`:                      "payload: has something after",
		`{"number":"A","number":"B"}`:           `payload: has "number" twice`,
		`{"name":"n"}`:                          "number (商品编码): is missing",
		`{"number":" "}`:                        "number (商品编码): is missing",
		`{"number":"A","priceentity":"x"}`:      `priceentity (商品价格): is "x", want an array`,
		`{"number":"A","name":["n"]}`:           "name (商品名称): is an array or object",
		`{"number":"A","issale":"yes"}`:         `issale (是否可销售): is "yes", want true or false`,
		`{"number":"A","coefficient2":"a lot"}`: `coefficient2 (换算率2): is "a lot", want a number`,
	} {
		got := send(t, p.target(t), load.Document{Payload: []byte(payload)})[0]
		if got.State != load.Rejected || !strings.HasPrefix(got.Message, want) {
			t.Errorf("%s: got %+v, want %q", payload, got, want)
		}
	}
	if len(p.calls) != 0 {
		t.Errorf("got calls %v, want none", p.calls)
	}
	twice := send(t, p.target(t), goods("A"), goods("B"), goods("A"))
	if states(twice) != "sent sent rejected" || !strings.Contains(twice[2].Message, "document shop A too") {
		t.Errorf("got %+v, want the second of one number rejected", twice)
	}
	other := load.Document{Payload: []byte(`{"id":"5","number":"A","name":"x","baseunitid_id":"1"}`)}
	if got := send(t, p.target(t), other)[0]; got.State != load.Rejected || !strings.Contains(got.Message, "id (商品id): is 5, but the material A has 925150323784304641") {
		t.Errorf("got %+v, want another one's id rejected", got)
	}
}
