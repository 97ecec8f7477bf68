package k3cloud

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"
	"testing"
	"time"
)

const (
	testAppID2  = "300777_eHl6MDEyMzQ1Njc4OUFCQ0RFRkdISUpL"
	testSecret2 = "fedcba9876543210fedcba9876543210"
	service     = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
)

// account2 is the second account of the vectors.
func account2(appID, user, org string) Account {
	return Account{AcctID: "65a1b2c3d4e5f6", UserName: user, AppID: appID, AppSecret: testSecret2, OrgNum: org}
}

// signVectors are the vectors of LoginBySign.
var signVectors = []struct {
	name      string
	account   Account
	timestamp int64
	text      string
	joined    string
	sha256    string
	sha1      string
}{
	{"G1", testAccount, 1700000000, "1700000000",
		"0123456789abcdef0123456789abcdef1700000000200001_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY64f0c1d2e3a4b5demo",
		"a82381239ebbfcc3525e99a3c8e63f4f6e38ae62f979240deff4f43752e63344", "7429c0a8816a0c47e4c1320c2d898099c2c1215c"},
	{"G2", Account{AcctID: testAccount.AcctID, UserName: "张三", AppID: testAccount.AppID, AppSecret: testAccount.AppSecret},
		1700000000, "1700000000",
		"0123456789abcdef0123456789abcdef1700000000200001_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY64f0c1d2e3a4b5张三",
		"14fd140142b8482d8b5d4e00b8be4b42efb1ff37bf0932598c3bd40deccab171", ""},
	{"G3", account2(testAppID2, "Administrator", ""), 1735689600, "1735689600",
		"1735689600300777_eHl6MDEyMzQ1Njc4OUFCQ0RFRkdISUpL65a1b2c3d4e5f6Administratorfedcba9876543210fedcba9876543210",
		"0fbe3f497ab321af24eece8470577c725155665a800e588bc83f896def25db0a", ""},
}

func TestLoginSignMatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range signVectors {
		texts := []string{v.account.AcctID, v.account.UserName, v.account.AppID, v.account.AppSecret, v.text}
		if got := joinSorted(texts); got != v.joined {
			t.Errorf("%s: joined: got %s, want %s", v.name, got, v.joined)
		}
		if got := loginSign(sha256.New, texts...); got != v.sha256 {
			t.Errorf("%s: SHA-256: got %s, want %s", v.name, got, v.sha256)
		}
		if got := loginSign(func() hash.Hash { return sha1.New() }, texts...); v.sha1 != "" && got != v.sha1 {
			t.Errorf("%s: SHA-1: got %s, want %s", v.name, got, v.sha1)
		}
	}
}

func TestTheServerLogsTheVectorsInAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, v := range signVectors {
		r := newRig(t, Options{Account: v.account})
		r.now = time.Unix(v.timestamp, 0)
		a := v.account
		for _, timestamp := range []any{v.text, v.timestamp} {
			if got := r.signIn("LoginBySign", a.AcctID, a.UserName, a.AppID, timestamp, v.sha256, 2052); got.LoginResultType != 1 {
				t.Errorf("%s, timestamp %T: got %+v, want a login", v.name, timestamp, got)
			}
		}
		for i := range v.sha256 {
			spoilt := []byte(v.sha256)
			spoilt[i] ^= 1
			if got := r.signIn("LoginBySign", a.AcctID, a.UserName, a.AppID, v.text, string(spoilt), 2052); got.LoginResultType == 1 {
				t.Errorf("%s: a sign wrong at %d was let in", v.name, i)
			}
		}
		if got := r.signIn("LoginBySign", a.AcctID, a.UserName, a.AppID, v.text, strings.ToUpper(v.sha256), 2052); got.LoginResultType == 1 {
			t.Errorf("%s: a sign in capitals was let in", v.name)
		}
	}
}

func TestAnOlderServerKnowsSHA1Only(t *testing.T) {
	t.Parallel()
	v := signVectors[0]
	r := newRig(t, Options{SignSHA1: true})
	r.now = time.Unix(v.timestamp, 0)
	a := v.account
	for sign, want := range map[string]int{v.sha1: 1, v.sha256: -1} {
		if got := r.signIn("LoginBySign", a.AcctID, a.UserName, a.AppID, v.text, sign, 2052); got.LoginResultType != want {
			t.Errorf("%s: got %d, want %d", sign, got.LoginResultType, want)
		}
	}
}

func TestJoiningSortsByUTF16CodeUnit(t *testing.T) {
	t.Parallel()
	// U+1F600 begins with the code unit D83D, which is less than FF21.
	if got := joinSorted([]string{"Ａ", "😀", "a", "Z"}); got != "Za😀Ａ" {
		t.Errorf("got %s, want Za😀Ａ", got)
	}
}

func TestGatewaySecretsMatchTheVectors(t *testing.T) {
	t.Parallel()
	for name, v := range map[string][2]string{
		"gw1": {testAccount.AppID, "cXJ2cCN1fn8qfHl/eX14aDNiajc0YTNr"},
		"gw2": {testAppID2, "SElPBFcBCgNWAAULDXJ1eyZ1fyQpfi54"},
	} {
		if got := gatewaySecret(v[0]); got != v[1] {
			t.Errorf("%s: got %s, want %s", name, got, v[1])
		}
	}
}

// headerVectors are the vectors of the signed headers.
var headerVectors = []struct {
	name    string
	path    string
	account Account
	millis  string
	appData string // in clear; empty where the vector has none
	api     string
	data    string
	kd      string
}{
	{"HS", "/k3cloud/" + service + "BatchSave.common.kdsvc", testAccount, "1795308984135", "",
		"MWJmNGViNmJkYzQyNGU5OWEzZTgwNDNkNjlmYmI2YTAzNjU5MDgzNjU0M2UwZWYxZjhhNWVhOTQxOWUyMDE4OQ==", "", ""},
	{"H1", "/k3cloud/" + service + "BatchSave.common.kdsvc", testAccount, "1700000000123", "64f0c1d2e3a4b5,demo,2052,0",
		"NTEzZWM4YTdhMjA3MzZmZGU4OThiMDY3MTNlNTMwNTllMjQ3ZTk1NzdiODZmOGFjMjIzYjI5MjdlNmNmYmY2MA==",
		"NjRmMGMxZDJlM2E0YjUsZGVtbywyMDUyLDA=",
		"NDc1N2UxYWE3YTRkYjFhMzEwZmM1YmRiYWQxZjU5OTExOGM2ZDg0NWNjNWYyN2M3NGU5NmFlMWNkMTNhODYyZg=="},
	{"H2", "/k3cloud/" + service + "BatchSave.common.kdsvc",
		Account{AcctID: testAccount.AcctID, UserName: "张三", AppID: testAccount.AppID, AppSecret: testAccount.AppSecret, OrgNum: "100"},
		"1700000000123", "64f0c1d2e3a4b5,张三,2052,100",
		"NTEzZWM4YTdhMjA3MzZmZGU4OThiMDY3MTNlNTMwNTllMjQ3ZTk1NzdiODZmOGFjMjIzYjI5MjdlNmNmYmY2MA==",
		"NjRmMGMxZDJlM2E0YjUs5byg5LiJLDIwNTIsMTAw",
		"ZTZkODJhMWQ2YjUwYmZmYTU4ZTFmYTdmOWQ5ZWY2YjA1ODlkYjRmNDhiYmVlZGFjNWY4NjYyODE2ZjJmMGE2NA=="},
	{"H3", "/galaxyapi/" + service + "ExecuteBillQuery.common.kdsvc", account2(testAppID2, "Administrator", "101"),
		"1735689600456", "65a1b2c3d4e5f6,Administrator,1033,101",
		"ZTk3M2JkNzYwY2Q4ZTFmN2FhNjEwMGIwNzVlY2RkNjU0YTllNjdjMmI1ZTY5ZTBmZmY2ZWJjMzhlODA4MDRhNA==",
		"NjVhMWIyYzNkNGU1ZjYsQWRtaW5pc3RyYXRvciwxMDMzLDEwMQ==",
		"ZTk4NDg2ZGI0ZjNhNGJiNGJiNzRhZDRhNDFjMDk5NTM2ZDk1MmQyZWNhY2Q5ZWEwNDlmMjBkYzFhYzAxZTYzNg=="},
	{"H4", "/K3Cloud/" + service + "View.common.kdsvc", account2(testAppID2, "Administrator", ""),
		"1735689600456", "65a1b2c3d4e5f6,Administrator,2052,",
		"MWVjODMwZWExYTBhNjNiYzAxMDlmYTU0YjA4Y2E0NGQ0MmUxMjljYTAyNDRhZGNiMWQ1Yzg5ZTNlMWZiMDVjNw==",
		"NjVhMWIyYzNkNGU1ZjYsQWRtaW5pc3RyYXRvciwyMDUyLA==",
		"NzhjMWJhMjA0ZTAxYWVkZmNhMjNlYjM5MWYyZDVjNDYyMTY3NDgyMjRhOTRhZWQ4YmVkNzgzN2I4MDBhYTY2Yw=="},
	{"H5", "/k3cloud/" + service + "View.common.kdsvc", account2("300777", "Administrator", "100"),
		"1735689600456", "65a1b2c3d4e5f6,Administrator,2052,100", "",
		base64.StdEncoding.EncodeToString([]byte("65a1b2c3d4e5f6,Administrator,2052,100")),
		"MGQ3ZmRkODI3NWI0MDZhNGIwYzYzM2ExOWY0OGNiNjI5ODdjMGY1YzMyNzAxYWNmZjE3ODkwMWRjZWU4YjA3Yw=="},
}

func TestSignedHeadersMatchTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range headerVectors {
		if got := apiSignature(v.account.AppID, v.path, v.millis, v.millis); got != v.api {
			t.Errorf("%s: X-Api-Signature: got %s, want %s", v.name, got, v.api)
		}
		if v.kd == "" {
			continue
		}
		if got := accountSignature(v.account.AppID, v.account.AppSecret, v.appData); got != v.kd {
			t.Errorf("%s: X-Kd-Signature: got %s, want %s", v.name, got, v.kd)
		}
		if got := base64.StdEncoding.EncodeToString([]byte(v.appData)); got != v.data {
			t.Errorf("%s: X-Kd-Appdata: got %s, want %s", v.name, got, v.data)
		}
	}
}

// sdkHeaders are the headers that the vendor's SDK sends.
func sdkHeaders(appID, api, data, kd, millis string) []string {
	clientID, _, _ := strings.Cut(appID, "_")
	return []string{
		"X-Api-ClientID: " + clientID, "X-Api-Auth-Version: 2.0", "x-api-timestamp: " + millis, "x-api-nonce: " + millis,
		"x-api-signheaders: X-Api-TimeStamp,X-Api-Nonce", "X-Api-Signature: " + api,
		"X-Kd-Appkey: " + appID, "X-Kd-Appdata: " + data, "X-Kd-Signature: " + kd,
	}
}

const refusedPassport = `"Message":"Fail to verify third party passport","DIndex":0}],"SuccessEntitys":[],"SuccessMessages":[],"MsgCode":1}`

func TestTheServerTakesTheSignedVectorsWithoutALogin(t *testing.T) {
	t.Parallel()
	for _, v := range headerVectors[1:] {
		r := newRig(t, Options{Account: v.account})
		r.now = time.UnixMilli(1735689600456)
		if strings.HasPrefix(v.millis, "17000") {
			r.now = time.UnixMilli(1700000000123)
		}
		answer := r.post(v.path, "{}", sdkHeaders(v.account.AppID, v.api, v.data, v.kd, v.millis)...)
		if strings.Contains(answer.Body.String(), `"MsgCode":1}`) || len(answer.Header().Values("Set-Cookie")) != 2 {
			t.Errorf("%s: got %s and cookies %q, want no refusal and two cookies", v.name, answer.Body, answer.Header().Values("Set-Cookie"))
		}
		for i := range v.kd {
			spoilt := []byte(v.kd)
			spoilt[i] ^= 1
			answer := r.post(v.path, "{}", sdkHeaders(v.account.AppID, v.api, v.data, string(spoilt), v.millis)...)
			if !strings.Contains(answer.Body.String(), refusedPassport) {
				t.Errorf("%s: X-Kd-Signature wrong at %d: got %s", v.name, i, answer.Body)
			}
		}
	}
}

func TestOnlyTheGatewayChecksXApiHeaders(t *testing.T) {
	t.Parallel()
	v := headerVectors[3] // H3
	good := sdkHeaders(v.account.AppID, v.api, v.data, v.kd, v.millis)
	query := `{"parameters":["{\"FormId\":\"BD_Currency\",\"FieldKeys\":\"FCODE\",\"FilterString\":\"FNUMBER='PRE001'\"}"]}`
	own := "/k3cloud/" + service + "ExecuteBillQuery.common.kdsvc"
	for name, change := range map[string][2]string{
		"X-Api-Signature":    {"X-Api-Signature: Z", "X-Api-Signature: A"},
		"no X-Api-Signature": {"X-Api-Signature: " + v.api, "X-Api-Signature: "},
		"X-Api-ClientID":     {"X-Api-ClientID: 300777", "X-Api-ClientID: 300778"},
		"X-Api-Auth-Version": {"2.0", "1.0"},
		"x-api-nonce":        {"x-api-nonce: 1", "x-api-nonce: 2"},
		"x-api-timestamp":    {"x-api-timestamp: 1", "x-api-timestamp: 2"},
		"x-api-signheaders":  {"X-Api-TimeStamp,X-Api-Nonce", "X-Api-Nonce"},
	} {
		r := newRig(t, Options{Account: v.account})
		r.now = time.UnixMilli(1735689600456)
		if got := r.post(v.path, query, good...).Body.String(); got != `[["CNY"]]` {
			t.Fatalf("H3: got %s, want a row", got)
		}
		spoilt := strings.Split(strings.Replace(strings.Join(good, "\n"), change[0], change[1], 1), "\n")
		if got := r.post(v.path, query, spoilt...).Body.String(); !strings.HasPrefix(got, "[[{") || !strings.Contains(got, refusedPassport) {
			t.Errorf("gateway, %s: got %s, want a refusal", name, got)
		}
		if got := r.post(own, query, spoilt...).Body.String(); got != `[["CNY"]]` {
			t.Errorf("own server, %s: got %s, want a row", name, got)
		}
	}
	r := newRig(t, Options{Account: v.account})
	r.now = time.UnixMilli(1735689600456 + 5*60*1000 + 1)
	if got := r.post(v.path, query, good...).Body.String(); !strings.Contains(got, refusedPassport) {
		t.Errorf("gateway, clock five minutes off: got %s, want a refusal", got)
	}
}

func TestTheGatewayTakesSecondsToo(t *testing.T) {
	t.Parallel()
	v := headerVectors[3] // H3
	r := newRig(t, Options{Account: v.account})
	r.now = time.Unix(1735689600, 0)
	for timestamp, want := range map[string]string{"1735689600": "[]", "1735689200": refusedPassport, "today": refusedPassport} {
		api := apiSignature(v.account.AppID, v.path, timestamp, timestamp)
		headers := sdkHeaders(v.account.AppID, api, v.data, v.kd, timestamp)
		if got := r.post(v.path, `{"data":{"FormId":"SAL_OUTSTOCK","FieldKeys":"FID"}}`, headers...).Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", timestamp, got, want)
		}
	}
}

func TestSignedHeadersNameTheAccount(t *testing.T) {
	t.Parallel()
	a := testAccount
	a.OrgNum = "100"
	for data, want := range map[string]bool{
		"64f0c1d2e3a4b5,demo,2052,100": true, "64f0c1d2e3a4b5,demo,2052,null": true, "64f0c1d2e3a4b5,demo,2052,0": true,
		"64f0c1d2e3a4b5,demo,2052,": true, "64f0c1d2e3a4b5,demo,2052,101": false, "64f0c1d2e3a4b5,other,2052,100": false,
		"64f0c1d2e3a4b5,demo,2052": false,
	} {
		r := newRig(t, Options{Account: a})
		headers := sdkHeaders(a.AppID, "", base64.StdEncoding.EncodeToString([]byte(data)), accountSignature(a.AppID, a.AppSecret, data), "1")
		got := r.post(formPath+"BillQuery.common.kdsvc", `{"data":{"FormId":"SAL_OUTSTOCK","FieldKeys":"FID"}}`, headers...).Body.String()
		if (got == "[]") != want {
			t.Errorf("%s: got %s, want accepted: %v", data, got, want)
		}
	}
	r := newRig(t, Options{Account: a})
	data := "64f0c1d2e3a4b5,demo,2052,100"
	headers := sdkHeaders("200002_x", "", base64.StdEncoding.EncodeToString([]byte(data)), accountSignature("200002_x", a.AppSecret, data), "1")
	if got := r.post(formPath+"BillQuery.common.kdsvc", "{}", headers...).Body.String(); !strings.Contains(got, refusedPassport) {
		t.Errorf("another appId: got %s", got)
	}
}

func TestASignedWrongAcctIDIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	data := "64f0c1d2e3a4b6,demo,2052,0"
	headers := sdkHeaders(testAccount.AppID, "", base64.StdEncoding.EncodeToString([]byte(data)),
		accountSignature(testAccount.AppID, testAccount.AppSecret, data), "1")
	got := decode[reply](t, r.post(formPath+"View.common.kdsvc", "{}", headers...))
	if s := got.Result.ResponseStatus; s.MsgCode != 1 || !strings.HasPrefix(s.Errors[0].Message, "当前尝试登录的数据中心无法获取到") {
		t.Errorf("got %+v, want MsgCode 1 and the data centre's text", s)
	}
}
