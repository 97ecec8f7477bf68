package yonsuite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/world"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, time.FixedZone("GMT+8", 8*60*60))

var testAccount = Account{
	TenantID: "tt0abc12", AppKey: "41832a3d2df94989b500da6a22268747", AppSecret: "test-secret-0001",
	SuiteKey: "7bb1d3c2-0000-4a4a-9c9c-000000000001", SuiteSecret: "suite-secret-0001",
}

const (
	tokenPath = "/iuap-api-auth/open-auth/selfAppAuth/getAccessToken"
	newPath   = "/iuap-api-auth/open-auth/selfAppAuth/base/v1/getAccessToken"
	suitePath = "/iuap-api-auth/open-auth/suiteApp/getAccessToken"
	stockPath = "/iuap-api-gateway/yonbip/scm/stock/QueryCurrentStocksByCondition"
)

type rig struct {
	t      *testing.T
	world  *world.World
	faults *fault.Set
	meter  *meter.Meter
	server *Server
	mux    *http.ServeMux
	now    time.Time
}

func newRig(t *testing.T, o Options, rows int, rules ...fault.Rule) *rig {
	t.Helper()
	wo := world.DefaultOptions(testNow)
	wo.Rows, wo.BadYonsuiteRecords, wo.NullShare = rows, 5, 0.02
	r := &rig{t: t, meter: &meter.Meter{}, mux: http.NewServeMux(), now: testNow}
	var err error
	if r.world, err = world.New(wo); err != nil {
		t.Fatalf("build world: %v", err)
	}
	if r.faults, err = fault.NewSet(1, fault.Plan{Rules: rules}, r.meter); err != nil {
		t.Fatalf("make faults: %v", err)
	}
	o.Account, o.Now = testAccount, func() time.Time { return r.now }
	r.server = New(o, r.world, r.faults, r.meter)
	r.server.Register(r.mux)
	return r
}

func (r *rig) do(method, target, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder
}

type reply struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (r *rig) decode(recorder *httptest.ResponseRecorder) (out reply) {
	r.t.Helper()
	if err := json.Unmarshal(recorder.Body.Bytes(), &out); err != nil {
		r.t.Fatalf("decode %.200s: %v", recorder.Body, err)
	}
	return out
}

// askToken asks with a signed query; change may spoil it after signing.
func (r *rig) askToken(path string, change func(url.Values)) reply {
	r.t.Helper()
	query := url.Values{"appKey": {testAccount.AppKey}, "timestamp": {fmt.Sprint(r.now.UnixMilli())}}
	secret := testAccount.AppSecret
	if path == suitePath {
		query.Del("appKey")
		query.Set("suiteKey", testAccount.SuiteKey)
		query.Set("tenantId", testAccount.TenantID)
		secret = testAccount.SuiteSecret
	}
	query.Set("signature", sign(secret, query))
	if change != nil {
		change(query)
	}
	return r.decode(r.do("GET", path+"?"+query.Encode(), ""))
}

func (r *rig) token() string {
	r.t.Helper()
	var data struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(r.askToken(tokenPath, nil).Data, &data); err != nil {
		r.t.Fatalf("decode token: %v", err)
	}
	return data.AccessToken
}

func (r *rig) query(token, body string) reply {
	r.t.Helper()
	return r.decode(r.do("POST", stockPath+"?access_token="+url.QueryEscape(token), body))
}

func TestDiscoveryNamesTheHostItWasAskedAt(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	got := r.decode(r.do("GET", "http://127.0.0.1:9/open-auth/dataCenter/getGatewayAddress?tenantId=tt0abc12", ""))
	want := `{"gatewayUrl":"http://127.0.0.1:9/iuap-api-gateway","tokenUrl":"http://127.0.0.1:9/iuap-api-auth"}`
	if got.Code != "00000" || string(got.Data) != want {
		t.Errorf("got %s %s, want 00000 %s", got.Code, got.Data, want)
	}
	if got := r.decode(r.do("GET", "/open-auth/dataCenter/getGatewayAddress?tenantId=other", "")); got.Code == "00000" {
		t.Error("another tenant was given an address")
	}
	r = newRig(t, Options{BaseURL: "https://erp.example"}, 10)
	got = r.decode(r.do("GET", "/open-auth/dataCenter/getGatewayAddress?tenantId=tt0abc12", ""))
	if !strings.Contains(string(got.Data), "https://erp.example/iuap-api-gateway") {
		t.Errorf("got %s, want the base URL of the options", got.Data)
	}
}

func TestEveryTokenPathGivesATokenThatWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	seen := map[string]bool{}
	for _, path := range []string{tokenPath, newPath, suitePath} {
		got := r.askToken(path, nil)
		var data struct {
			AccessToken string `json:"access_token"`
			Expire      int    `json:"expire"`
		}
		if err := json.Unmarshal(got.Data, &data); err != nil || got.Code != "00000" || data.Expire != 7200 {
			t.Fatalf("%s: got %+v (%v), want a token for 7200 seconds", path, got, err)
		}
		for _, reserved := range "+/=|%" {
			if !strings.ContainsRune(data.AccessToken, reserved) {
				t.Errorf("%s: token %s lacks %c", path, data.AccessToken, reserved)
			}
		}
		seen[data.AccessToken] = true
		if code := r.query(data.AccessToken, "").Code; code != "200" {
			t.Errorf("%s: stock query with the token got %s, want 200", path, code)
		}
		if code := r.decode(r.do("POST", stockPath+"?access_token="+strings.ReplaceAll(data.AccessToken, "%", "%25"), "")).Code; code != "310036" {
			t.Errorf("%s: a token with a bare plus got %s, want 310036", path, code)
		}
	}
	if len(seen) != 3 {
		t.Errorf("tokens: got %d different ones, want 3", len(seen))
	}
}

func TestPublishedTokenEncodingIsUnderstood(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	r.server.tokens.expires["YT_TOKEN_AbC+d/eF==|x%y"] = r.now.Add(time.Hour) // Y-5
	got := r.decode(r.do("POST", stockPath+"?access_token=YT_TOKEN_AbC%2Bd%2FeF%3D%3D%7Cx%25y", "{}"))
	if got.Code != "200" {
		t.Errorf("Y-5: got %s, want 200", got.Code)
	}
}

func TestOneWrongByteOfTheSignatureIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	tried := 0
	for _, path := range []string{tokenPath, newPath, suitePath} {
		for i := range 44 {
			got := r.askToken(path, func(query url.Values) {
				text := []byte(query.Get("signature"))
				if len(text) != 44 {
					t.Fatalf("signature has %d characters, want 44", len(text))
				}
				text[i] ^= 1
				query.Set("signature", string(text))
			})
			if got.Code != codeBadSign || got.Data != nil {
				t.Errorf("%s, position %d: got %s, want %s", path, i, got.Code, codeBadSign)
			}
			tried++
		}
		if got := r.askToken(path, func(q url.Values) { q.Set("timestamp", q.Get("timestamp")+"0") }); got.Code != codeBadSign {
			t.Errorf("%s, other timestamp: got %s, want %s", path, got.Code, codeBadSign)
		}
		if got := r.askToken(path, func(q url.Values) { q.Set("extra", "1") }); got.Code != codeBadSign {
			t.Errorf("%s, unsigned parameter: got %s, want %s", path, got.Code, codeBadSign)
		}
	}
	if got := r.meter.Count(Token, meter.AuthFailures); got != int64(tried+6) || tried != 132 {
		t.Errorf("auth failures: got %d after %d positions, want 138 after 132", got, tried)
	}
}

func TestClockIsCheckedWhenAsked(t *testing.T) {
	t.Parallel()
	stale := func(r *rig) string {
		query := url.Values{"appKey": {testAccount.AppKey}, "timestamp": {fmt.Sprint(r.now.Add(-6 * time.Minute).UnixMilli())}}
		query.Set("signature", sign(testAccount.AppSecret, query))
		return r.decode(r.do("GET", tokenPath+"?"+query.Encode(), "")).Code
	}
	if got := stale(newRig(t, Options{}, 10)); got != "00000" {
		t.Errorf("unchecked: got %s, want 00000", got)
	}
	if got := stale(newRig(t, Options{ClockSkew: 5 * time.Minute}, 10)); got != codeBadSign {
		t.Errorf("checked: got %s, want %s", got, codeBadSign)
	}
}

func TestTokensExpireAndAreReplaced(t *testing.T) {
	t.Parallel()
	// fault 19: token that expires
	r := newRig(t, Options{}, 10)
	first := r.token()
	r.now = r.now.Add(time.Hour)
	second := r.token()
	for _, token := range []string{first, second} {
		if got := r.query(token, "{}").Code; got != "200" {
			t.Errorf("token in its time: got %s, want 200", got)
		}
	}
	r.now = r.now.Add(time.Hour)
	if got := r.query(first, "{}").Code; got != "310036" {
		t.Errorf("token after two hours: got %s, want 310036", got)
	}
	if got := r.query(second, "{}").Code; got != "200" {
		t.Errorf("newer token: got %s, want 200", got)
	}
	r.server.ExpireTokens()
	if got := r.query(second, "{}").Code; got != "310036" {
		t.Errorf("token after all were made void: got %s, want 310036", got)
	}
	if got := r.query("", "{}"); got.Message != "access_token不能为空" {
		t.Errorf("no token: got %s", got.Message)
	}
}

func TestPlatformFaults(t *testing.T) {
	t.Parallel()
	var rules []fault.Rule
	codes := []string{"310008", "999", "1002", "9999"}
	for _, code := range codes {
		rules = append(rules, fault.Rule{Kind: fault.Code, Text: code, Count: 1})
	}
	r := newRig(t, Options{}, 50, append(rules,
		fault.Rule{Kind: fault.TokenExpired, After: 4, Count: 1},
		fault.Rule{Kind: fault.Throttle, After: 4, Count: 1},
		fault.Rule{Kind: fault.EmptyPage, Count: 1})...)
	token := r.token()
	for _, want := range codes {
		if got := r.query(token, "{}"); got.Code != want || got.Message == "" {
			t.Errorf("fault: got %s %q, want %s with a text", got.Code, got.Message, want)
		}
	}
	if got := r.query(token, "{}").Code; got != "310036" { // fault 19
		t.Errorf("token expired in the run: got %s, want 310036", got)
	}
	token = r.token()
	recorder := r.do("POST", stockPath+"?access_token="+url.QueryEscape(token), "{}")
	if got := r.decode(recorder); recorder.Code != http.StatusTooManyRequests || got.Code != "310046" { // fault 18
		t.Errorf("throttle: got HTTP %d code %s, want 429 and 310046", recorder.Code, got.Code)
	}
	if got := r.query(token, "{}"); got.Code != "200" || string(got.Data) != "[]" {
		t.Errorf("empty: got %s %s, want no rows", got.Code, got.Data)
	}
	if got := r.query(token, "{}"); len(got.Data) < 1000 {
		t.Errorf("after the faults: got %s, want rows", got.Data)
	}
	if err := r.faults.Replace(fault.Plan{Modes: fault.Modes{ErrorStatus: 401}}); err != nil {
		t.Fatal(err)
	}
	if got := r.do("POST", stockPath+"?access_token=x", "").Code; got != 401 {
		t.Errorf("error status: got HTTP %d, want 401", got)
	}
}

func TestCallsOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Limit: 2}, 10)
	token := r.token()
	for _, want := range []string{"200", "200", "310046"} {
		if got := r.query(token, "{}").Code; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	r.now = r.now.Add(time.Minute)
	if got := r.query(token, "{}").Code; got != "200" {
		t.Errorf("a minute later: got %s, want 200", got)
	}
	if got := r.server.Peaks()[Stock]; got != 3 {
		t.Errorf("peak: got %d, want 3", got)
	}
}
