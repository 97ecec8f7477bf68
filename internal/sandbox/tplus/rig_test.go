package tplus

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

// testNow is the time of the vectors.
var testNow = time.UnixMilli(1711963800000)

func testAccount() Account {
	return Account{
		AppKey: "demoKey1", AppSecret: "demoSecret", OrgID: "90010000001", Certificate: "cert", AppTicket: "ticket",
		MessageSecret: "1234567890123456", UserName: "demo", Password: "123456", AccountNumber: "003",
	}
}

// rig is one server with what a test wants to turn or read.
type rig struct {
	t      *testing.T
	server *Server
	faults *fault.Set
	meter  *meter.Meter
	mux    *http.ServeMux

	mu     sync.Mutex
	now    time.Time
	pushed [][]byte
}

func newRig(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux(), now: testNow}
	var err error
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	if o.Accounts == nil {
		o.Accounts = []Account{testAccount()}
	}
	o.Seed = 7
	o.Now = func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.now
	}
	o.Deliver = func(body []byte) { r.pushed = append(r.pushed, body) }
	r.server = New(o, r.faults, r.meter)
	r.server.Register(r.mux)
	return r
}

func (r *rig) plan(rules ...fault.Rule) {
	r.t.Helper()
	if err := r.faults.Replace(fault.Plan{Rules: rules}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// reply has the members of every envelope.
type reply struct {
	status               int
	body                 string
	Code, Message, Error string
	Data, Result, Value  json.RawMessage
}

func (r *rig) do(method, path, body string, headers map[string]string) reply {
	r.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, request)
	got := reply{status: recorder.Code, body: recorder.Body.String()}
	_ = json.Unmarshal(recorder.Body.Bytes(), &got) // members of another kind stay empty; body has all
	return got
}

// app are the headers of an application of the open platform.
func app(more ...string) map[string]string {
	headers := map[string]string{"appKey": "demoKey1", "appSecret": "demoSecret", "Content-Type": "application/json"}
	for i := 0; i < len(more); i += 2 {
		headers[more[i]] = more[i+1]
	}
	return headers
}

const (
	selfBuilt  = "/v1/common/auth/selfBuiltApp/generateToken"
	simplePath = "/tplus/api/v2/saleDispatch/Create"
	openPath   = "/tplus/api/v2/SaleDispatchOpenApi/"
)

// pair is the two tokens of a grant.
type pair struct{ Access, Refresh string }

func (r *rig) login() pair {
	r.t.Helper()
	got := r.do("POST", selfBuilt, `{"appTicket":"ticket","certificate":"cert"}`, app())
	var value struct{ AccessToken, RefreshToken string }
	if err := json.Unmarshal(got.Value, &value); err != nil || value.AccessToken == "" {
		r.t.Fatalf("token: got %s (%v)", got.body, err)
	}
	return pair{value.AccessToken, value.RefreshToken}
}

// call makes a call through the open platform with a fresh token.
func (r *rig) call(path, body string) reply {
	r.t.Helper()
	return r.do("POST", path, body, app("openToken", r.login().Access))
}

// dto is the body of a create; each of changes replaces one text by another.
func dto(code string, changes ...string) string {
	body := `{"dto":{"ExternalCode":"` + code + `","Code":"` + code + `","VoucherType":{"Code":"ST1021"},` +
		`"Customer":{"Code":"TESTCUST"},"Partner":{"Code":"TESTCUST"},"VoucherDate":"2024-04-01","BusiType":{"Code":"15"},` +
		`"Warehouse":{"Code":"TEST_CK01"},"DispatchAddress":"…","TransDocNo":"SF1","DeliveryCode":"SF1","Memo":"来自旺店通",` +
		`"RDRecordDetails":[{"Inventory":{"Code":"2121"},"BaseQuantity":2,"origTaxSalePrice":19.9,"DetailMemo":"来自旺店通1001"}]}}`
	return strings.NewReplacer(changes...).Replace(body)
}

func (r *rig) entry(code string) ledger.Entry {
	for _, e := range r.server.Entries() {
		if e.Key == code {
			return e
		}
	}
	return ledger.Entry{}
}
