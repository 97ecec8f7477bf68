package k3cloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

var testNow = time.Date(2024, 5, 1, 10, 20, 30, 0, time.FixedZone("GMT+8", 8*60*60))

var testAccount = Account{
	AcctID: "64f0c1d2e3a4b5", UserName: "demo", Password: "test-password",
	AppID: "200001_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY", AppSecret: "0123456789abcdef0123456789abcdef", LCID: 2052,
}

const (
	authPath = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.AuthService."
	formPath = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
)

// rig is a server with a client that holds one session.
type rig struct {
	t      *testing.T
	meter  *meter.Meter
	faults *fault.Set
	server *Server
	mux    *http.ServeMux
	now    time.Time
	sid    string
}

func newRig(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux(), now: testNow}
	var err error
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	if o.Account.AcctID == "" {
		o.Account = testAccount
	}
	o.Now = func() time.Time { return r.now }
	r.server = New(o, r.faults, r.meter)
	r.server.Register(r.mux)
	return r
}

// loggedIn is a rig whose client has a session.
func loggedIn(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	r := newRig(t, o, rules...)
	r.login()
	return r
}

// post sends a body; the header is "Name: value" lines.
func (r *rig) post(path, body string, lines ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	for _, line := range lines {
		name, text, _ := strings.Cut(line, ": ")
		request.Header.Add(name, text)
	}
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, request)
	return recorder
}

type loginReply struct {
	Message         *string
	LoginResultType int
	KDSVCSessionID  string `json:"KDSVCSessionId"`
	IsSuccessByAPI  bool
	Context         *struct{ UserLocale, DBid, SessionId string } //nolint:revive // the wire's names
}

// signIn calls a login method by position.
func (r *rig) signIn(method string, parameters ...any) loginReply {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"parameters": parameters})
	if err != nil {
		r.t.Fatal(err)
	}
	return decode[loginReply](r.t, r.post(authPath+method+".common.kdsvc", string(body)))
}

func (r *rig) login() {
	r.t.Helper()
	a := r.server.options.Account
	got := r.signIn("LoginByAppSecret", a.AcctID, a.UserName, a.AppID, a.AppSecret, a.LCID)
	if got.LoginResultType != 1 {
		r.t.Fatalf("login: got %+v", got)
	}
	r.sid = got.KDSVCSessionID
}

func decode[T any](t *testing.T, recorder *httptest.ResponseRecorder) (out T) {
	t.Helper()
	if err := json.Unmarshal(recorder.Body.Bytes(), &out); err != nil {
		t.Fatalf("decode %.300s: %v", recorder.Body, err)
	}
	return out
}

// reply is the envelope of a form operation.
type reply struct {
	Result struct {
		ResponseStatus struct {
			ErrorCode *int
			IsSuccess bool
			Errors    []struct {
				FieldName *string
				Message   string
				DIndex    int
			}
			SuccessEntitys []struct {
				ID     int64 `json:"Id"`
				Number string
				DIndex int
			}
			MsgCode int
		}
		ID             *int64 `json:"Id"`
		Number         *string
		NeedReturnData json.RawMessage
		Result         json.RawMessage
	}
}

// errors are the answer's errors as "DIndex FieldName Message".
func (a reply) errors() []string {
	var out []string
	for _, e := range a.Result.ResponseStatus.Errors {
		name := "null"
		if e.FieldName != nil {
			name = *e.FieldName
		}
		out = append(out, fmt.Sprintf("%d %s %s", e.DIndex, name, e.Message))
	}
	return out
}

// saved are the bills of SuccessEntitys as "DIndex Number".
func (a reply) saved() []string {
	var out []string
	for _, e := range a.Result.ResponseStatus.SuccessEntitys {
		out = append(out, fmt.Sprintf("%d %s", e.DIndex, e.Number))
	}
	return out
}

// raw calls a form method as the vendor's SDK does: positional, data as text.
func (r *rig) raw(method string, parameters ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"parameters": parameters})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.post(formPath+method+".common.kdsvc", string(body), "kdservice-sessionid: "+r.sid)
}

// do calls a form operation on SAL_OUTSTOCK.
func (r *rig) do(method, data string) reply {
	r.t.Helper()
	return decode[reply](r.t, r.raw(method, "SAL_OUTSTOCK", data))
}

// batch saves bills, with more options beside Model such as `,"BatchCount":1`.
func (r *rig) batch(options string, models ...string) reply {
	r.t.Helper()
	return r.do("BatchSave", `{"Model":[`+strings.Join(models, ",")+`]`+options+`}`)
}

// query asks for fields of SAL_OUTSTOCK and returns the answer as text.
func (r *rig) query(keys, filter string) string {
	r.t.Helper()
	q, err := json.Marshal(map[string]string{"FormId": "SAL_OUTSTOCK", "FieldKeys": keys, "FilterString": filter})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.raw("ExecuteBillQuery", string(q)).Body.String()
}

// bill is a Model as the project sends it; changes are pairs of what stands in
// it and what shall stand there.
func model(number string, changes ...string) string {
	text := `{"FID":0,"FBillTypeID":{"FNUMBER":"XSCKD01_SYS"},"FBillNo":"` + number + `","FDate":"2024-05-01 10:20:30",` +
		`"FSaleOrgId":{"FNumber":"101"},"FStockOrgId":{"FNumber":"101"},"FCustomerID":{"FNumber":"C0001"},` +
		`"FSaleDeptID":{"FNumber":"00006"},"FNote":"备注","F_KLF_Assistant":{"FNumber":"LY004"},"F_KLF_Text":"so-` + number + `",` +
		`"SubHeadEntity":{"FSettleOrgID":{"FNumber":"101"},"FSettleCurrID":{"FNumber":"PRE001"},"FAllDisCount":0},` +
		`"FEntity":[{"FMaterialID":{"FNumber":"SKU-1"},"FStockID":{"FNumber":"10001"},"FRealQty":2,"FTaxPrice":19.9,"FIsFree":false,"F_sms_Text2":"1"}]}`
	return strings.NewReplacer(changes...).Replace(text)
}

// entry is one bill of the ledger.
func (r *rig) entry(number string) ledger.Entry {
	for _, e := range r.server.Entries() {
		if e.Key == number {
			return e
		}
	}
	return ledger.Entry{}
}

// sameTexts compares lists.
func sameTexts(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) != len(want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
