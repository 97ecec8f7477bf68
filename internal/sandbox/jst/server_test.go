package jst

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// testNow is the moment of the derived vectors.
var testNow = time.Unix(1_700_000_000, 0).In(beijing)

var testAccount = Account{
	AppKey: "simapp0001", AppSecret: "simsecret0001", AuthCode: "consent0001",
	PartnerID: "simpartner", PartnerKey: "simpartnerkey", Token: "simtoken",
	TopAppKey: "10000001", TopSecret: "simtopsecret", CustomerID: "10000009",
}

// rig is one server with what a test wants to turn or read. Its clock stands
// still until a test moves it; its access token is simtoken0001.
type rig struct {
	t      *testing.T
	world  *saleouts.World
	faults *fault.Set
	meter  *meter.Meter
	server *Server
	mux    *http.ServeMux
	now    time.Time
}

func newRig(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	return newRigOver(t, o, saleouts.DefaultOptions(testNow), rules...)
}

// newSmallRig is for tests that look at no documents.
func newSmallRig(t *testing.T, o Options, rules ...fault.Rule) *rig {
	t.Helper()
	return newRigOver(t, o, saleouts.Options{Orders: 3}, rules...)
}

func newRigOver(t *testing.T, o Options, wo saleouts.Options, rules ...fault.Rule) *rig {
	t.Helper()
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux(), now: testNow}
	wo.Now = testNow
	var err error
	if r.world, err = saleouts.New(wo); err != nil {
		t.Fatalf("build world: %v", err)
	}
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	o.Account = testAccount
	o.Now = func() time.Time { return r.now }
	r.server = New(o, r.world, r.faults, r.meter)
	r.server.Register(r.mux)
	book := r.server.tokens
	book.renew(testNow)
	book.access, book.refresh = "simtoken0001", "simrefresh0001"
	return r
}

func encode(params map[string]string) string {
	values := url.Values{}
	for name, value := range params {
		values.Set(name, value)
	}
	return values.Encode()
}

// send posts a form, or a raw body when it is not nil.
func (r *rig) send(path, query, contentType, body string) []byte {
	r.t.Helper()
	request := httptest.NewRequest(http.MethodPost, path+"?"+query, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		r.t.Fatalf("POST %s: HTTP %d", path, recorder.Code)
	}
	return recorder.Body.Bytes()
}

const formType = "application/x-www-form-urlencoded;charset=UTF-8"

// answer is what tests look at in the answers of all routes.
type answer struct {
	Code       json.Number `json:"code"`
	Msg        string      `json:"msg"`
	Flag       string      `json:"flag"`
	SubCode    string      `json:"sub_code"`
	IsSuccess  bool        `json:"issuccess"`
	PageIndex  int         `json:"page_index"`
	PageSize   int         `json:"page_size"`
	DataCount  *int        `json:"data_count"`
	PageCount  *int        `json:"page_count"`
	HasNext    *bool       `json:"has_next"`
	Datas      []testRow   `json:"datas"`
	raw        string
	AccessTok  string `json:"access_token"`
	RefreshTok string `json:"refresh_token"`
	ExpiresIn  int    `json:"expires_in"`
}

type testRow struct {
	IOID     int64           `json:"io_id"`
	TS       int64           `json:"ts"`
	Status   string          `json:"status"`
	Modified string          `json:"modified"`
	Remark   string          `json:"remark"`
	Items    json.RawMessage `json:"items"`
}

func (r *rig) read(body []byte, below string) answer {
	r.t.Helper()
	var outer map[string]json.RawMessage
	got := answer{raw: string(body)}
	if err := json.Unmarshal(body, &outer); err != nil {
		r.t.Fatalf("read answer: %v in %.300q", err, body)
	}
	if err := json.Unmarshal(body, &got); err != nil {
		r.t.Fatalf("read answer: %v in %.300q", err, body)
	}
	if inner := outer[below]; inner != nil {
		if err := json.Unmarshal(inner, &got); err != nil {
			r.t.Fatalf("read %s: %v", below, err)
		}
	}
	return got
}

// open sends a signed query of the open platform; more overrides parameters
// before they are signed.
func (r *rig) open(biz string, more ...map[string]string) answer {
	r.t.Helper()
	params := with(simOpen, map[string]string{"biz": biz, "timestamp": strconv.FormatInt(r.now.Unix(), 10)})
	for _, m := range more {
		params = with(params, m)
	}
	params["sign"] = openSign(testAccount.AppSecret, params)
	return r.openRaw(params)
}

func (r *rig) openRaw(params map[string]string) answer {
	r.t.Helper()
	return r.read(r.send("/open/orders/out/simple/query", "", formType, encode(params)), "data")
}

// token sends a signed token call.
func (r *rig) token(flow tokenFlow, more map[string]string) answer {
	r.t.Helper()
	params := with(map[string]string{
		"app_key": testAccount.AppKey, "charset": "utf-8", "timestamp": strconv.FormatInt(r.now.Unix(), 10),
	}, more)
	params["sign"] = openSign(testAccount.AppSecret, params)
	return r.read(r.send("/openWeb/auth/"+string(flow), "", formType, encode(params)), "data")
}

// old sends a signed query of the old gateway, or another method.
func (r *rig) old(method, body string) answer {
	r.t.Helper()
	query := []pair{{"token", testAccount.Token}, {"ts", strconv.FormatInt(r.now.Unix(), 10)}}
	return r.oldRaw(method, oldSign(method, testAccount.PartnerID, testAccount.PartnerKey, query), query, body)
}

func (r *rig) oldRaw(method, sign string, query []pair, body string) answer {
	r.t.Helper()
	raw := "method=" + url.QueryEscape(method) + "&partnerid=" + testAccount.PartnerID
	for _, p := range query {
		raw += "&" + p.name + "=" + url.QueryEscape(p.value)
	}
	return r.read(r.send("/api/open/query.aspx", raw+"&sign="+sign, "application/json", body), "")
}

const oldQuery = "orders.out.simple.query"

// qimen sends a signed query of Qimen.
func (r *rig) qimen(more map[string]string) answer {
	r.t.Helper()
	params := with(with(simQimen, map[string]string{"sign_method": "md5", "timestamp": r.now.In(beijing).Format(time.DateTime)}), more)
	sign, known := topSign(params["sign_method"], testAccount.TopSecret, params)
	if !known {
		sign = "00000000000000000000000000000000"
	}
	params["sign"] = sign
	return r.qimenRaw("", params)
}

func (r *rig) qimenRaw(query string, params map[string]string) answer {
	r.t.Helper()
	body := r.send("/jst/router/qm", query, formType, encode(params))
	clean := strings.Map(func(c rune) rune {
		if c < ' ' {
			return -1
		}
		return c
	}, string(body))
	got := r.read([]byte(clean), "response")
	got.raw = string(body)
	return got
}

func (r *rig) want(got answer, code string) {
	r.t.Helper()
	if got.Code.String() != code {
		r.t.Errorf("code: got %s (%s %s), want %s", got.Code, got.Msg, got.SubCode, code)
	}
}
