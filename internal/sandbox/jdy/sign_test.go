package jdy

import (
	"encoding/base64"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	vectorSecret = "0123456789abcdef0123456789abcdef"
	vectorTime   = "1700000000123"
)

func TestAppSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct{ name, key, secret, want string }{
		{"X1", "abc", "abc123", "ZDljMTI3NGIyNTE1MTRkYzlkNjc1MDNhYjUzMzgzNWMyY2M4YTdjMzdmNmM3YTVlNDkxMTkzNjdiOTFjNzUyZQ=="},
		{"X7", "TESTKEY1", "00112233445566778899aabbccddeeff00112233", "MmVjZjkzOTExOGI1Y2QwODVjNDJlZTdhNWVjNmZlMjg0NmVjYWVmMTRlYmY5NzVmMDRmNDhjYWU4MWYwZDY2OA=="},
	} {
		if got := appSignature(vector.key, vector.secret); got != vector.want {
			t.Errorf("%s: got %s, want %s", vector.name, got, vector.want)
		}
	}
}

// signVector is one vector: what is sent, the query line and what it yields.
type signVector struct {
	name, secret, method, path, query, nonce, time string
	line, hex, want                                string
}

func signVectors() []signVector {
	const batch, list = "/jdy/basedata/material_batch_save", "/jdy/v2/bd/material"
	return []signVector{
		{
			"X2", "f2adcfef73369bfc4e1384677d38a0ff", "GET", "/jdyconnector/app_management/kingdee_auth_token",
			"app_signature=MzZlYTk0ODk4MWZlNjdiODNmNWU4YzViNzYxNGM5MTFlOGJkN2NjMzk0MTJkZGNhZGM0NzZhN2YxZDJmOTlkZA%3D%3D&app_key=bVZgAZOv1",
			"4427456950", "1670305063559",
			"app_key=bVZgAZOv1&app_signature=MzZlYTk0ODk4MWZlNjdiODNmNWU4YzViNzYxNGM5MTFlOGJkN2NjMzk0MTJkZGNhZGM0NzZhN2YxZDJmOTlkZA%253D%253D",
			"", "OTFiZTliNDFiMjNkYTI3YzVhNzg4MDI4ZGU3MWY1ZTA5ZTk1NjVlNGM1YTI1ZjIxY2Y5YTA3ZGY2OGI1MGQ1MQ==",
		},
		{
			"X3", vectorSecret, "POST", batch, "", "1234567890", vectorTime, "",
			"854eb940bdce5f9948b070b38b0bc226aed44cff09c929d0d52847092647dc1f",
			"ODU0ZWI5NDBiZGNlNWY5OTQ4YjA3MGIzOGIwYmMyMjZhZWQ0NGNmZjA5YzkyOWQwZDUyODQ3MDkyNjQ3ZGMxZg==",
		},
		{
			"X4", vectorSecret, "POST", batch, "access_token=0f0e0d0c0b0a09080706050403020100", "1234567890", vectorTime,
			"access_token=0f0e0d0c0b0a09080706050403020100",
			"0549ed043e64374329b014a5d6f4c5f532d2bbdd366a1fd19ee9a330bead8468",
			"MDU0OWVkMDQzZTY0Mzc0MzI5YjAxNGE1ZDZmNGM1ZjUzMmQyYmJkZDM2NmExZmQxOWVlOWEzMzBiZWFkODQ2OA==",
		},
		{
			"X5", vectorSecret, "GET", list, "search=%E6%B5%8B%E8%AF%95%2FA%2BB%3D1&page=1&page_size=100", "42", vectorTime,
			"page=1&page_size=100&search=%25E6%25B5%258B%25E8%25AF%2595%252FA%252BB%253D1",
			"b99d53d231d9b5782267d523150c8a7526b2c77e8f9bac683eb1b26c1252db17",
			"Yjk5ZDUzZDIzMWQ5YjU3ODIyNjdkNTIzMTUwYzhhNzUyNmIyYzc3ZThmOWJhYzY4M2ViMWIyNmMxMjUyZGIxNw==",
		},
		{
			"X6", vectorSecret, "POST", "/jdyconnector/app_management/push_app_authorize",
			"outerInstanceId=100000000000000001", "1234567890", vectorTime, "outerInstanceId=100000000000000001",
			"8be83741bde76067b7ea27d7ed1ef3f385ddf1ee73670bc449cddb80cccbb0ea",
			"OGJlODM3NDFiZGU3NjA2N2I3ZWEyN2Q3ZWQxZWYzZjM4NWRkZjFlZTczNjcwYmM0NDljZGRiODBjY2NiYjBlYQ==",
		},
		{
			"X8", vectorSecret, "GET", list, "search=a+b*%7Ec-d_e.f", "42", vectorTime, "search=a%2Bb%2A%257Ec-d_e.f", "",
			"YjQ5N2E5YTkzYTQ3MzE2MmE4YzMxZGNlMTcxZTZmZGMzZGEwMGUzNTQzNzM4NjgwNmQ4MGZhZjE3NmRlYTk4Mg==",
		},
		{
			"X8 by RFC 3986", vectorSecret, "GET", list, "search=a%20b%2A~c-d_e.f", "42", vectorTime,
			"search=a%2520b%252A~c-d_e.f", "",
			"NGRkMWYzMDJhNzE0YjY1ZTM3NDgyYzBiNWE5OGU5MGEzOGY3ODQzMzI4MDQ1ZmI2ZGI3NjRkOTcxZTdjYmFhOA==",
		},
		{
			"X9", vectorSecret, "GET", "/jdy/v2/bd/material_detail", "number=&id=1", "7", vectorTime, "id=1&number=", "",
			"NDU0Mjk1M2FjNTE2Mjc3ZGM3OWIwYmExMGViZTM1NTNmMGM3NzQwNjE4ZTQ3NDNmY2FmZWZhOTg2NWI5YWY5Yw==",
		},
	}
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for _, v := range signVectors() {
		if line := queryLine(v.query); line != v.line {
			t.Errorf("%s: query line\n got %s\nwant %s", v.name, line, v.line)
		}
		got := signature(v.secret, signed{v.method, v.path, v.query, v.nonce, v.time})
		if got != v.want {
			t.Errorf("%s: got %s, want %s", v.name, got, v.want)
		}
		if decoded, err := base64.StdEncoding.DecodeString(got); v.hex != "" && (err != nil || string(decoded) != v.hex) {
			t.Errorf("%s: got %s (%v), want %s", v.name, decoded, err, v.hex)
		} else if _, err := hex.DecodeString(string(decoded)); err != nil {
			t.Errorf("%s: %s is not hexadecimal text", v.name, decoded)
		}
	}
}

// signedCall is a vector as a request that arrived.
func signedCall(v signVector, names string) call {
	request := httptest.NewRequest(v.method, v.path+"?"+v.query, nil)
	for name, value := range map[string]string{
		"X-Api-ClientID": "client", "X-Api-Auth-Version": "2.0", "X-Api-TimeStamp": v.time,
		"X-Api-Nonce": v.nonce, "X-Api-SignHeaders": names, "X-Api-Signature": v.want,
	} {
		request.Header.Set(name, value)
	}
	return call{request: request}
}

func TestASignedCallIsHeldAgainstItsVector(t *testing.T) {
	t.Parallel()
	for _, v := range signVectors() {
		s := &Server{options: Options{Account: Account{ClientID: "client", ClientSecret: v.secret}}}
		for _, names := range []string{"X-Api-TimeStamp,X-Api-Nonce", "X-Api-Nonce,X-Api-TimeStamp"} {
			c := signedCall(v, names)
			c.now = time.UnixMilli(milliseconds(t, v.time)).Add(4 * time.Minute)
			if code := s.checkSignature(c); code != 0 {
				t.Errorf("%s: got code %d, want none", v.name, code)
			}
			c.now = time.UnixMilli(milliseconds(t, v.time)).Add(-6 * time.Minute)
			if code := s.checkSignature(c); code != badTimestamp {
				t.Errorf("%s six minutes off: got code %d, want %d", v.name, code, badTimestamp)
			}
		}
	}
}

func TestEachPartOfASignedCallIsChecked(t *testing.T) {
	t.Parallel()
	v := signVectors()[2]
	s := &Server{options: Options{Account: Account{ClientID: "client", ClientSecret: v.secret}}}
	for _, test := range []struct {
		header, value string
		want          int
	}{
		{"X-Api-Auth-Version", "1.0", 4001}, {"X-Api-Auth-Version", "", 4001}, {"X-Api-ClientID", "", 4002},
		{"X-Api-ClientID", "other", 4003}, {"X-Api-TimeStamp", "now", 4006}, {"X-Api-TimeStamp", "", 4006},
		{"X-Api-SignHeaders", "X-Api-Nonce", 4007}, {"X-Api-Nonce", "", 4007}, {"X-Api-Nonce", "-5", 4007},
		{"X-Api-Nonce", "0", 4007}, {"X-Api-Nonce", "1234567891", 4008}, {"X-Api-TimeStamp", "1700000000124", 4008},
		{"X-Api-Signature", strings.ToLower(v.want), 4008}, {"X-Api-Signature", "", 4008},
	} {
		c := signedCall(v, "X-Api-TimeStamp,X-Api-Nonce")
		c.now = time.UnixMilli(milliseconds(t, v.time))
		c.request.Header.Set(test.header, test.value)
		if code := s.checkSignature(c); code != test.want {
			t.Errorf("%s %q: got %d, want %d", test.header, test.value, code, test.want)
		}
	}
}

func TestOneCharacterMoreOrLessSpoilsASignature(t *testing.T) {
	t.Parallel()
	v := signVectors()[3]
	for i := range len(v.query) {
		changed := v.query[:i] + "x" + v.query[i+1:]
		if changed == v.query {
			continue
		}
		if got := signature(v.secret, signed{v.method, v.path, changed, v.nonce, v.time}); got == v.want {
			t.Errorf("query %s has the signature of %s", changed, v.query)
		}
	}
	if signature(v.secret, signed{"POST", v.path, v.query, v.nonce, v.time}) == v.want {
		t.Error("the method is not signed")
	}
}
