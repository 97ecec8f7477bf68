package k3cloud

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

// lost is the captured answer on a session that is gone.
const lost = `{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,"Errors":[{"FieldName":null,` +
	`"Message":"会话信息已丢失，请重新登录","DIndex":0}],"SuccessEntitys":[],"SuccessMessages":[],"MsgCode":1}}}`

func TestEveryLoginIsByPositionOrByName(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	a := testAccount
	for _, login := range []struct{ method, body string }{
		{"ValidateUser", `{"parameters":["64f0c1d2e3a4b5","demo","test-password",2052]}`},
		{"ValidateUser", `{"acctID":"64f0c1d2e3a4b5","username":"demo","password":"test-password","lcid":"2052"}`},
		{"validateuser", `{"format":1,"useragent":"ApiClient","rid":"1","parameters":["64f0c1d2e3a4b5","demo","test-password",2052],"timestamp":"2024-05-01 10:00:00","v":"1.0"}`},
		{"LoginByAppSecret", `{"parameters":["` + a.AcctID + `","demo","` + a.AppID + `","` + a.AppSecret + `",2052]}`},
		{"LoginByAppSecret", `{"acctid":"` + a.AcctID + `","username":"demo","appid":"` + a.AppID + `","appsecret":"` + a.AppSecret + `","lcid":2052}`},
	} {
		recorder := r.post(authPath+login.method+".common.kdsvc", login.body)
		got := decode[loginReply](t, recorder)
		if got.LoginResultType != 1 || !got.IsSuccessByAPI || got.Message != nil || got.Context == nil || got.Context.DBid != a.AcctID {
			t.Errorf("%s: got %s, want a login", login.method, recorder.Body)
		}
		if cookies := recorder.Header().Values("Set-Cookie"); len(cookies) != 2 {
			t.Errorf("%s: cookies: got %q, want two", login.method, cookies)
		}
	}
	if got := r.server.Sessions(); got != 5 {
		t.Errorf("sessions: got %d, want 5", got)
	}
}

func TestRefusedLoginsHaveNoContext(t *testing.T) {
	t.Parallel()
	a := testAccount
	stale, early := fmt.Sprint(testNow.Unix()-301), fmt.Sprint(testNow.Unix()+301)
	sign := func(timestamp string) string {
		return loginSign(sha256.New, a.AcctID, a.UserName, a.AppID, a.AppSecret, timestamp)
	}
	for _, login := range []struct {
		name, method string
		parameters   []any
		want         int
		message      string
	}{
		{"wrong password", "ValidateUser", []any{a.AcctID, "demo", "x", 2052}, 0, "用户名或密码错误"},
		{"wrong user", "ValidateUser", []any{a.AcctID, "x", a.Password, 2052}, 0, "用户名或密码错误"},
		{"wrong acctID", "ValidateUser", []any{"x", "demo", a.Password, 2052}, -1, "会话信息已丢失，请重新登录"},
		{"wrong acctID", "LoginByAppSecret", []any{"x", "demo", a.AppID, a.AppSecret, 2052}, -1, "会话信息已丢失，请重新登录"},
		{"unknown app", "LoginByAppSecret", []any{a.AcctID, "demo", "x", a.AppSecret, 2052}, -1, "会话信息已丢失，请重新登录"},
		{"wrong secret", "LoginByAppSecret", []any{a.AcctID, "demo", a.AppID, "x", 2052}, -1, "第三方系统登录授权验证失败"},
		{"no parameters", "LoginByAppSecret", []any{}, -1, "会话信息已丢失，请重新登录"},
		{"old timestamp", "LoginBySign", []any{a.AcctID, "demo", a.AppID, stale, sign(stale), 2052}, -1, "第三方系统登录授权验证失败"},
		{"early timestamp", "LoginBySign", []any{a.AcctID, "demo", a.AppID, early, sign(early), 2052}, -1, "第三方系统登录授权验证失败"},
	} {
		r := newRig(t, Options{})
		got := r.signIn(login.method, login.parameters...)
		if got.LoginResultType != login.want || got.Message == nil || *got.Message != login.message || got.Context != nil ||
			got.IsSuccessByAPI || got.KDSVCSessionID != "" {
			t.Errorf("%s, %s: got %+v, want %d %s", login.method, login.name, got, login.want, login.message)
		}
		if got := r.meter.Count(Login, meter.AuthFailures); got != 1 || r.server.Sessions() != 0 {
			t.Errorf("%s: auth failures: got %d and %d sessions, want 1 and 0", login.name, got, r.server.Sessions())
		}
	}
	r := newRig(t, Options{ForbidValidateUser: true})
	if got := r.signIn("ValidateUser", a.AcctID, "demo", a.Password, 2052); got.LoginResultType != -1 {
		t.Errorf("ValidateUser where it is forbidden: got %+v", got)
	}
	atBorder := fmt.Sprint(testNow.Unix() - 300)
	if got := r.signIn("LoginBySign", a.AcctID, "demo", a.AppID, atBorder, sign(atBorder), 2052); got.LoginResultType != 1 {
		t.Errorf("a timestamp five minutes old: got %+v, want a login", got)
	}
}

func TestASessionTravelsAsHeaderOrAsBothCookies(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	recorder := r.post(authPath+"ValidateUser.common.kdsvc", `{"parameters":["64f0c1d2e3a4b5","demo","test-password",2052]}`)
	id := decode[loginReply](t, recorder).KDSVCSessionID
	cookies := map[string]string{}
	for _, cookie := range recorder.Result().Cookies() {
		cookies[cookie.Name] = cookie.Value
	}
	if cookies["kdservice-sessionid"] != id || cookies["ASP.NET_SessionId"] == "" {
		t.Fatalf("cookies: got %v, want the session %s", cookies, id)
	}
	ours, asp := "kdservice-sessionid="+id, "ASP.NET_SessionId="+cookies["ASP.NET_SessionId"]
	query := `{"parameters":["{\"FormId\":\"SAL_OUTSTOCK\",\"FieldKeys\":\"FBillNo\"}"]}`
	for _, test := range []struct {
		header string
		holds  bool
	}{
		{"kdservice-sessionid: " + id, true},
		{"Cookie: " + asp + "; " + ours, true},
		{"Cookie: Theme=standard; " + ours + "; " + asp, true},
		{"Cookie: " + ours, false},
		{"Cookie: " + asp, false},
		{"Cookie: ASP.NET_SessionId=other; " + ours, false},
		{"kdservice-sessionid: other", false},
		{"X: y", false},
	} {
		want := "[]"
		if !test.holds {
			want = "[[" + lost + "]]"
		}
		if got := r.post(formPath+"ExecuteBillQuery.common.kdsvc", query, test.header).Body.String(); got != want {
			t.Errorf("%s: got %s, want %s", test.header, got, want)
		}
		if got := r.post(formPath+"Save.common.kdsvc", "{}", test.header).Body.String(); (got == lost) == test.holds {
			t.Errorf("save, %s: got %s, want lost: %v", test.header, got, !test.holds)
		}
	}
}

func TestASessionIsLostWhenIdleUsedUpLoggedOutOrExpired(t *testing.T) {
	t.Parallel()
	alive := func(r *rig) bool {
		body := r.raw("BillQuery", `{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo"}`).Body.String()
		if body != "[]" && body != lost {
			t.Fatalf("got %s, want rows or a lost session", body)
		}
		return body == "[]"
	}
	// fault 19: the session ends in the middle of the work
	r := loggedIn(t, Options{})
	for range 3 {
		if r.now = r.now.Add(20 * time.Minute); !alive(r) {
			t.Error("lost after 20 minutes, which are allowed")
		}
	}
	if r.now = r.now.Add(20*time.Minute + time.Second); alive(r) {
		t.Error("alive after more than 20 idle minutes")
	}
	r = loggedIn(t, Options{SessionCalls: 2})
	if got := []bool{alive(r), alive(r), alive(r), alive(r)}; !got[0] || !got[1] || got[2] || got[3] {
		t.Errorf("two calls: got %v, want two alive", got)
	}
	if r.login(); !alive(r) {
		t.Error("a new login does not help")
	}
	r = loggedIn(t, Options{})
	if got := r.post(authPath+"Logout.common.kdsvc", "", "kdservice-sessionid: "+r.sid).Body.String(); got != "true" {
		t.Errorf("logout: got %s, want true", got)
	}
	if alive(r) || r.server.Sessions() != 0 {
		t.Error("alive after logout")
	}
	r = loggedIn(t, Options{})
	if r.server.ExpireSessions(); alive(r) {
		t.Error("alive after all were expired")
	}
	r = loggedIn(t, Options{}, fault.Rule{Kind: fault.TokenExpired, After: 1, Count: 1})
	if got := []bool{alive(r), alive(r), alive(r)}; !got[0] || got[1] || got[2] {
		t.Errorf("token_expired: got %v, want the first alone", got)
	}
	r = loggedIn(t, Options{}, fault.Rule{Kind: fault.Code, Endpoint: Query, Text: "1", Count: 1})
	if got := []bool{alive(r), alive(r)}; got[0] || got[1] {
		t.Errorf("MsgCode 1: got %v, want the session gone for good", got)
	}
}

func TestCallsOnOneSessionRunOneAfterTheOther(t *testing.T) {
	t.Parallel()
	took := func(sessions int) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{Latency: 100 * time.Millisecond})
			var ids []string
			for range sessions {
				r.login()
				ids = append(ids, r.sid)
			}
			started := time.Now()
			var calls sync.WaitGroup
			for i := range 4 {
				calls.Go(func() {
					r.post(formPath+"BillQuery.common.kdsvc", `{"data":{"FormId":"SAL_OUTSTOCK","FieldKeys":"FID"}}`,
						"kdservice-sessionid: "+ids[i%sessions])
				})
			}
			calls.Wait()
			took = time.Since(started)
		})
		return took
	}
	if got := took(1); got != 400*time.Millisecond {
		t.Errorf("four calls on one session took %v, want 400ms", got)
	}
	if got := took(4); got != 100*time.Millisecond {
		t.Errorf("four calls on four sessions took %v, want 100ms", got)
	}
}

func TestAddressesAreMatchedInAnyLetterCase(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	for _, root := range []string{"/k3cloud/", "/K3Cloud/", "/K3CLOUD/"} {
		path := root + "kingdee.BOS.webapi.ServicesStub.DynamicFormService.billQuery.common.kdsvc"
		got := r.post(path, `{"data":{"FormId":"sal_outstock","FieldKeys":"fid"}}`, "kdservice-sessionid: "+r.sid).Body.String()
		if got != "[]" {
			t.Errorf("%s: got %s, want no rows", path, got)
		}
	}
	if got := len(letterCases("k3cloud")); got != 64 {
		t.Errorf("spellings: got %d, want 64", got)
	}
}

func TestAnUnknownMethodIsAnsweredWithText(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	recorder := r.post(formPath+"Saave.common.kdsvc", "{}")
	got := recorder.Body.String()
	want := "response_error:发生时间：\t2024-05-01 10:20:30\r\n错误编号：\t"
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\r\n错误信息：\tKingdee.BOS.WebApi.ServicesStub.DynamicFormService.Saave no found.") || recorder.Code != 200 {
		t.Errorf("got HTTP %d %q", recorder.Code, got)
	}
	if got := r.post(formPath+"Save", "{}").Body.String(); !strings.HasPrefix(got, "response_error:") {
		t.Errorf("without the suffix: got %s", got)
	}
}

func TestAnInjectedLoginFaultIsALoginResultType(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, fault.Rule{Kind: fault.Code, Endpoint: Login, Text: "-5", Count: 1},
		fault.Rule{Kind: fault.Code, Endpoint: Login, Text: "1", Count: 1})
	a := testAccount
	for _, want := range []int{-5, -1, 1} {
		if got := r.signIn("ValidateUser", a.AcctID, "demo", a.Password, 2052); got.LoginResultType != want {
			t.Errorf("got %d, want %d", got.LoginResultType, want)
		}
	}
}

func TestTheLanguageOfAnAccountShows(t *testing.T) {
	t.Parallel()
	for lcid, want := range map[int]string{0: "zh-CN", 3076: "zh-TW", 1033: "en-US"} {
		a := testAccount
		a.LCID = lcid
		if got := newRig(t, Options{Account: a}).signIn("ValidateUser", a.AcctID, "demo", a.Password, lcid); got.Context.UserLocale != want {
			t.Errorf("%d: got %s, want %s", lcid, got.Context.UserLocale, want)
		}
	}
}

func TestOnlyPostIsAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	recorder := httptest.NewRecorder()
	r.mux.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, formPath+"View.common.kdsvc", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("got HTTP %d, want 405", recorder.Code)
	}
}

func TestPlatformFaultsHaveNoEffect(t *testing.T) {
	t.Parallel()
	rules := []fault.Rule{{Kind: fault.Throttle, Endpoint: Save, Count: 1}, {Kind: fault.Remote, Endpoint: Save, Text: "超时", After: 1, Count: 1}}
	codes := []string{"2", "4", "6", "7", "8", "9", "11", "12", "13", "14", "15"}
	for _, code := range codes {
		rules = append(rules, fault.Rule{Kind: fault.Code, Endpoint: Save, Text: code, Count: 1})
	}
	r := loggedIn(t, Options{}, rules...)
	if got := r.batch("", model("1")).Result.ResponseStatus.MsgCode; got != 14 {
		t.Errorf("throttle: got MsgCode %d, want 14", got)
	}
	if got := r.raw("BatchSave", "SAL_OUTSTOCK", "{}").Body.String(); !strings.HasSuffix(got, "超时") || !strings.HasPrefix(got, "response_error:") {
		t.Errorf("remote: got %s", got)
	}
	for _, code := range codes {
		got := r.batch("", model("1")).Result.ResponseStatus
		if fmt.Sprint(got.MsgCode) != code || got.IsSuccess || len(got.Errors) != 1 || got.Errors[0].Message == "" {
			t.Errorf("code %s: got %+v", code, got)
		}
	}
	if len(r.server.Bills()) != 0 || len(r.server.Entries()) != 0 {
		t.Errorf("bills: got %v, want none", r.server.Entries())
	}
	if got := r.batch("", model("1")); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("after the faults: got %+v", got)
	}
	if got := r.server.Peaks(); got[Save] != len(codes)+2 || got["k3cloud"] != len(codes)+3 { // remote stops before the limit
		t.Errorf("peaks: got %v", got)
	}
}

func TestCallsOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{Limit: 2})
	for _, want := range []string{"[]", `"MsgCode":14}}}]]`} {
		if got := r.query("FID", ""); !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
