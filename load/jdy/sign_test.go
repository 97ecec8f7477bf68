package jdy_test

import (
	"encoding/base64"
	"net/url"
	"testing"

	"pandian/load/jdy"
)

const (
	vectorSecret = "0123456789abcdef0123456789abcdef"
	vectorTime   = "1700000000123"
)

// X2 to X6, X8 and X9: the vendor's example, and what the vendor's own client makes
// of fixed nonces and times.
func TestSign_agrees_with_the_vendors_client(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secret, method, path, query, nonce, timestamp, want string
	}{
		"X2 vendor's example": {
			"f2adcfef73369bfc4e1384677d38a0ff", "GET", "/jdyconnector/app_management/kingdee_auth_token",
			"app_signature=MzZlYTk0ODk4MWZlNjdiODNmNWU4YzViNzYxNGM5MTFlOGJkN2NjMzk0MTJkZGNhZGM0NzZhN2YxZDJmOTlkZA%3D%3D&app_key=bVZgAZOv1",
			"4427456950", "1670305063559",
			"OTFiZTliNDFiMjNkYTI3YzVhNzg4MDI4ZGU3MWY1ZTA5ZTk1NjVlNGM1YTI1ZjIxY2Y5YTA3ZGY2OGI1MGQ1MQ==",
		},
		"X3 no query": {
			vectorSecret, "POST", "/jdy/basedata/material_batch_save", "", "1234567890", vectorTime,
			"ODU0ZWI5NDBiZGNlNWY5OTQ4YjA3MGIzOGIwYmMyMjZhZWQ0NGNmZjA5YzkyOWQwZDUyODQ3MDkyNjQ3ZGMxZg==",
		},
		"X4 token in the query": {
			vectorSecret, "POST", "/jdy/basedata/material_batch_save", "access_token=0f0e0d0c0b0a09080706050403020100", "1234567890", vectorTime,
			"MDU0OWVkMDQzZTY0Mzc0MzI5YjAxNGE1ZDZmNGM1ZjUzMmQyYmJkZDM2NmExZmQxOWVlOWEzMzBiZWFkODQ2OA==",
		},
		"X5 Chinese and reserved characters": {
			vectorSecret, "GET", "/jdy/v2/bd/material", "search=" + url.QueryEscape("测试/A+B=1") + "&page=1&page_size=100", "42", vectorTime,
			"Yjk5ZDUzZDIzMWQ5YjU3ODIyNjdkNTIzMTUwYzhhNzUyNmIyYzc3ZThmOWJhYzY4M2ViMWIyNmMxMjUyZGIxNw==",
		},
		"X6 long number": {
			vectorSecret, "POST", "/jdyconnector/app_management/push_app_authorize", "outerInstanceId=100000000000000001", "1234567890", vectorTime,
			"OGJlODM3NDFiZGU3NjA2N2I3ZWEyN2Q3ZWQxZWYzZjM4NWRkZjFlZTczNjcwYmM0NDljZGRiODBjY2NiYjBlYQ==",
		},
		"X8 as Java encodes": {
			vectorSecret, "GET", "/jdy/v2/bd/material", "search=a+b*%7Ec-d_e.f", "42", vectorTime,
			"YjQ5N2E5YTkzYTQ3MzE2MmE4YzMxZGNlMTcxZTZmZGMzZGEwMGUzNTQzNzM4NjgwNmQ4MGZhZjE3NmRlYTk4Mg==",
		},
		"X8 as RFC 3986 encodes": {
			vectorSecret, "GET", "/jdy/v2/bd/material", "search=a%20b%2A~c-d_e.f", "42", vectorTime,
			"NGRkMWYzMDJhNzE0YjY1ZTM3NDgyYzBiNWE5OGU5MGEzOGY3ODQzMzI4MDQ1ZmI2ZGI3NjRkOTcxZTdjYmFhOA==",
		},
		"X9 empty value": {
			vectorSecret, "GET", "/jdy/v2/bd/material_detail", "number=&id=1", "7", vectorTime,
			"NDU0Mjk1M2FjNTE2Mjc3ZGM3OWIwYmExMGViZTM1NTNmMGM3NzQwNjE4ZTQ3NDNmY2FmZWZhOTg2NWI5YWY5Yw==",
		},
	} {
		if got := jdy.Sign(test.secret, test.method, test.path, test.query, test.nonce, test.timestamp); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// X3 and X4 print the hexadecimal text, too: it is this that goes into base64.
func TestSign_encodes_the_hexadecimal_text(t *testing.T) {
	t.Parallel()
	got := jdy.Sign(vectorSecret, "POST", "/jdy/basedata/material_batch_save", "", "1234567890", vectorTime)
	text, err := base64.StdEncoding.DecodeString(got)
	if want := "854eb940bdce5f9948b070b38b0bc226aed44cff09c929d0d52847092647dc1f"; err != nil || string(text) != want {
		t.Errorf("got %q and error %v, want %q", text, err, want)
	}
}

// X1 and X7.
func TestAppSignature_agrees_with_the_vendors_example(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, secret, want string }{
		{"abc", "abc123", "ZDljMTI3NGIyNTE1MTRkYzlkNjc1MDNhYjUzMzgzNWMyY2M4YTdjMzdmNmM3YTVlNDkxMTkzNjdiOTFjNzUyZQ=="},
		{"TESTKEY1", "00112233445566778899aabbccddeeff00112233", "MmVjZjkzOTExOGI1Y2QwODVjNDJlZTdhNWVjNmZlMjg0NmVjYWVmMTRlYmY5NzVmMDRmNDhjYWU4MWYwZDY2OA=="},
	} {
		if got := jdy.AppSignature(test.key, test.secret); got != test.want {
			t.Errorf("%s: got %s, want %s", test.key, got, test.want)
		}
	}
}
