package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"pandian/internal/vault"
)

// rawKey is 32 bytes that differ by seed.
func rawKey(seed byte) []byte {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = seed + 7*byte(i)
	}
	return raw
}

func key(t *testing.T, seed byte) vault.Key {
	t.Helper()
	k, err := vault.ParseKey(hex.EncodeToString(rawKey(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParseKey_reads_one_key_however_it_is_written(t *testing.T) {
	t.Parallel()
	raw := rawKey(3)
	want := key(t, 3).ID()
	for _, text := range []string{
		strings.ToUpper(hex.EncodeToString(raw)), base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), " " + hex.EncodeToString(raw) + "\n",
	} {
		got, err := vault.ParseKey(text)
		if err != nil || got.ID() != want {
			t.Errorf("%q: got %s and %v, want the key %s", text, got, err, want)
		}
	}
	if key(t, 4).ID() == want {
		t.Error("two keys have the same fingerprint")
	}
}

func TestParseKey_refuses_what_is_no_key_without_quoting_it(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "correct horse battery staple", hex.EncodeToString(rawKey(1)[:31]), base64.StdEncoding.EncodeToString(append(rawKey(1), 1))} {
		_, err := vault.ParseKey(text)
		if err == nil || text != "" && strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "openssl rand") {
			t.Errorf("%q: got %v, want an error that says how to make one", text, err)
		}
	}
}

func TestKey_shows_nothing_but_its_fingerprint(t *testing.T) {
	t.Parallel()
	k := key(t, 9)
	raw := rawKey(9)
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v", k), fmt.Sprintf("%#v", k), k.LogValue().String()} {
		if text != "vault key "+k.ID() || bytes.Contains(raw, []byte(k.ID())) {
			t.Errorf("got %s, want the fingerprint alone", text)
		}
	}
}
