package tplus

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
)

const (
	vectorDate   = "Mon, 01 Apr 2024 09:30:00 GMT"
	vectorHeader = "eyJhcHBLZXkiOiJkZW1vS2V5MSIsImF1dGhJbmZvIjoiaG1hYy1zaGExIHpHQnFOZ3B2NVllYTFnci85MGZyK2pkY29obz0iLCJwYXJhbUluZm8iOnsidXJpIjoiaHR0cDovL2VycC5leGFtcGxlLmNvbS9UUGx1cy9hcGkvdjEvQXV0aG9yaXphdGlvbiIsImFjY2Vzc190b2tlbiI6IiIsImRhdGUiOiJNb24sIDAxIEFwciAyMDI0IDA5OjMwOjAwIEdNVCJ9fQ=="
)

// paramInfo is the text that v1 signs.
func paramInfo(uri, token, date string) string {
	return `{"uri":"` + uri + `","access_token":"` + token + `","date":"` + date + `"}`
}

func TestV1SignatureVectors(t *testing.T) {
	t.Parallel()
	const base = "http://erp.example.com/TPlus/api/v1/"
	for _, vector := range []struct{ name, info, want string }{
		{"T5", paramInfo(base+"Authorization", "", vectorDate), "zGBqNgpv5Yea1gr/90fr+jdcoho="},
		{"T6", paramInfo(base+"saleDispatch/Create", "tok-0001", vectorDate), "dHa8+i7Sl/a6S3lIMKJqY8aQJLg="},
	} {
		if got := hmacSign("demoSecret", vector.info); got != vector.want {
			t.Errorf("%s: got %s, want %s", vector.name, got, vector.want)
		}
	}
	header, err := openV1(vectorHeader)
	if err != nil || header.appKey != "demoKey1" || header.date != vectorDate || !header.valid("demoSecret", testNow) {
		t.Errorf("T5 header: got %+v (%v)", header, err)
	}
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		if header.valid("demoSecret", testNow.Add(off)) {
			t.Errorf("valid %s off", off)
		}
	}
	if header.valid("demoSecreT", testNow) {
		t.Error("valid with another secret")
	}
}

func TestPasswordVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct{ password, hex, raw string }{ // T10
		{"", "d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg=="},
		{"123456", "e10adc3949ba59abbe56e057f20f883e", "4QrcOUm6Wau+VuBX8g+IPg=="},
	} {
		if got := md5Hex(vector.password); got != vector.hex {
			t.Errorf("%q: got %s, want %s", vector.password, got, vector.hex)
		}
		if got := rawMD5(vector.password); got != vector.raw {
			t.Errorf("%q: got %s, want %s", vector.password, got, vector.raw)
		}
	}
}

// v1 makes a call of the first generation; args are escaped.
func (r *rig) v1(path, token, args string) reply {
	r.t.Helper()
	info := paramInfo("http://erp.example.com/TPlus/api/v1/Authorization", token, r.server.options.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05")+" GMT")
	header := `{"appKey":"demoKey1","authInfo":"hmac-sha1 ` + hmacSign("demoSecret", info) + `","paramInfo":` + info + `}`
	return r.post("/TPlus/api/v1/"+path, header, url.Values{"_args": {args}}.Encode())
}

func (r *rig) post(path, header, body string) reply {
	r.t.Helper()
	return r.do("POST", path, body, map[string]string{
		"Authorization": base64.StdEncoding.EncodeToString([]byte(header)),
		"Content-Type":  "application/x-www-form-urlencoded;charset=utf-8",
	})
}

const v1Login = `{"UserName":"demo","Password":"4QrcOUm6Wau+VuBX8g+IPg==","AccountNumber":"003","LoginDate":"2024-04-01"}`

// given is the token in an answer of the first generation.
func given(got reply) string {
	_, rest, _ := strings.Cut(got.body, `"access_token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func TestV1LogsInAndCreates(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	login := r.v1("Authorization", "", v1Login)
	token := given(login)
	if login.body != `{"result":true,"access_token":"`+token+`"}` || token == "" {
		t.Fatalf("login: got %s", login.body)
	}
	if got := r.v1("saleDispatch/Create", token, dto("CK1")); got.status != 200 || got.body != "null" {
		t.Errorf("create: got HTTP %d %s", got.status, got.body)
	}
	if got := r.v1("saleDispatch/Create", token, dto("CK1")); got.body != `{"code":"999","message":"CK1 已存在"}` {
		t.Errorf("again, in the older envelope: got %s", got.body)
	}
	if got := r.v1("SaleDispatchOpenApi/GetVoucherDTO", token, `{"param":{"voucherCode":"CK1"}}`); got.Code != "EXSV0011" {
		t.Errorf("a service that v1 lacks: got %s", got.body)
	}
	if got := r.v1("saleDispatch/Create", "tok-0001", dto("CK2")); got.Code != "EXSM0003" {
		t.Errorf("unknown token: got %s", got.body)
	}
	r.v1("Authorization/Logout", token, "")
	if got := r.v1("saleDispatch/Create", token, dto("CK2")); got.Code != "EXSM0003" || got.Message != "提供令牌信息不正确" {
		t.Errorf("after logout: got %s", got.body)
	}
}

func TestASecondLoginNamesTheSessionThereIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	first := given(r.v1("Authorization", "", v1Login))
	again := r.v1("Authorization", "", v1Login)
	if again.status != 400 || again.Code != "EXSM0004" || string(again.Data) != `"`+first+`"` {
		t.Fatalf("second login: got HTTP %d %s", again.status, again.body)
	}
	second := given(r.v1("Authorization/ReLogin", first, "{}"))
	if second == "" || second == first {
		t.Fatalf("relogin: got %q after %q", second, first)
	}
	if got := r.v1("saleDispatch/Create", first, dto("CK1")); got.Code != "EXSM0003" {
		t.Errorf("old session: got %s", got.body)
	}
	if got := r.v1("saleDispatch/Create", second, dto("CK1")); got.body != "null" {
		t.Errorf("new session: got %s", got.body)
	}
	r.server.ExpireTokens()
	if got := r.v1("Authorization/ReLogin", second, "{}"); got.Code != "EXSM0003" {
		t.Errorf("relogin of an expired session: got %s", got.body)
	}
	if got := r.v1("Authorization", "", v1Login); given(got) == "" {
		t.Errorf("login after expiry: got %s", got.body)
	}
}

func TestV1RefusesWrongCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for _, args := range []string{
		strings.Replace(v1Login, "demo", "other", 1), strings.Replace(v1Login, "003", "004", 1),
		strings.Replace(v1Login, "4Qrc", "5Qrc", 1), strings.Replace(v1Login, "2024-04-01", "1.4.2024", 1),
	} {
		if got := r.v1("Authorization", "", args); got.Code != "EXERROR0001" || given(got) != "" {
			t.Errorf("%s: got %s", args, got.body)
		}
	}
	info := paramInfo("x", "", vectorDate)
	header := func(authInfo, info string) string {
		return `{"appKey":"demoKey1","authInfo":"` + authInfo + `","paramInfo":` + info + `}`
	}
	sign := hmacSign("demoSecret", info)
	for _, test := range []struct {
		name, header, body, code string
	}{
		{"plus not escaped", header("hmac-sha1 "+sign, info), "_args=" + v1Login, "EXERROR0001"},
		{"another word", header("hmac-md5 "+sign, info), "", "EXSM0003"},
		{"changed text", header("hmac-sha1 "+sign, paramInfo("y", "", vectorDate)), "", "EXSM0003"},
		{"no header", "", "", "EXSM0003"},
	} {
		if got := r.post("/TPlus/api/v1/Authorization", test.header, test.body); got.Code != test.code {
			t.Errorf("%s: got %s, want %s", test.name, got.body, test.code)
		}
	}
	escaped := url.Values{"_args": {v1Login}}.Encode()
	twice := base64.StdEncoding.EncodeToString([]byte(sign))
	if got := r.post("/tplus/api/v1/Authorization", header("hmac-sha1 "+twice, info), escaped); given(got) == "" {
		t.Errorf("digest encoded twice: got %s", got.body)
	}
}

func TestOnPremiseFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	token := given(r.v1("Authorization", "", v1Login))
	r.plan(fault.Rule{Kind: fault.Throttle, Endpoint: Create})
	if got := r.v1("saleDispatch/Create", token, dto("CK1")); got.Code != "EXSV0011" {
		t.Errorf("throttled: got %s", got.body)
	}
	r.plan(fault.Rule{Kind: fault.Code, Text: "EXSM0004", Endpoint: Create})
	if got := r.v1("saleDispatch/Create", token, dto("CK1")); got.Code != "EXSM0004" || string(got.Data) != `"`+token+`"` {
		t.Errorf("logged in already: got %s", got.body)
	}
	r.plan(fault.Rule{Kind: fault.TokenExpired, Endpoint: Create, Count: 1})
	if got := r.v1("saleDispatch/Create", token, dto("CK1")); got.Code != "EXSM0003" {
		t.Errorf("expired: got %s", got.body)
	}
}
