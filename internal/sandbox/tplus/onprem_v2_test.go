package tplus

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
)

// signer signs tokens as a customer's private key file does.
type signer struct {
	t   *testing.T
	key *rsa.PrivateKey
}

// newSigner makes a key that is short, so that the test is not slow.
func newSigner(t *testing.T) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return signer{t, key}
}

// finish signs the first two parts of a token.
func (g signer) finish(alg, input string) string {
	g.t.Helper()
	digest := sha256.Sum256([]byte(input))
	sign := func() ([]byte, error) { return rsa.SignPKCS1v15(rand.Reader, g.key, crypto.SHA256, digest[:]) }
	if alg == "PS256" {
		sign = func() ([]byte, error) {
			return rsa.SignPSS(rand.Reader, g.key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	}
	signature, err := sign()
	if err != nil {
		g.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (g signer) token(alg, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return g.finish(alg, encode([]byte(`{"alg":"`+alg+`","typ":"JWT"}`))+"."+encode([]byte(claims)))
}

func (g signer) account() Account {
	account := testAccount()
	account.PublicKey = &g.key.PublicKey
	return account
}

func TestV2DigestVectors(t *testing.T) {
	t.Parallel()
	for orgID, want := range map[string]string{ // T7
		"": "ccca208a669ab4e896e41e5f3271eeea", "90010000001": "e69972b48a8d2adf0c492cfe40f0d7a0",
	} {
		if got := appDigest(testAccount(), orgID); got != want {
			t.Errorf("orgid %q: got %s, want %s", orgID, got, want)
		}
	}
}

// vectorInput is the signing input of T8.
const vectorInput = "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ0ZXN0ZXIiLCJleHAiOjE3MTE5NjM4MzAwMDAsImRhdGFzIjoiY2NjYTIwOGE2NjlhYjRlODk2ZTQxZTVmMzI3MWVlZWEifQ"

func TestV2TokenVector(t *testing.T) {
	t.Parallel()
	g := newSigner(t)
	token := g.finish("PS256", vectorInput)
	got, err := openJWT(token, &g.key.PublicKey)
	if err != nil || got.Datas != appDigest(testAccount(), "") || got.Exp != "1711963830000" || !got.inTime(testNow) {
		t.Errorf("T8: got %+v (%v)", got, err)
	}
	if own := g.token("PS256", `{"sub":"tester","exp":1711963830000,"datas":"ccca208a669ab4e896e41e5f3271eeea"}`); !strings.HasPrefix(own, vectorInput+".") {
		t.Errorf("T8 input: got %s, want %s", own, vectorInput)
	}
	other := newSigner(t)
	for name, bad := range map[string]string{
		"another key": other.finish("PS256", vectorInput), "other algorithm": g.finish("RS256", vectorInput),
		"none": g.token("none", `{}`), "two parts": vectorInput, "changed": strings.Replace(token, ".eyJz", ".eyJy", 1),
	} {
		if got, err := openJWT(bad, &g.key.PublicKey); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

func TestV2HeaderVector(t *testing.T) {
	t.Parallel()
	got, err := openV2("eyJhcHBLZXkiOiJkZW1vS2V5MSIsImF1dGhJbmZvIjoiYWFhLmJiYi5jY2MiLCJvcmdJZCI6IiJ9") // T9
	if want := (v2Header{"demoKey1", "aaa.bbb.ccc", ""}); err != nil || got != want {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
}

func TestExpMayBeSecondsMillisecondsOrAFraction(t *testing.T) {
	t.Parallel()
	for exp, want := range map[string]bool{
		"1711963830000": true, "1711963830000.7071": true, "1.71196383E12": true, "1711963830": true, "1711981800": true,
		"1711963501000": true, "1711963500": false, "1711963499": false, "1711990000": false, "0": false, "": false,
		"-1": false, "1e30": false, "99999999999999999999": false,
	} {
		if got := (claims{Exp: json.Number(exp)}).inTime(testNow); got != want {
			t.Errorf("exp %s: got %v, want %v", exp, got, want)
		}
	}
}

// v2 makes a call of the second generation at a customer's server.
func (r *rig) v2(g signer, path, orgID, claims, args string) reply {
	r.t.Helper()
	header := `{"appKey":"demoKey1","authInfo":"` + g.token("PS256", claims) + `","orgId":"` + orgID + `"}`
	return r.post("/tplus/api/v2/"+path, header, url.Values{"_args": {args}}.Encode())
}

// business are the claims of a call within a session.
func (r *rig) business(token string) string {
	exp := r.server.options.Now().Add(30 * time.Second).UnixMilli()
	return fmt.Sprintf(`{"sub":"chanjet","exp":%d,"datas":"%s","access_token":"%s"}`, exp, appDigest(testAccount(), ""), token)
}

const (
	v2LoginPath = "collaborationapp/GetRealNameTPlusToken?IsFree=1"
	v2Login     = `{"userName":"demo","password":"e10adc3949ba59abbe56e057f20f883e","accNum":"003"}`
)

func TestV2LogsInAndUsesEveryService(t *testing.T) {
	t.Parallel()
	g := newSigner(t)
	r := newRig(t, Options{Accounts: []Account{g.account()}})
	login := r.v2(g, v2LoginPath, "", r.business(""), v2Login)
	token := given(login)
	if token == "" || !strings.Contains(login.body, `"result":true`) || !strings.Contains(login.body, `"sid":"`) {
		t.Fatalf("login: got %s", login.body)
	}
	if got := r.v2(g, "saleDispatch/Create", "", r.business(token), dto("CK1")); got.body != "null" {
		t.Errorf("create: got %s", got.body)
	}
	if got := r.v2(g, "SaleDispatchOpenApi/GetVoucherDTO", "", r.business(token), `{"param":{"voucherCode":"CK1"}}`); got.Code != "0" {
		t.Errorf("read back: got %s", got.body)
	}
	if got := r.v2(g, "nothing/Create", "", r.business(token), `{}`); got.Code != "EXSV0011" {
		t.Errorf("unknown service: got %s", got.body)
	}
	if got := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"CK1"}}`); got.Code != "0" {
		t.Errorf("the same voucher through the open platform: got %s", got.body)
	}
	if got := r.v1("Authorization", "", v1Login); given(got) == "" {
		t.Errorf("login at v1 beside a session of v2: got %s", got.body)
	}
	if got := r.v2(g, "collaborationapp/Loginout", "", r.business(token), ""); got.body != `{"result":true}` {
		t.Errorf("logout: got %s", got.body)
	}
	if got := r.v2(g, "saleDispatch/Create", "", r.business(token), dto("CK2")); got.Code != "EXSM0003" {
		t.Errorf("after logout: got %s", got.body)
	}
}

func TestV2RefusesWhatIsNotProved(t *testing.T) {
	t.Parallel()
	g := newSigner(t)
	r := newRig(t, Options{Accounts: []Account{g.account()}})
	token := given(r.v2(g, v2LoginPath, "", r.business(""), v2Login))
	sound := r.business(token)
	for name, claims := range map[string]string{
		"no session": r.business(""), "another session": r.business("x"),
		"other digest": strings.Replace(sound, "ccca", "cccb", 1),
		"expired":      strings.Replace(sound, fmt.Sprint(testNow.Add(30*time.Second).UnixMilli()), "1711963000000", 1),
		"list digest":  strings.Replace(sound, appDigest(testAccount(), ""), listDigest(testAccount(), ""), 1),
	} {
		if got := r.v2(g, "saleDispatch/Create", "", claims, dto("CK1")); got.Code != "EXSM0003" {
			t.Errorf("%s: got %s, want EXSM0003", name, got.body)
		}
	}
	if got := r.v2(newSigner(t), "saleDispatch/Create", "", sound, dto("CK1")); got.Code != "EXSM0003" {
		t.Errorf("another key: got %s", got.body)
	}
	if got := r.v2(g, v2LoginPath, "", r.business(""), strings.Replace(v2Login, "e10a", "e10b", 1)); got.Code != "EXERROR0001" {
		t.Errorf("wrong password: got %s", got.body)
	}
	header := map[string]string{
		"Authorization": base64.StdEncoding.EncodeToString([]byte(`{"appKey":"demoKey1","authInfo":"` + g.token("RS256", sound) + `","orgId":""}`)),
		"Content-Type":  "application/json",
	}
	if got := r.do("POST", simplePath, dto("CK1"), header); got.Code != "EXERROR0001" {
		t.Errorf("JSON in place of a form: got %s", got.body)
	}
	r.server.ExpireTokens()
	if got := r.v2(g, "saleDispatch/Create", "", sound, dto("CK1")); got.Code != "EXSM0003" {
		t.Errorf("expired session: got %s", got.body)
	}
	if e := r.server.Entries(); len(e) != 0 {
		t.Errorf("refused calls left %+v", e)
	}
}

func TestV2LoginVariants(t *testing.T) {
	t.Parallel()
	g := newSigner(t)
	r := newRig(t, Options{Accounts: []Account{g.account()}})
	list := fmt.Sprintf(`{"sub":"cjt","exp":%d,"datas":"%s"}`, testNow.Unix()+18000, listDigest(testAccount(), ""))
	if got := r.v2(g, v2LoginPath, "", list, v2Login); given(got) == "" {
		t.Errorf("list digest and seconds: got %s", got.body)
	}
	const orgID = "90010000001"
	org := strings.Replace(r.business(""), appDigest(testAccount(), ""), appDigest(testAccount(), orgID), 1)
	if got := r.v2(g, "collaborationapp/GetAnonymousTPlusToken?IsFree=1", orgID, org, "{}"); given(got) == "" {
		t.Errorf("by organisation: got %s", got.body)
	}
	if got := r.v2(g, "collaborationapp/GetAnonymousTPlusToken?IsFree=1", "", r.business(""), "{}"); given(got) != "" {
		t.Errorf("without organisation: got %s", got.body)
	}
	foreign := strings.Replace(r.business(""), appDigest(testAccount(), ""), appDigest(testAccount(), "1"), 1)
	if got := r.v2(g, v2LoginPath, "1", foreign, v2Login); got.Code != "EXSM0003" {
		t.Errorf("another organisation: got %s", got.body)
	}
}

func TestTheModeDecidesWhoAnswers(t *testing.T) {
	t.Parallel()
	g := newSigner(t)
	cloudOnly := newRig(t, Options{Accounts: []Account{g.account()}, Mode: Cloud})
	if got := cloudOnly.v2(g, v2LoginPath, "", cloudOnly.business(""), v2Login); got.status != 401 || got.Code != "50000" {
		t.Errorf("on-premise login at the open platform: got HTTP %d %s", got.status, got.body)
	}
	local := newRig(t, Options{Accounts: []Account{g.account()}, Mode: OnPremV2, Limit: 1})
	if got := local.call(simplePath, dto("CK1")); got.Code != "EXSM0003" {
		t.Errorf("open token at a customer's server: got %s", got.body)
	}
	token := given(local.v2(g, v2LoginPath, "", local.business(""), v2Login))
	for i, want := range []string{"0", "EXSV0011"} {
		if got := local.v2(g, "SaleDispatchOpenApi/FindVoucherList", "", local.business(token), "{}"); got.Code != want {
			t.Errorf("call %d: got %s, want %s", i+1, got.body, want)
		}
	}
	local.plan(fault.Rule{Kind: fault.Code, Text: "EXSM0004", Endpoint: Login})
	if got := local.v2(g, v2LoginPath, "", local.business(""), v2Login); string(got.Data) != `"`+token+`"` {
		t.Errorf("logged in already: got %s, want %s", got.body, token)
	}
}
