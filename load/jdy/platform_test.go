package jdy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
	"pandian/load/jdy"
)

const (
	canarySecret   = "CANARY-client-secret"
	canaryPassword = "CANARY-pass/word?&="
	tokenPath      = "/auth/user/access_token"
	accountPath    = "/jdy/sys/accountGroup"
	detailPath     = "/jdy/basedata/material_detail"
	savePath       = "/jdy/basedata/material_batch_save"
	goodAccounts   = `{"success":true,"data":[{"serviceId":7,"accountGroups":[{"accountId":925150323784304641,"groupId":3,"groupName":"ns-v7g6"}]}]}`
)

// platform keeps materials by number and writes down what it was asked.
type platform struct {
	t   *testing.T
	URL string

	// answer goes before everything else where it is set; false leaves the call to
	// the platform. n counts the calls of that path from 1.
	answer   func(w http.ResponseWriter, path string, n int, body string) bool
	accounts string
	tokenOf  func(n int) string // the answer's data
	// isObject answers a batch with one object.
	isObject bool

	mu      sync.Mutex
	calls   map[string]int
	bodies  map[string][]string
	header  http.Header
	queries map[string][]string
	there   map[string]map[string]json.RawMessage
	nextID  int64
	tokens  int
}

func serve(t *testing.T) *platform {
	t.Helper()
	p := &platform{
		t: t, accounts: goodAccounts, calls: map[string]int{}, bodies: map[string][]string{}, queries: map[string][]string{},
		there: map[string]map[string]json.RawMessage{}, nextID: 925150323784304640,
		tokenOf: func(n int) string {
			return fmt.Sprintf(`{"access_token":"CANARY-token-%d","expires_in":"7200","uid":1}`, n)
		},
	}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	path := r.URL.Path
	p.calls[path]++
	p.bodies[path] = append(p.bodies[path], string(body))
	p.queries[path] = append(p.queries[path], r.URL.RawQuery)
	p.header = r.Header
	if p.answer != nil && p.answer(w, path, p.calls[path], string(body)) {
		return
	}
	if path != tokenPath && r.URL.Query().Get("access_token") != fmt.Sprintf("CANARY-token-%d", p.tokens) {
		w.WriteHeader(519)
		_, _ = io.WriteString(w, `{"errcode":4010,"description":"token","description_cn":"访问令牌无效"}`)
		return
	}
	switch path {
	case tokenPath:
		p.tokens++
		_, _ = fmt.Fprintf(w, `{"errcode":0,"description":"success","data":%s}`, p.tokenOf(p.tokens))
	case accountPath:
		_, _ = io.WriteString(w, p.accounts)
	case detailPath:
		p.detail(w, body)
	case savePath:
		_, _ = io.WriteString(w, p.save(body))
	default:
		http.NotFound(w, r)
	}
}

func (p *platform) detail(w http.ResponseWriter, body []byte) {
	var asked struct{ Number string }
	if err := json.Unmarshal(body, &asked); err != nil {
		p.t.Errorf("detail: %v in %s", err, body)
	}
	found, isThere := p.there[asked.Number]
	if !isThere {
		_, _ = io.WriteString(w, `{"success":false,"message":"参数number[`+asked.Number+`]不存在"}`)
		return
	}
	text, _ := json.Marshal(found)
	_, _ = fmt.Fprintf(w, `{"success":true,"data":%s}`, text)
}

// save writes what has a unit and a free number and name, and answers for each.
func (p *platform) save(body []byte) string {
	var asked struct {
		Items []map[string]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &asked); err != nil || len(asked.Items) == 0 {
		return `{"success":false,"errorCode":"400","message":"no items"}`
	}
	var results, ids, errors []string
	for _, one := range asked.Items {
		id, message := p.saveOne(one)
		if message != "" {
			results = append(results, `{"success":false,"errorInfo":[{"msg":"`+message+`"}]}`)
			errors = append(errors, `{"msg":"`+message+`"}`)
			continue
		}
		results = append(results, `{"success":true,"successPkIds":["`+id+`"],"errorInfo":[]}`)
		ids = append(ids, `"`+id+`"`)
	}
	if p.isObject {
		return fmt.Sprintf(`{"success":true,"data":{"success":%t,"successPkIds":[%s],"errorInfo":[%s]}}`,
			len(errors) == 0, strings.Join(ids, ","), strings.Join(errors, ","))
	}
	return `{"success":true,"data":[` + strings.Join(results, ",") + `]}`
}

func (p *platform) saveOne(one map[string]json.RawMessage) (id, message string) {
	text := func(key string) string { return string(erphttp.ReadText(one[key])) }
	number := text("number")
	if text("baseunitid_id") == "" {
		return "", "基础资料unit字段不能为空"
	}
	for other, there := range p.there {
		if other != number && string(there["name"]) == string(one["name"]) {
			return "", "商品名称已存在"
		}
	}
	if there, isThere := p.there[number]; isThere && text("id") != string(erphttp.ReadText(there["id"])) {
		return "", "商品编码[" + number + "]已存在"
	}
	if id = text("id"); id == "" {
		p.nextID++
		id = fmt.Sprint(p.nextID)
	}
	one["id"] = json.RawMessage(id) // shown as a number, above 2^53
	p.there[number] = one
	return id, ""
}

func (p *platform) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

func (p *platform) connection() jdy.Connection {
	return jdy.Connection{
		BaseURL: p.URL, ClientID: "200000", ClientSecret: canarySecret, Username: "13800000000", Password: canaryPassword,
		LoginsPerMinute: -1,
		HTTP: erphttp.Settings{
			CallsPerMinute: -1, BaseDelay: time.Millisecond, ThrottleWait: time.Millisecond, Timeout: 2 * time.Second,
			MaxAttempts: 3, MaxThrottles: 2, BreakerThreshold: 50,
		},
	}
}

func (p *platform) target(t *testing.T) *jdy.Target { return newTarget(t, p.connection()) }

func newTarget(t *testing.T, conn jdy.Connection) *jdy.Target {
	t.Helper()
	target, err := jdy.New(conn, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// goods is a document for the material of that number.
func goods(number string) load.Document {
	return load.Document{ID: 1, Key: "shop " + number, Revision: 1, Attempt: 1, Payload: []byte(
		`{"number" : "` + number + `","name" : "测试 <` + number + `>","baseunitid_id" : "925150323784304640","coefficient1" : 12345678901234567890.10}`)}
}

func send(t *testing.T, target load.Target, documents ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Send(t.Context(), documents)
	if err != nil || len(outcomes) != len(documents) {
		t.Fatalf("got %d outcomes and error %v, want %d", len(outcomes), err, len(documents))
	}
	noCanary(t, outcomes)
	return outcomes
}

func lookup(t *testing.T, target load.Finder, documents ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Lookup(t.Context(), documents)
	if err != nil || len(outcomes) != len(documents) {
		t.Fatalf("got %d outcomes and error %v, want %d", len(outcomes), err, len(documents))
	}
	noCanary(t, outcomes)
	return outcomes
}

// fault 32: no secret shows.
func noCanary(t *testing.T, shown any) {
	t.Helper()
	if text := fmt.Sprintf("%+v", shown); strings.Contains(text, "CANARY") || strings.Contains(text, "13800000000") {
		t.Errorf("a secret shows in %s", text)
	}
}

func states(outcomes []load.Outcome) string {
	var all []string
	for _, one := range outcomes {
		all = append(all, string(one.State))
	}
	return strings.Join(all, " ")
}
