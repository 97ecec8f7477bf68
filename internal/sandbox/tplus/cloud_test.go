package tplus

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
)

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct{ name, body, want string }{
		{"T3", `{"dto": {"ExternalCode": "CK2024 0401", "Memo": "来自 旺店通"}}`, "2b0857ad64ad53fa1eb4f5752b0383bf"},
		{"T4", "", "cb0ad97ad8efe90142a0e41b775d74e8"},
		{"T4 of blanks", " \t\r\n\v\f", "cb0ad97ad8efe90142a0e41b775d74e8"},
	} {
		if got := requestSign("demoKey1", "signkey-xyz", "1711963800000", []byte(vector.body)); got != vector.want {
			t.Errorf("%s: got %s, want %s", vector.name, got, vector.want)
		}
	}
}

func TestASignKeyAsksForASignature(t *testing.T) {
	t.Parallel()
	account := testAccount()
	account.SignKey = "signkey-xyz"
	r := newRig(t, Options{Accounts: []Account{account}})
	token, body := r.login().Access, dto("CK1")
	want := requestSign("demoKey1", "signkey-xyz", "1711963800000", []byte(body))
	for signature, status := range map[string]int{want: 200, "": 401, strings.ToUpper(want): 401, want[1:] + "0": 401} {
		got := r.do("POST", simplePath, body, app("openToken", token, "signature", signature, "timestamp", "1711963800000"))
		if got.status != status {
			t.Errorf("signature %q: got HTTP %d %s, want %d", signature, got.status, got.body, status)
		}
	}
	if got := r.do("POST", selfBuilt, `{}`, app("signature", "x", "timestamp", "1")); !strings.Contains(got.body, "50003") {
		t.Errorf("wrong signature of a token call: got %s", got.body)
	}
}

func TestASelfBuiltAppGetsATokenForItsTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{TokenLife: 2 * time.Hour})
	got := r.do("POST", selfBuilt+"?appTicket=ticket", `{"authCertificate":"cert","appKey":"demoKey1"}`, app())
	var value struct {
		AccessToken, RefreshToken   string
		ExpiresIn, RefreshExpiresIn int
	}
	if err := json.Unmarshal(got.Value, &value); err != nil || string(got.Result) != "true" || value.ExpiresIn != 7200 ||
		value.RefreshExpiresIn != 30*24*3600 || value.AccessToken == "" || value.RefreshToken == "" {
		t.Errorf("got %s (%v)", got.body, err)
	}
	for _, test := range []struct {
		headers    map[string]string
		body, code string
	}{
		{app(), `{"appTicket":"old","certificate":"cert"}`, "50003"},
		{app(), `{"appTicket":"ticket","certificate":"x"}`, "50003"},
		{app(), `{}`, "50003"},
		{app(), `no`, "50000"},
		{app("appSecret", "x"), `{}`, "50003"},
		{app("appKey", ""), `{}`, "4001"},
		{app("appKey", "x"), `{}`, "4002"},
	} {
		got := r.do("POST", selfBuilt, test.body, test.headers)
		if !strings.Contains(got.body, `{"result":false,"error":{"code":"`+test.code+`","msg":"`) {
			t.Errorf("%s: got %s, want error %s", test.body, got.body, test.code)
		}
	}
}

func (r *rig) refresh(token string) reply {
	r.t.Helper()
	return r.do("GET", "/auth/v2/refreshToken?grantType=refresh_token&refreshToken="+token, "", app())
}

func (r *rig) wantRow(token, code string, status int) {
	r.t.Helper()
	got := r.do("POST", openPath+"FindVoucherList", `{}`, app("openToken", token))
	if got.status != status || got.Code != code {
		r.t.Errorf("token %.6s: got HTTP %d %s, want %d %s", token, got.status, got.body, status, code)
	}
}

func TestARefreshRotatesAndKillsTheOldToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	first := r.login()
	r.wantRow(first.Access, "0", 200)
	got := r.refresh(first.Refresh)
	var second struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(got.Result, &second); err != nil || got.Code != "200" || second.Expires != 6*24*3600 {
		t.Fatalf("refresh: got %s (%v)", got.body, err)
	}
	if second.Access == first.Access || second.Refresh == first.Refresh {
		t.Error("the refresh gave a token that was there before")
	}
	r.wantRow(first.Access, "50107", 403)
	r.wantRow(second.Access, "0", 200)
	if got := r.refresh(first.Refresh); got.status != 401 || got.Code != "4007" {
		t.Errorf("old refresh token: got HTTP %d %s, want 401 and 4007", got.status, got.body)
	}
	r.wantRow(second.Access, "0", 200)
	if got := r.refresh(second.Refresh); got.Code != "200" {
		t.Errorf("new refresh token: got %s", got.body)
	}
}

func TestTokensEndByTimeAndOnDemand(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	p := r.login()
	r.pass(6*24*time.Hour - time.Second)
	r.wantRow(p.Access, "0", 200)
	r.pass(time.Second)
	r.wantRow(p.Access, "50107", 403)
	r.wantRow("", "50000", 403)
	p = r.login()
	r.server.ExpireTokens()
	r.wantRow(p.Access, "50107", 403)
	if got := r.refresh(p.Refresh); got.Code != "200" {
		t.Errorf("refresh after expiry: got %s", got.body)
	}
	p = r.login()
	r.pass(30 * 24 * time.Hour)
	if got := r.refresh(p.Refresh); got.Code != "4007" {
		t.Errorf("refresh after 30 days: got %s, want 4007", got.body)
	}
	r.plan(fault.Rule{Kind: fault.TokenExpired, Endpoint: OpenFind, Count: 1})
	r.wantRow(r.login().Access, "50107", 403)
}

func TestATokenBelongsToItsApplication(t *testing.T) {
	t.Parallel()
	other := testAccount()
	other.AppKey = "demoKey2"
	r := newRig(t, Options{Accounts: []Account{testAccount(), other}})
	p := r.login()
	for _, test := range []struct {
		headers map[string]string
		status  int
		code    string
	}{
		{app("openToken", p.Access, "appKey", "demoKey2"), 403, "50112"},
		{app("openToken", p.Access, "appKey", "demoKey3"), 401, "50000"},
		{app("openToken", p.Access, "appSecret", "x"), 401, "50000"},
		{app("openToken", "nothing"), 403, "50000"},
	} {
		if got := r.do("POST", simplePath, dto("CK1"), test.headers); got.status != test.status || got.Code != test.code {
			t.Errorf("%v: got HTTP %d %s, want %d %s", test.headers, got.status, got.body, test.status, test.code)
		}
	}
	headers := app("appKey", "demoKey2")
	if got := r.do("GET", "/auth/v2/refreshToken?grantType=refresh_token&refreshToken="+p.Refresh, "", headers); got.Code != "4007" {
		t.Errorf("refresh by another application: got %s, want 4007", got.body)
	}
}

func TestACodeIsGoodOnceForTenMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	query := func(code string) string {
		return "?grantType=authorization_code&redirectUri=https%3A%2F%2Fa.example.com&code=" + code
	}
	code := r.server.NewCode("demoKey1")
	if got := r.do("GET", "/auth/v2/getToken"+query(code), "", app()); got.Code != "200" {
		t.Errorf("first: got %s", got.body)
	}
	if got := r.do("GET", "/auth/v2/getToken"+query(code), "", app()); got.status != 401 || got.Code != "4007" {
		t.Errorf("second: got HTTP %d %s, want 401 and 4007", got.status, got.body)
	}
	old := r.do("POST", "/auth/getToken"+query(r.server.NewCode("demoKey1"))+"&appKey=demoKey1", "", map[string]string{"appSecret": "demoSecret"})
	if old.Code != "200" {
		t.Errorf("older form, posted: got %s", old.body)
	}
	late := r.server.NewCode("demoKey1")
	r.pass(10 * time.Minute)
	if got := r.do("GET", "/auth/v2/getToken"+query(late), "", app()); got.Code != "4007" {
		t.Errorf("after ten minutes: got %s, want 4007", got.body)
	}
	for grantType, code := range map[string]string{"": "4003", "password": "4008", "refresh_token": "4008"} {
		if got := r.do("GET", "/auth/v2/getToken?grantType="+grantType, "", app()); got.Code != code {
			t.Errorf("grantType %q: got %s, want %s", grantType, got.body, code)
		}
	}
}

func TestEveryRowOfTheTableCanBeAskedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		status        int
		code, message string
	}{
		{"4001", 400, "4001", ""}, {"4002", 400, "4002", ""}, {"4003", 400, "4003", ""}, {"4008", 400, "4008", ""},
		{"4007", 401, "4007", ""}, {"14002", 400, "14002", ""}, {"500", 500, "500", ""}, {"50000", 500, "50000", ""},
		{"50003", 400, "50003", ""}, {"50112", 401, "50112", ""}, {"50112/401", 401, "50112", ""}, {"50112/403", 403, "50112", ""},
		{"50107", 403, "50107", "openToken已失效"}, {"50000/401", 401, "50000", ""}, {"50000/403", 403, "50000", ""},
		{"50000/404", 404, "50000", ""}, {"409", 409, "", ""}, {"429", 429, "", ""},
		{"EXERROR0001 网络异常", 400, "EXERROR0001", "网络异常"}, {"EXERROR0001", 400, "EXERROR0001", ""},
		{"EXSM0003", 400, "EXSM0003", "提供令牌信息不正确"}, {"EXSM0004", 400, "EXSM0004", ""},
		{"EXSV0011", 400, "EXSV0011", "服务名不正确"}, {"999", 400, "999", "预开工日不能早于单据日期！"}, {"HTTP 999", 999, "999", ""},
		{"在位置 0 处没有任何行。", 400, "EXERROR0001", "在位置 0 处没有任何行。"}, {"NoAuthOrData", 400, "EXERROR0001", "NoAuthOrData"},
		{"索引超出范围。必须为非负值并小于集合大小。", 400, "EXERROR0001", "索引超出范围。必须为非负值并小于集合大小。"},
		{"未将对象引用设置到对象的实例。", 400, "EXERROR0001", "未将对象引用设置到对象的实例。"},
		{"期初已经记账", 400, "999", "期初已经记账"},
	} {
		r := newRig(t, Options{}, fault.Rule{Kind: fault.Code, Text: test.name, Endpoint: Create})
		got := r.call(simplePath, dto("CK1"))
		if got.status != test.status || got.Code != test.code || test.message != "" && got.Message != test.message {
			t.Errorf("%s: got HTTP %d %s", test.name, got.status, got.body)
		}
		if bare := test.code == ""; bare != (got.Error != "" && !strings.Contains(got.body, "code")) {
			t.Errorf("%s: got %s, want a member error alone: %v", test.name, got.body, bare)
		}
		if e := r.server.Entries(); len(e) != 0 {
			t.Errorf("%s: left %+v", test.name, e)
		}
	}
}

func TestTheLimitOfTheGatewayIs409WithoutACode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Limit: 2})
	token := r.login().Access
	for i, status := range []int{200, 200, 409} {
		got := r.do("POST", openPath+"FindVoucherList", `{}`, app("openToken", token))
		if got.status != status {
			t.Errorf("call %d: got HTTP %d %s, want %d", i+1, got.status, got.body, status)
		}
	}
	if peak := r.server.Peaks()["tplus"]; peak != 3 {
		t.Errorf("peak: got %d, want 3", peak)
	}
}

func TestTheStatusOfBusinessErrorsIsASwitch(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		status int
		code   string
	}{0: {400, "EXERROR0001"}, 400: {400, "EXERROR0001"}, 200: {200, "EXERROR0001"}, 999: {400, "999"}} {
		r := newRig(t, Options{BusinessErrorStatus: status})
		got := r.call(simplePath, `{"dto":null}`)
		if got.status != want.status || got.Code != want.code || !strings.Contains(string(got.Data), `"Code":"`+want.code+`"`) {
			t.Errorf("%d: got HTTP %d %s", status, got.status, got.body)
		}
	}
	r := newRig(t, Options{BusinessErrorStatus: 999}, fault.Rule{Kind: fault.Code, Text: "EXERROR0001 网络异常", Endpoint: Create})
	if got := r.call(simplePath, dto("CK1")); got.Code != "EXERROR0001" {
		t.Errorf("the gateway's own error: got %s", got.body)
	}
}

func TestUnknownPathsAndServices(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got := r.call("/tplus/api/v2/nothing/Create", `{}`); got.Code != "EXSV0011" {
		t.Errorf("unknown service: got %s", got.body)
	}
	if got := r.call("/tplus/nothing", `{}`); got.status != 404 || got.Code != "50000" {
		t.Errorf("unknown path: got HTTP %d %s", got.status, got.body)
	}
	if got := r.call("/TPlus/api/v2/SALEDISPATCH/create", dto("CK1")); got.body != "null" {
		t.Errorf("other letter case: got %s", got.body)
	}
}
