package jdy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

func TestATokenIsGivenForUserAndForCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{TokenLife: time.Hour})
	got := r.decode(r.do("POST", "/auth/user/access_token", r.tokenQuery(),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"}))
	var data struct {
		AccessToken string `json:"access_token"`
		Expires     int64
		ExpiresIn   int64 `json:"expires_in"`
		UID         string
		Gender      *int
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || string(got.Errcode) != "0" || len(data.AccessToken) != 32 ||
		data.ExpiresIn != 3600 || data.Expires != 1700003600123 || data.Gender == nil || len(data.UID) != 18 {
		t.Errorf("token by form: got %s (%v)", got.body, err)
	}
	query := "/auth/oauth2/access_token?" + r.tokenQuery("grant_type", "authorization_code", "redirect_uri", "https://a.example.com", "code", r.server.NewCode())
	if got := r.decode(r.do("GET", query, "", nil)); string(got.Errcode) != "0" {
		t.Errorf("token by code: got %s", got.body)
	}
	if got := r.decode(r.do("GET", query, "", nil)); string(got.Errcode) == "0" {
		t.Error("a code was good twice")
	}
}

func TestAWrongClientOrPasswordGetsNoToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, test := range []struct {
		name, value, code string
		status            int
	}{
		{"client_id", "", "4002", 519}, {"client_id", "x", "4003", 519}, {"client_secret", "", "4004", 519},
		{"client_secret", "x", "4005", 519}, {"password", "x", badLogin, 200}, {"username", "x", badLogin, 200},
	} {
		got := r.decode(r.do("GET", "/auth/user/access_token?"+r.tokenQuery(test.name, test.value), "", nil))
		if got.status != test.status || string(got.Errcode) != test.code || strings.Contains(got.body, "access_token\"") {
			t.Errorf("%s %q: got HTTP %d %s, want %d %s", test.name, test.value, got.status, got.body, test.status, test.code)
		}
	}
}

func TestAccountGroupNamesTheAccountSet(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	got := r.decode(r.do("POST", "/jdy/sys/accountGroup?access_token="+r.token(), "", nil))
	var data []struct {
		ServiceID     string `json:"serviceId"`
		AccountGroups []struct{ AccountID, GroupID, GroupName string }
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || len(data) != 1 || len(data[0].AccountGroups) != 1 ||
		data[0].AccountGroups[0].AccountID != testAccount.AccountID || data[0].AccountGroups[0].GroupName != testAccount.GroupName {
		t.Errorf("accountGroup: got %s (%v)", got.body, err)
	}
}

func TestATokenThatDoesNotHoldIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{TokenLife: time.Hour})
	want := func(token, code string) {
		t.Helper()
		got := r.at(batchPath, token, `{"items":[`+one("A", "a", "")+`]}`)
		if got.status != 519 || string(got.Errcode) != code || got.Description == "" || got.DescriptionCN == "" {
			t.Errorf("got HTTP %d %s, want 519 %s", got.status, got.body, code)
		}
	}
	want("", "4009")
	want("nothing", "4010")
	early := r.token()
	r.pass(time.Hour)
	want(early, "4011")
	late := r.token()
	r.server.ExpireTokens()
	want(late, "4011")
	if auth, bad := r.meter.Count(BatchSave, meter.AuthFailures), r.meter.Count(BatchSave, meter.BadRequests); auth != 4 || bad != 0 {
		t.Errorf("statistics: got %d refused callers and %d bad requests, want 4 and 0", auth, bad)
	}
	if n := len(r.server.Entries()); n != 0 {
		t.Errorf("refused calls left %d entries, want none", n)
	}
}

func TestAnExpiredTokenCanShowInTheBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{ExpiredInBody: true}, fault.Rule{Kind: fault.TokenExpired, Endpoint: BatchSave, Count: 1})
	got := r.v1(batchPath, `{"items":[]}`)
	if got.status != 200 || got.Success == nil || *got.Success || got.ErrorCode != "4011" {
		t.Errorf("expired: got HTTP %d %s, want 200 and errorCode 4011", got.status, got.body)
	}
}

func TestAccountSetAndDataCentreAreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{RequireRouter: true})
	token := r.token()
	for _, test := range []struct {
		account, group, router string
		status                 int
		success                bool
	}{
		{testAccount.AccountID, testAccount.GroupName, testAccount.RouterAddr, 200, true},
		{"", testAccount.GroupName, testAccount.RouterAddr, 200, false},
		{"1", testAccount.GroupName, testAccount.RouterAddr, 200, false},
		{testAccount.AccountID, "", testAccount.RouterAddr, 200, false},
		{testAccount.AccountID, testAccount.GroupName, "", 519, false},
		{testAccount.AccountID, testAccount.GroupName, "https://other.example.com", 519, false},
	} {
		got := r.decode(r.do("POST", batchPath+"?access_token="+token, `{"items":[`+one("A"+test.account, "n"+test.group, "")+`]}`,
			map[string]string{"accountId": test.account, "groupName": test.group, "X-GW-Router-Addr": test.router}))
		if got.status != test.status || (got.Success != nil && *got.Success) != test.success {
			t.Errorf("%+v: got HTTP %d %s", test, got.status, got.body)
		}
	}
}

func TestEveryCodeOfTheGatewayCanBeAskedFor(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"errcode", "code"} {
		r := newRig(t, Options{GatewayKey: key})
		for _, code := range []int{
			4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010, 4011, 4012,
			5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007,
		} {
			token := r.token()
			rule := fault.Rule{Kind: fault.Code, Text: fmt.Sprint(code), Endpoint: BatchSave}
			if err := r.faults.Replace(fault.Plan{Rules: []fault.Rule{rule}}); err != nil {
				t.Fatal(err)
			}
			got := r.at(batchPath, token, `{"items":[]}`)
			shown := got.Errcode
			if key == "code" {
				shown = got.Code
			}
			if got.status != 519 || string(shown) != fmt.Sprint(code) || got.Description == "" || got.DescriptionCN == "" {
				t.Errorf("%d: got HTTP %d %s", code, got.status, got.body)
			}
		}
	}
}

func TestCodesOfTheServicesCanBeAskedFor(t *testing.T) {
	t.Parallel()
	for code, message := range map[string]string{"1030002006": "授权密钥校验失败", "2000002000": "系统错误", "自定义": "自定义"} {
		r := newRig(t, Options{}, fault.Rule{Kind: fault.Code, Text: code, Endpoint: BatchSave}, fault.Rule{Kind: fault.Code, Text: code, Endpoint: V2Token})
		if got := r.v1(batchPath, `{"items":[]}`); got.status != 200 || *got.Success || !strings.Contains(got.Message, message) {
			t.Errorf("V1 %s: got HTTP %d %s", code, got.status, got.body)
		}
		if got := r.v2("GET", tokenPath, "app_key=x", "", ""); string(got.Errcode) == "0" || !strings.Contains(got.Description, message) {
			t.Errorf("V2 %s: got HTTP %d %s", code, got.status, got.body)
		}
	}
}

func TestCallsBeyondTheLimitGet429(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Limit: 2})
	token := r.token()
	for i, want := range []int{200, 200, 429, 429} {
		if got := r.at("/jdy/basedata/material_list", token, `{}`); got.status != want {
			t.Errorf("call %d: got HTTP %d, want %d", i+1, got.status, want)
		}
	}
	r.pass(time.Minute)
	if got := r.at("/jdy/basedata/material_list", token, `{}`); got.status != 200 {
		t.Errorf("a minute later: got HTTP %d, want 200", got.status)
	}
	if peak := r.server.Peaks()["jdy"]; peak != 4 {
		t.Errorf("peak: got %d, want 4", peak)
	}
	forced := newRig(t, Options{}, fault.Rule{Kind: fault.Throttle, Endpoint: List, Count: 1})
	if got := forced.v1("/jdy/basedata/material_list", `{}`); got.status != 429 {
		t.Errorf("throttled by a fault: got HTTP %d, want 429", got.status)
	}
}

func TestV1AsksForASignatureOnlyWhenSet(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{SignV2Required: true})
	if got := r.v1(batchPath, `{"items":[]}`); got.status != 519 || string(got.Errcode) != "4001" {
		t.Errorf("unsigned: got HTTP %d %s, want 519 and 4001", got.status, got.body)
	}
	query := "access_token=" + r.token()
	headers := forAccount(r.signature("POST", batchPath, query))
	got := r.decode(r.do("POST", batchPath+"?"+query, `{"items":[`+one("A", "a", "")+`]}`, headers))
	if got.status != 200 || !*got.Success {
		t.Errorf("signed: got HTTP %d %s", got.status, got.body)
	}
	free := newRig(t, Options{})
	query = "access_token=" + free.token()
	headers = forAccount(free.signature("POST", batchPath, query+"x"))
	if got := free.decode(free.do("POST", batchPath+"?"+query, `{"items":[]}`, headers)); string(got.Errcode) != "4008" {
		t.Errorf("wrong signature where none is due: got %s, want 4008", got.body)
	}
}

func TestUnknownPathsAndMethodsAreTheGatewaysErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, test := range []struct{ method, path, code string }{
		{"POST", "/jdy/basedata/material_delete", "5001"}, {"GET", batchPath, "5002"},
		{"PUT", "/auth/user/access_token", "5002"}, {"POST", "/jdy/v2/bd/material_detail", "5002"},
	} {
		got := r.decode(r.do(test.method, test.path, "", nil))
		if got.status != 519 || string(got.Errcode) != test.code {
			t.Errorf("%s %s: got HTTP %d %s, want 519 %s", test.method, test.path, got.status, got.body, test.code)
		}
	}
}
