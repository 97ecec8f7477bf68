package tplus

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// T3 and T4: the platform's request signature.
func TestSignRequest_leaves_blanks_out(t *testing.T) {
	t.Parallel()
	body := []byte(`{"dto": {"ExternalCode": "CK2024 0401", "Memo": "来自 旺店通"}}`)
	if got, want := signedText("demoKey1", "1711963800000", body),
		`appKey=demoKey1&bizContent={"dto":{"ExternalCode":"CK20240401","Memo":"来自旺店通"}}&timestamp=1711963800000`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for given, want := range map[string]string{string(body): "2b0857ad64ad53fa1eb4f5752b0383bf", "": "cb0ad97ad8efe90142a0e41b775d74e8", " \t\r\n\v\f": "cb0ad97ad8efe90142a0e41b775d74e8"} {
		if got := SignRequest("demoKey1", "signkey-xyz", "1711963800000", []byte(given)); got != want {
			t.Errorf("%q: got %s, want %s", given, got, want)
		}
	}
}

// T5 and T6: generation 1.
func TestAuthorizationV1_signs_address_token_and_date(t *testing.T) {
	t.Parallel()
	const date = "Mon, 01 Apr 2024 09:30:00 GMT"
	got := AuthorizationV1("demoKey1", "demoSecret", "http://erp.example.com/TPlus/api/v1/Authorization", "", date)
	want := "eyJhcHBLZXkiOiJkZW1vS2V5MSIsImF1dGhJbmZvIjoiaG1hYy1zaGExIHpHQnFOZ3B2NVllYTFnci85MGZyK2pkY29obz0iLCJwYXJhbUluZm8iOnsidXJpIjoiaHR0cDovL2VycC5leGFtcGxlLmNvbS9UUGx1cy9hcGkvdjEvQXV0aG9yaXphdGlvbiIsImFjY2Vzc190b2tlbiI6IiIsImRhdGUiOiJNb24sIDAxIEFwciAyMDI0IDA5OjMwOjAwIEdNVCJ9fQ=="
	if got != want {
		t.Errorf("sign in: got %s, want %s", decode(t, got), decode(t, want))
	}
	got = decode(t, AuthorizationV1("demoKey1", "demoSecret", "http://erp.example.com/TPlus/api/v1/saleDispatch/Create", "tok-0001", date))
	if !strings.Contains(got, `"hmac-sha1 dHa8+i7Sl/a6S3lIMKJqY8aQJLg="`) {
		t.Errorf("call: got %s", got)
	}
	at := time.Date(2024, 4, 1, 17, 30, 0, 0, china())
	made, err := (&onPrem{conn: Connection{Mode: OnPremV1, AppKey: "demoKey1", AppSecret: "demoSecret"}}).
		authorization("http://erp.example.com/TPlus/api/v1/Authorization", "", at)
	if err != nil || made != want {
		t.Errorf("at %s: got %s and error %v, want %s", at, decode(t, made), err, decode(t, want))
	}
}

// T7: the claim datas.
func TestAppDigest_is_of_the_credentials_in_their_order(t *testing.T) {
	t.Parallel()
	for orgID, want := range map[string]string{"": "ccca208a669ab4e896e41e5f3271eeea", "90010000001": "e69972b48a8d2adf0c492cfe40f0d7a0"} {
		if got := AppDigest("demoKey1", orgID, "demoSecret"); got != want {
			t.Errorf("organisation %q: got %s, want %s", orgID, got, want)
		}
	}
}

// T8: what is signed to sign in; the signature itself is salted, so it is verified.
func TestSigner_makes_tokens_that_verify(t *testing.T) {
	t.Parallel()
	key, text := newKey(t)
	for _, algorithm := range []string{"PS256", "RS256"} {
		made, err := Connection{PrivateKey: text, JWTAlgorithm: algorithm}.signer()
		if err != nil {
			t.Fatal(err)
		}
		now := time.UnixMilli(1711963830000).Add(-tokenLife)
		signed, err := made.sign("ccca208a669ab4e896e41e5f3271eeea", "", now)
		if err != nil {
			t.Fatal(err)
		}
		head, signature, _ := cutLast(signed, ".")
		want := "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ0ZXN0ZXIiLCJleHAiOjE3MTE5NjM4MzAwMDAsImRhdGFzIjoiY2NjYTIwOGE2NjlhYjRlODk2ZTQxZTVmMzI3MWVlZWEifQ"
		if algorithm == "PS256" && head != want {
			t.Errorf("got %s, want %s", head, want)
		}
		raw, err := jwt.NewParser().DecodeSegment(signature)
		if err != nil || made.method.Verify(head, raw, &key.PublicKey) != nil {
			t.Errorf("%s: the signature does not verify", algorithm)
		}
		call, err := made.sign("d", "tok-1", now)
		if err != nil || !strings.Contains(decodeSegment(t, call), `{"sub":"chanjet","exp":1711963830000,"datas":"d","access_token":"tok-1"}`) {
			t.Errorf("%s: got %s and error %v", algorithm, decodeSegment(t, call), err)
		}
	}
}

// T9: the header of generation 2.
func TestAuthorizationV2_wraps_the_token(t *testing.T) {
	t.Parallel()
	want := "eyJhcHBLZXkiOiJkZW1vS2V5MSIsImF1dGhJbmZvIjoiYWFhLmJiYi5jY2MiLCJvcmdJZCI6IiJ9"
	if got := AuthorizationV2("demoKey1", "aaa.bbb.ccc", ""); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// T10: passwords, the empty one too.
func TestPasswords_are_hashed_as_each_generation_wants(t *testing.T) {
	t.Parallel()
	for password, want := range map[string][2]string{
		"":       {"d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg=="},
		"123456": {"e10adc3949ba59abbe56e057f20f883e", "4QrcOUm6Wau+VuBX8g+IPg=="},
	} {
		if got := [2]string{hexMD5(password), base64MD5(password)}; got != want {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
	}
}

func newKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func decode(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	return text[:at], text[at+1:], at >= 0
}

func decodeSegment(t *testing.T, token string) string {
	t.Helper()
	raw, err := jwt.NewParser().DecodeSegment(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
