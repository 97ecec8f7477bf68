package k3cloud

import (
	"testing"
	"time"
)

// The accounts of the platform page's vectors; all invented.
func vectorOne() Connection {
	return Connection{
		AcctID: "64f0c1d2e3a4b5", AppID: "200001_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY",
		AppSecret: "0123456789abcdef0123456789abcdef", UserName: "demo", LCID: 2052, OrgNum: "0",
	}
}

func vectorTwo() Connection {
	return Connection{
		AcctID: "65a1b2c3d4e5f6", AppID: "300777_eHl6MDEyMzQ1Njc4OUFCQ0RFRkdISUpL",
		AppSecret: "fedcba9876543210fedcba9876543210", UserName: "Administrator", LCID: 2052,
	}
}

func TestLoginSignature_matches_the_vectors(t *testing.T) {
	t.Parallel()
	named, old := vectorOne(), vectorOne()
	named.UserName, old.Auth = "张三", AuthSignSHA1
	for name, test := range map[string]struct {
		conn            Connection
		timestamp, want string
	}{
		"G1":       {vectorOne(), "1700000000", "a82381239ebbfcc3525e99a3c8e63f4f6e38ae62f979240deff4f43752e63344"},
		"G1 SHA-1": {old, "1700000000", "7429c0a8816a0c47e4c1320c2d898099c2c1215c"},
		"G2":       {named, "1700000000", "14fd140142b8482d8b5d4e00b8be4b42efb1ff37bf0932598c3bd40deccab171"},
		"G3":       {vectorTwo(), "1735689600", "0fbe3f497ab321af24eece8470577c725155665a800e588bc83f896def25db0a"},
	} {
		if got := test.conn.LoginSignature(test.timestamp); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// Code units, not code points: a character outside the first plane sorts by its surrogates, before U+FF21.
func TestLoginSignature_sorts_by_code_unit(t *testing.T) {
	t.Parallel()
	wide := Connection{AcctID: "Ａ", UserName: "😀"}
	swapped := Connection{AcctID: "😀Ａ"}
	if got, want := wide.LoginSignature("1"), swapped.LoginSignature("1"); got != want {
		t.Errorf("got %s, want the hash of 1😀Ａ %s", got, want)
	}
}

func TestSplitAppID_unmasks_the_secret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ appID, clientID, want string }{
		"gw1":       {vectorOne().AppID, "200001", "cXJ2cCN1fn8qfHl/eX14aDNiajc0YTNr"},
		"gw2":       {vectorTwo().AppID, "300777", "SElPBFcBCgNWAAULDXJ1eyZ1fyQpfi54"},
		"no secret": {"300777", "300777", ""},
	} {
		clientID, got, err := splitAppID(test.appID)
		if err != nil || clientID != test.clientID || got != test.want {
			t.Errorf("%s: got %s %s and %v, want %s %s", name, clientID, got, err, test.clientID, test.want)
		}
	}
	for _, bad := range []string{"1_not base64", "1_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYQUJDREVGR0hJSktMTU5P"} {
		if _, _, err := splitAppID(bad); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}

const services = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."

func TestTextToSign_matches_the_vector(t *testing.T) {
	t.Parallel()
	got := textToSign("https://erp.example.com/k3cloud/"+services+"BatchSave.common.kdsvc", "1700000000123")
	want := "POST\n%2Fk3cloud%2FKingdee.BOS.WebApi.ServicesStub.DynamicFormService.BatchSave.common.kdsvc\n\nx-api-nonce:1700000000123\nx-api-timestamp:1700000000123\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSignedHeaders_match_the_vectors(t *testing.T) {
	t.Parallel()
	p1 := "https://erp.example.com/k3cloud/" + services + "BatchSave.common.kdsvc"
	p3 := "https://api.kingdee.com/galaxyapi/" + services + "ExecuteBillQuery.common.kdsvc"
	p4 := "http://10.0.0.5:8080/K3Cloud/" + services + "View.common.kdsvc"
	named := vectorOne()
	named.UserName, named.OrgNum = "张三", "100"
	english, short := vectorTwo(), vectorTwo()
	english.LCID, english.OrgNum = 1033, "101"
	short.AppID, short.OrgNum = "300777", "100"
	for name, test := range map[string]struct {
		conn                    Connection
		address                 string
		milliseconds            int64
		api, appData, signature string // - is not part of the vector
	}{
		"HS": {vectorOne(), p1, 1795308984135, "MWJmNGViNmJkYzQyNGU5OWEzZTgwNDNkNjlmYmI2YTAzNjU5MDgzNjU0M2UwZWYxZjhhNWVhOTQxOWUyMDE4OQ==", "-", "-"},
		"H1": {vectorOne(), p1, 1700000000123, "NTEzZWM4YTdhMjA3MzZmZGU4OThiMDY3MTNlNTMwNTllMjQ3ZTk1NzdiODZmOGFjMjIzYjI5MjdlNmNmYmY2MA==",
			"NjRmMGMxZDJlM2E0YjUsZGVtbywyMDUyLDA=", "NDc1N2UxYWE3YTRkYjFhMzEwZmM1YmRiYWQxZjU5OTExOGM2ZDg0NWNjNWYyN2M3NGU5NmFlMWNkMTNhODYyZg=="},
		"H2": {named, p1, 1700000000123, "-", "NjRmMGMxZDJlM2E0YjUs5byg5LiJLDIwNTIsMTAw",
			"ZTZkODJhMWQ2YjUwYmZmYTU4ZTFmYTdmOWQ5ZWY2YjA1ODlkYjRmNDhiYmVlZGFjNWY4NjYyODE2ZjJmMGE2NA=="},
		"H3": {english, p3, 1735689600456, "ZTk3M2JkNzYwY2Q4ZTFmN2FhNjEwMGIwNzVlY2RkNjU0YTllNjdjMmI1ZTY5ZTBmZmY2ZWJjMzhlODA4MDRhNA==",
			"NjVhMWIyYzNkNGU1ZjYsQWRtaW5pc3RyYXRvciwxMDMzLDEwMQ==", "ZTk4NDg2ZGI0ZjNhNGJiNGJiNzRhZDRhNDFjMDk5NTM2ZDk1MmQyZWNhY2Q5ZWEwNDlmMjBkYzFhYzAxZTYzNg=="},
		"H4": {vectorTwo(), p4, 1735689600456, "MWVjODMwZWExYTBhNjNiYzAxMDlmYTU0YjA4Y2E0NGQ0MmUxMjljYTAyNDRhZGNiMWQ1Yzg5ZTNlMWZiMDVjNw==",
			"NjVhMWIyYzNkNGU1ZjYsQWRtaW5pc3RyYXRvciwyMDUyLA==", "NzhjMWJhMjA0ZTAxYWVkZmNhMjNlYjM5MWYyZDVjNDYyMTY3NDgyMjRhOTRhZWQ4YmVkNzgzN2I4MDBhYTY2Yw=="},
		"H5": {short, p1, 1700000000123, "", "-", "MGQ3ZmRkODI3NWI0MDZhNGIwYzYzM2ExOWY0OGNiNjI5ODdjMGY1YzMyNzAxYWNmZjE3ODkwMWRjZWU4YjA3Yw=="},
	} {
		header, err := test.conn.SignedHeaders(test.address, time.UnixMilli(test.milliseconds))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for field, want := range map[string]string{"X-Api-Signature": test.api, "X-Kd-Appdata": test.appData, "X-Kd-Signature": test.signature} {
			if got := header.Get(field); want != "-" && got != want {
				t.Errorf("%s: got %s %s, want %s", name, field, got, want)
			}
		}
	}
}

func TestSignedHeaders_are_all_there(t *testing.T) {
	t.Parallel()
	header, err := vectorOne().SignedHeaders("https://erp.example.com/k3cloud/x", time.UnixMilli(1700000000123))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"X-Api-ClientID": "200001", "X-Api-Auth-Version": "2.0", "x-api-timestamp": "1700000000123", "x-api-nonce": "1700000000123",
		"x-api-signheaders": "X-Api-TimeStamp,X-Api-Nonce", "X-Kd-Appkey": vectorOne().AppID,
	} {
		if got := header.Get(name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	if got, want := len(header), 9; got != want {
		t.Errorf("got %d headers %v, want %d", got, header, want)
	}
}
