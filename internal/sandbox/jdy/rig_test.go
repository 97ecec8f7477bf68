package jdy

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

var testAccount = Account{
	ClientID: "100001", ClientSecret: vectorSecret, UserName: "13800000000", Password: "p&ss word",
	AccountID: "900000000001", GroupName: "ns-v7g6", RouterAddr: "https://tf.example.com",
	OuterInstanceID: "100000000000000001", AppKey: "TESTKEY1",
}

// piece is a unit that exists.
const piece = "925150323784304640"

// rig is one server with what a test wants to turn or read.
type rig struct {
	t      *testing.T
	server *Server
	faults *fault.Set
	meter  *meter.Meter
	mux    *http.ServeMux

	mu  sync.Mutex
	now time.Time
}

func newRig(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux(), now: time.UnixMilli(1700000000123)}
	var err error
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	o.Account, o.Seed = testAccount, 7
	if o.Units == nil {
		o.Units = func(id string) bool { return id == piece }
	}
	o.Now = func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.now
	}
	r.server = New(o, r.faults, r.meter)
	r.server.Register(r.mux)
	return r
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) do(method, path, body string, headers map[string]string) *httptest.ResponseRecorder {
	r.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, request)
	return recorder
}

// reply has the members of every envelope, all as they came.
type reply struct {
	status                               int
	body                                 string
	Success                              *bool
	Errcode, Code, Data                  json.RawMessage
	ErrorCode, Message, Description, Msg string
	DescriptionCN                        string `json:"description_cn"`
}

func (r *rig) decode(recorder *httptest.ResponseRecorder) reply {
	r.t.Helper()
	got := reply{status: recorder.Code, body: recorder.Body.String()}
	if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
		r.t.Fatalf("decode %s: %v", recorder.Body, err)
	}
	return got
}

func (r *rig) tokenQuery(changed ...string) string {
	values := url.Values{
		"client_id": {testAccount.ClientID}, "client_secret": {testAccount.ClientSecret},
		"username": {testAccount.UserName}, "password": {testAccount.Password},
	}
	for i := 0; i < len(changed); i += 2 {
		values.Set(changed[i], changed[i+1])
	}
	return values.Encode()
}

func (r *rig) token() string {
	r.t.Helper()
	got := r.decode(r.do("GET", "/auth/user/access_token?"+r.tokenQuery(), "", nil))
	var data struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || data.AccessToken == "" {
		r.t.Fatalf("token: got %s (%v)", got.body, err)
	}
	return data.AccessToken
}

// at calls a V1 path with a token and the headers of the account set.
func (r *rig) at(path, token, body string) reply {
	r.t.Helper()
	return r.decode(r.do("POST", path+"?access_token="+token, body,
		map[string]string{"accountId": testAccount.AccountID, "groupName": testAccount.GroupName}))
}

func (r *rig) v1(path, body string) reply {
	r.t.Helper()
	return r.at(path, r.token(), body)
}

const batchPath = "/jdy/basedata/material_batch_save"

// result is one element of data.
type result struct {
	Success      bool
	SuccessPkIds []json.RawMessage
	ErrorInfo    []struct{ Msg string }
	Message      string
}

func (x result) text() string {
	if len(x.ErrorInfo) > 0 {
		return x.ErrorInfo[0].Msg
	}
	return ""
}

func (x result) id() string { return strings.Trim(string(x.SuccessPkIds[0]), `"`) }

// save sends items and returns what became of each.
func (r *rig) save(items ...string) []result {
	r.t.Helper()
	got := r.v1(batchPath, `{"items":[`+strings.Join(items, ",")+`]}`)
	var results []result
	if err := json.Unmarshal(got.Data, &results); err != nil || !*got.Success || len(results) != len(items) {
		r.t.Fatalf("save: got %s (%v)", got.body, err)
	}
	return results
}

// one is an item with these members more.
func one(number, name, more string) string {
	return `{"number":"` + number + `","name":"` + name + `","baseunitid_id":"` + piece + `"` + more + `}`
}

func (r *rig) entry(number string) ledger.Entry {
	for _, e := range r.server.Entries() {
		if e.Key == number {
			return e
		}
	}
	return ledger.Entry{}
}

func milliseconds(t *testing.T, text string) int64 {
	t.Helper()
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}
