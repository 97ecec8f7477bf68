package jdy

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	authorizePath = "/jdyconnector/app_management/push_app_authorize"
	tokenPath     = "/jdyconnector/app_management/kingdee_auth_token"
)

func (r *rig) signature(method, path, query string) map[string]string {
	timestamp := strconv.FormatInt(r.server.options.Now().UnixMilli(), 10)
	return map[string]string{
		"X-Api-ClientID": testAccount.ClientID, "X-Api-Auth-Version": "2.0", "X-Api-TimeStamp": timestamp,
		"X-Api-Nonce": "1234567890", "X-Api-SignHeaders": "X-Api-TimeStamp,X-Api-Nonce",
		"X-Api-Signature": signature(testAccount.ClientSecret, signed{method, path, query, "1234567890", timestamp}),
	}
}

// forAccount adds the headers of the account set.
func forAccount(headers map[string]string) map[string]string {
	headers["accountId"], headers["groupName"] = testAccount.AccountID, testAccount.GroupName
	return headers
}

// v2 makes a signed call, with a token and the data centre when there is one.
func (r *rig) v2(method, path, query, token, body string) reply {
	r.t.Helper()
	headers := r.signature(method, path, query)
	if token != "" {
		headers["app-token"], headers["X-GW-Router-Addr"] = token, testAccount.RouterAddr
	}
	return r.decode(r.do(method, path+"?"+query, body, headers))
}

func (r *rig) appSecret() string {
	r.t.Helper()
	got := r.v2("POST", authorizePath, "outerInstanceId="+testAccount.OuterInstanceID, "", "{}")
	var grants []struct{ AppKey, AppSecret, Domain string }
	if err := json.Unmarshal(got.Data, &grants); err != nil || len(grants) != 1 || grants[0].AppKey != testAccount.AppKey ||
		grants[0].Domain != testAccount.RouterAddr {
		r.t.Fatalf("authorize: got %s (%v)", got.body, err)
	}
	return grants[0].AppSecret
}

func (r *rig) askAppToken(secret string) reply {
	r.t.Helper()
	query := "app_key=" + testAccount.AppKey + "&app_signature=" + url.QueryEscape(appSignature(testAccount.AppKey, secret))
	return r.v2("GET", tokenPath, query, "", "")
}

func (r *rig) appToken() string {
	r.t.Helper()
	got := r.askAppToken(r.appSecret())
	var data struct {
		Token string `json:"app-token"`
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || data.Token == "" {
		r.t.Fatalf("app-token: got %s (%v)", got.body, err)
	}
	return data.Token
}

func TestTheAppSecretChangesEveryDay(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	first := r.appSecret()
	if again := r.appSecret(); again != first {
		t.Errorf("asked twice: got %s, want %s", again, first)
	}
	r.pass(24 * time.Hour)
	if got := r.askAppToken(first); string(got.Errcode) != "1030002006" {
		t.Errorf("stale secret: got %s, want 1030002006", got.body)
	}
	second := r.appSecret()
	if got := r.askAppToken(second); second == first || string(got.Errcode) != "0" {
		t.Errorf("new secret: got %s", got.body)
	}
	r.server.RotateAppSecret()
	if got := r.askAppToken(second); string(got.Errcode) != "1030002006" {
		t.Errorf("secret changed early: got %s, want 1030002006", got.body)
	}
}

func TestTheOldFormOfTheFirstStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{OldAuthorizeForm: true})
	got := r.v2("POST", authorizePath, "outerInstanceId="+testAccount.OuterInstanceID, "", "{}")
	if string(got.Code) != "200" || got.Msg == "" || got.Errcode != nil {
		t.Errorf("old form: got %s", got.body)
	}
	if got := r.v2("POST", authorizePath, "outerInstanceId=1", "", "{}"); string(got.Errcode) == "0" || got.Data != nil {
		t.Errorf("another instance: got %s", got.body)
	}
}

func TestTheTokenStepHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{TokenLimit: VendorTokenLimit})
	for i, want := range []int{200, 200, 429} {
		if got := r.askAppToken(r.appSecret()); got.status != want {
			t.Errorf("call %d: got HTTP %d, want %d", i+1, got.status, want)
		}
	}
}

func TestV2SavesAndShowsOneMaterial(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	token := r.appToken()
	body := `{"number":"V2-1","name":"第二代","base_unit_id":"` + piece + `","is_sale":"true","conversion_unit1_id":"` + piece + `"}`
	got := r.v2("POST", "/jdy/v2/bd/material", "", token, body)
	var data struct {
		IDs     []string          `json:"ids"`
		Numbers map[string]string `json:"id_number_map"`
	}
	if err := json.Unmarshal(got.Data, &data); err != nil || len(data.IDs) != 1 || data.Numbers[data.IDs[0]] != "V2-1" {
		t.Fatalf("save: got %s (%v)", got.body, err)
	}
	for _, query := range []string{"number=V2-1", "id=" + data.IDs[0]} {
		got := r.v2("GET", "/jdy/v2/bd/material_detail", query, token, "")
		if !strings.Contains(string(got.Data), `"is_sale":true`) || !strings.Contains(string(got.Data), `"conversion_unit1_id":"`+piece) {
			t.Errorf("detail %s: got %s", query, got.body)
		}
	}
	if got := r.v1("/jdy/basedata/material_detail", `{"number":"V2-1"}`); !strings.Contains(string(got.Data), `"conversionunitid1_id":"`+piece) {
		t.Errorf("V1 detail: got %s", got.body)
	}
	if got := r.v2("POST", "/jdy/v2/bd/material", "", token, body); string(got.Errcode) == "0" || !strings.Contains(got.Description, "已存在") {
		t.Errorf("again: got %s", got.body)
	}
	if got := r.v2("GET", "/jdy/v2/bd/material", "page=1&page_size=100&search="+url.QueryEscape("第二"), token, ""); !strings.Contains(string(got.Data), "V2-1") {
		t.Errorf("list: got %s", got.body)
	}
	if e := r.entry("V2-1"); e.Created != 1 || e.Refused != 1 {
		t.Errorf("ledger: got %+v, want one created and one refused", e)
	}
}

func TestV2ChecksTokenAndDataCentre(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	token := r.appToken()
	if got := r.v2("GET", "/jdy/v2/bd/material", "", "", ""); string(got.Errcode) != "4009" {
		t.Errorf("no token: got %s, want 4009", got.body)
	}
	if got := r.v2("GET", "/jdy/v2/bd/material", "", r.token(), ""); string(got.Errcode) != "4010" {
		t.Errorf("V1 token: got %s, want 4010", got.body)
	}
	headers := r.signature("GET", "/jdy/v2/bd/material", "")
	headers["app-token"] = token
	if got := r.decode(r.do("GET", "/jdy/v2/bd/material", "", headers)); string(got.Errcode) != "5001" {
		t.Errorf("no data centre: got %s, want 5001", got.body)
	}
	r.server.ExpireTokens()
	if got := r.v2("GET", "/jdy/v2/bd/material", "", token, ""); string(got.Errcode) != "4011" {
		t.Errorf("expired: got %s, want 4011", got.body)
	}
}
