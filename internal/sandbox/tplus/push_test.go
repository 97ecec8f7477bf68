package tplus

import (
	"crypto/aes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// decrypt is what a receiver of messages does.
func decrypt(t *testing.T, key, secret string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(data); at += block.BlockSize() {
		block.Decrypt(data[at:], data[at:])
	}
	return string(data[:len(data)-int(data[len(data)-1])])
}

func TestEncryptionVectors(t *testing.T) {
	t.Parallel()
	const published = "Ww/5c2K+8uJS8F9Z2Gsi3fDvHEhsUNktFRyJZdjSqjeGV8SzbnCiv2oSwRoTft2T6NsHviUS3zHqYwvKVsgOfNR6QVOzerfB+9LekYqf4iGp+D7kKA+v2MxPl84gWB7yJAa10JjEkzZkcb3SL9kLE5ngmJ6furfOXMbls4jg07CN2TaokUDrQudvpX6yAKoEvAHmV2KJBrk/1g/AjxVtSt8rp0Dn/rQn/c1gUVA6cgs9PKhOEXS/M50xxIatrc17Uv+OCdLpmpmJNeL87DtkBftwDnQhIq2EWc7pIWvi1SUxBwMpAIiIieWiHCHxFMvU"
	plain := decrypt(t, "testchaotestchao", published) // T1
	want := `{"appKey":"FQa4kEGD","appId":"4357676578","orgId":"7685679989","bookCode":"asgfagafsg","msgType":"subscribe","status":"0","bizContent":{"name:":"local 测试 2201",`
	if !strings.HasPrefix(plain, want) {
		t.Errorf("T1: got %s", plain)
	}
	for _, vector := range []struct{ name, key, plain, want string }{
		{"T1", "testchaotestchao", plain, published},
		{
			"T2", "1234567890123456", `{"id":"m-1","appKey":"demoKey1","msgType":"APP_TEST","time":"1711963800000","bizContent":{}}`,
			"+CcxFUQGNLkugzluMCHgchinIMcodoV4PRWftzsnQ5LGaM3ga/6ytUBzTXHf80i4zUDygba5A8yxy/nW7x4Vxvhoqhe6wi85r8ZKjYj5e7wN64afoskhtLF1eUzGUhwH",
		},
	} {
		if got, err := encrypt(vector.key, []byte(vector.plain)); err != nil || got != vector.want {
			t.Errorf("%s: got %s (%v), want %s", vector.name, got, err, vector.want)
		}
	}
}

// message is one push as its receiver reads it.
type message struct {
	ID, AppKey, OrgID, MsgType, Time string
	BizContent                       map[string]string
}

func read(t *testing.T, body []byte) message {
	t.Helper()
	var outer struct{ EncryptMsg string }
	if err := json.Unmarshal(body, &outer); err != nil {
		t.Fatalf("read push %s: %v", body, err)
	}
	var m message
	if err := json.Unmarshal([]byte(decrypt(t, "1234567890123456", outer.EncryptMsg)), &m); err != nil {
		t.Fatalf("read push %s: %v", body, err)
	}
	return m
}

func TestTheTicketIsPushedAgainOnDemand(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got := r.do("POST", "/auth/appTicket/resend", `{}`, app()).body; got != `{"code":"200","message":"success"}` {
		t.Errorf("resend: got %s", got)
	}
	if len(r.pushed) != 1 {
		t.Fatalf("got %d pushes, want 1", len(r.pushed))
	}
	m := read(t, r.pushed[0])
	if m.MsgType != "APP_TICKET" || m.BizContent["appTicket"] != "ticket" || m.Time != "1711963800000" || m.AppKey != "demoKey1" || m.ID == "" {
		t.Errorf("push: got %+v", m)
	}
}

func TestAPushThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if body, err := r.server.PushBody("APP_TEST", make(chan int)); err == nil {
		t.Errorf("no JSON: got %s", body)
	}
	account := testAccount()
	account.MessageSecret = "short"
	if body, err := newRig(t, Options{Accounts: []Account{account}}).server.PushBody("APP_TEST", nil); err == nil {
		t.Errorf("bad key: got %s", body)
	}
}
