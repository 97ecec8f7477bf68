package k3cloud_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"pandian/internal/erphttp"
	"pandian/load"
	"pandian/load/k3cloud"
)

func TestLogin_sends_what_each_way_wants(t *testing.T) {
	t.Parallel()
	for auth, test := range map[k3cloud.Auth]struct {
		method string
		want   []string
	}{
		k3cloud.AuthPassword:  {"ValidateUser", []string{"64f0c1d2e3a4b5", "demo", "CANARY-password", "2052"}},
		k3cloud.AuthAppSecret: {"LoginByAppSecret", []string{"64f0c1d2e3a4b5", "demo", appID, appSecret, "2052"}},
		k3cloud.AuthSign:      {"LoginBySign", []string{"64f0c1d2e3a4b5", "demo", appID, "", "", "2052"}},
		"":                    {"LoginBySign", []string{"64f0c1d2e3a4b5", "demo", appID, "", "", "2052"}},
		k3cloud.AuthSignSHA1:  {"LoginBySign", []string{"64f0c1d2e3a4b5", "demo", appID, "", "", "2052"}},
	} {
		e := serve(t)
		conn := connection(e)
		conn.Auth = auth
		wantState(t, string(auth), send(t, newTarget(t, conn), document("1"))[0], load.Sent, "")
		got := e.calls(test.method)[0].parameters
		if test.method == "LoginBySign" && len(got) == 6 {
			test.want[3], test.want[4] = got[3], conn.LoginSignature(got[3])
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: got %v, want %v", auth, got, test.want)
		}
		call := e.calls("BatchSave")[0]
		if call.header.Get("kdservice-sessionid") != "session-1" || call.header.Get("Cookie") != "ASP.NET_SessionId=asp-cookie-1" {
			t.Errorf("%s: got header %v, want the session", auth, call.header)
		}
	}
}

func TestHeader_signs_every_call_and_never_logs_in(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Auth = k3cloud.AuthHeader
	target := newTarget(t, conn)
	send(t, target, document("1"))
	lookup(t, target, document("1"))
	if e.logins != 0 || methods(e) != "BatchSave ExecuteBillQuery" {
		t.Errorf("got %s, want no login", methods(e))
	}
	for _, call := range e.requests {
		for name, want := range map[string]string{
			"X-Kd-Appkey": appID, "X-Kd-Appdata": "NjRmMGMxZDJlM2E0YjUsZGVtbywyMDUyLDA=",
			"X-Kd-Signature": "NDc1N2UxYWE3YTRkYjFhMzEwZmM1YmRiYWQxZjU5OTExOGM2ZDg0NWNjNWYyN2M3NGU5NmFlMWNkMTNhODYyZg==",
			"X-Api-Clientid": "200001",
		} {
			if got := call.header.Get(name); got != want {
				t.Errorf("%s: got %s %q, want %q", call.method, name, got, want)
			}
		}
		if len(call.header.Get("X-Api-Signature")) != 88 || len(call.header.Get("X-Api-Timestamp")) != 13 {
			t.Errorf("%s: got %v", call.method, call.header)
		}
	}
}

// fault 19: the session is lost between two calls.
func TestSend_logs_in_once_when_the_session_is_lost(t *testing.T) {
	t.Parallel()
	lost := envelope("1", nil, []string{complaint("", "会话信息已丢失，请重新登录", 0)})
	e := serve(t)
	conn := connection(e)
	conn.Sessions, conn.BatchSize = 1, 5
	e.override = func(w http.ResponseWriter, got request, n int) bool {
		if got.method != "BatchSave" || n != 3 {
			return false
		}
		_, _ = io.WriteString(w, lost)
		return true
	}
	for i, got := range send(t, newTarget(t, conn), documents(1, 20)...) {
		wantState(t, fmt.Sprint(i), got, load.Sent, "")
	}
	if len(e.calls("BatchSave")) != 5 || e.logins != 2 {
		t.Errorf("got %d calls and %d logins, want 5 and 2", len(e.calls("BatchSave")), e.logins)
	}
	for _, call := range e.calls("BatchSave")[3:] {
		if call.header.Get("kdservice-sessionid") != "session-2" || call.header.Get("Cookie") != "ASP.NET_SessionId=asp-cookie-2" {
			t.Errorf("got %v, want the new session alone", call.header)
		}
	}
}

func TestSend_keeps_the_newest_cookie_of_each_name(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Sessions, conn.BatchSize = 1, 1
	e.override = func(w http.ResponseWriter, got request, n int) bool {
		if got.method == "BatchSave" {
			http.SetCookie(w, &http.Cookie{Name: "ASP.NET_SessionId", Value: fmt.Sprintf("renewed-%d", n)})
		}
		return false
	}
	send(t, newTarget(t, conn), documents(1, 3)...)
	if got := e.calls("BatchSave")[2].header.Get("Cookie"); got != "ASP.NET_SessionId=renewed-2" {
		t.Errorf("got cookies %q, want the newest alone", got)
	}
}

func TestSend_gives_up_when_the_new_session_is_lost_too(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{
		envelope("1", nil, []string{complaint("", "会话信息已丢失，请重新登录", 0)}),
		envelope("0", nil, []string{complaint("", "Fail to verify third party passport", 0)}),
		"response_error:错误信息：\t当前尝试登录的数据中心无法获取到",
	} {
		e := serve(t)
		e.says("BatchSave", 99, lost)
		_, err := newTarget(t, connection(e)).Send(t.Context(), documents(1, 3))
		var unavailable *load.UnavailableError
		if !errors.As(err, &unavailable) || len(e.calls("BatchSave")) != 2 || e.logins != 2 {
			t.Errorf("got %v after %d calls and %d logins, want not available after 2 of each", err, len(e.calls("BatchSave")), e.logins)
		}
	}
}

func TestLogin_refused_says_what_to_check_and_shows_no_secret(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Message":"用户名或密码错误 CANARY-password ` + appSecret + `","LoginResultType":0,"Context":null,"IsSuccessByAPI":false}`,
		`{"Message":"登录失败","LoginResultType":-1}`,
		envelope("1", nil, []string{complaint("", "会话信息已丢失，请重新登录", 0)}),
		"response_error:发生时间：\t2026-05-11 10:24:36\r\n错误编号：\t0123\r\n错误信息：\t数据中心 " + appSecret,
	} {
		e := serve(t)
		e.says("LoginBySign", 99, body)
		var logged bytes.Buffer
		target, err := k3cloud.New(connection(e), erphttp.Deps{Log: slog.New(slog.NewTextHandler(&logged, nil))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = target.Send(t.Context(), documents(1, 3))
		var unavailable *load.UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "check acct_id") || len(e.calls("LoginBySign")) != 1 {
			t.Errorf("got %v after %d logins, want a target that is not available, with advice, after 1", err, len(e.calls("LoginBySign")))
		}
		health := target.Check(t.Context())
		for _, text := range []string{fmt.Sprint(err), fmt.Sprint(health.Problems), logged.String()} {
			if strings.Contains(text, "CANARY") || strings.Contains(text, appSecret) || strings.ContainsAny(text, "\r\t") {
				t.Errorf("got %q with a secret or control characters", text)
			}
		}
		if health.OK() {
			t.Error("the check found nothing wrong")
		}
	}
}

// A login that fails is no reason to doubt whether the bill arrived.
func TestSend_is_not_in_doubt_when_the_login_breaks(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.override = func(w http.ResponseWriter, got request, n int) bool {
		switch {
		case got.method == "LoginBySign" && n > 1:
			w.WriteHeader(http.StatusInternalServerError)
			return true
		case got.method == "BatchSave":
			_, _ = io.WriteString(w, envelope("1", nil, []string{complaint("", "会话信息已丢失", 0)}))
			return true
		}
		return false
	}
	_, err := newTarget(t, connection(e)).Send(t.Context(), documents(1, 3))
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("got %v, want a target that is not available", err)
	}
}

func TestSend_names_a_method_that_the_address_does_not_have(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("BatchSave", 99, "response_error:发生时间：\t2026-05-11 10:24:36\r\n错误编号：\t"+strings.Repeat("0", 32)+
		"\r\n错误信息：\tKingdee.BOS.WebApi.ServicesStub.DynamicFormService.BatchSave no found.")
	_, err := newTarget(t, connection(e)).Send(t.Context(), documents(1, 3))
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "DynamicFormService.BatchSave no found.; check url") || len(e.calls("BatchSave")) != 1 {
		t.Errorf("got %v, want advice to check url", err)
	}
}

func TestCheck_finds_what_is_wrong(t *testing.T) {
	t.Parallel()
	e := serve(t)
	target := newTarget(t, connection(e))
	if health := target.Check(t.Context()); !health.OK() || !health.Skew.Known {
		t.Errorf("got %+v, want no problem", health)
	}
	if methods(e) != "ExecuteBillQuery" {
		t.Errorf("got %s, want one query", methods(e))
	}
	e.says("ExecuteBillQuery", 9, `[[`+envelope("2", nil, []string{complaint("", "您没有该功能的操作权限", 0)})+`]]`)
	if health := target.Check(t.Context()); health.OK() || !strings.Contains(health.Problems[0], "没有该功能的操作权限; give the integration user") {
		t.Errorf("got %+v, want the missing right", health)
	}
	e.override = func(w http.ResponseWriter, got request, _ int) bool {
		if got.method == "ExecuteBillQuery" {
			w.Header().Set("Date", "Mon, 01 Jan 2001 00:00:00 GMT")
		}
		return false
	}
	if health := target.Check(t.Context()); health.OK() || !strings.Contains(health.Problems[0], "ahead of the platform's") {
		t.Errorf("got %+v, want the clock", health)
	}
}

func TestValidate_names_the_fields(t *testing.T) {
	t.Parallel()
	_, err := k3cloud.New(k3cloud.Connection{URL: "ftp://x", Sessions: 11, BatchSize: 21, Finish: "done", AskFirst: "maybe", ProofField: "F'--"}, erphttp.Deps{})
	for _, want := range []string{"url is not", "acct_id is missing", "user_name is missing", "app_id is missing", "app_secret is missing",
		"sessions 11", "batch_size 21", `finish "done"`, `ask_first "maybe"`, `proof_field "F'--"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	good := k3cloud.Connection{AcctID: "a", UserName: "u", AppID: "1", AppSecret: "s", Password: "p"}
	for auth, want := range map[k3cloud.Auth]string{
		"": "", k3cloud.AuthHeader: "", k3cloud.AuthPassword: "", "magic": `auth "magic"`,
	} {
		good.Auth = auth
		if err := good.Validate(); (want == "") != (err == nil) || want != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("auth %q: got %v, want %q", auth, err, want)
		}
	}
	good.Auth, good.AppID = k3cloud.AuthHeader, "1_not base64"
	if err := good.Validate(); err == nil || !strings.Contains(err.Error(), "app_id does not end") {
		t.Errorf("got %v, want the app id", err)
	}
	good.Auth, good.Password = k3cloud.AuthPassword, ""
	if err := good.Validate(); err == nil || !strings.Contains(err.Error(), "password is missing") {
		t.Errorf("got %v, want the password", err)
	}
}
