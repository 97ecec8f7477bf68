package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// keyBytes is the length of a key: AES-256.
const keyBytes = 32

// Key seals secrets. Make one with ParseKey; it shows nothing of itself but its ID.
type Key struct {
	aead cipher.AEAD
	id   string
}

// ParseKey reads a key of 32 random bytes, written as 64 hex digits or as base64
// (standard or URL alphabet, padded or not). White space around it is ignored,
// because keys come out of files. The error never quotes the text.
func ParseKey(text string) (Key, error) {
	raw, ok := keyOf(strings.TrimSpace(text))
	if !ok {
		return Key{}, fmt.Errorf("the vault key is not %d bytes as hex or base64: make one with openssl rand -base64 %d", keyBytes, keyBytes)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return Key{}, fmt.Errorf("vault key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, fmt.Errorf("vault key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("pandian vault key "), raw...))
	return Key{aead: aead, id: hex.EncodeToString(sum[:6])}, nil
}

func keyOf(text string) ([]byte, bool) {
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == keyBytes {
		return raw, true
	}
	for _, encoding := range []*base64.Encoding{
		base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
	} {
		if raw, err := encoding.DecodeString(text); err == nil && len(raw) == keyBytes {
			return raw, true
		}
	}
	return nil, false
}

// ID is a short fingerprint of the key, for people to tell keys apart.
func (k Key) ID() string { return k.id }

// String names the key without showing it.
func (k Key) String() string { return "vault key " + k.id }

// GoString is String: %#v shows no more than %v.
func (k Key) GoString() string { return k.String() }

// LogValue is String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// valid is false for the zero Key.
func (k Key) valid() error {
	if k.aead == nil {
		return errors.New("there is no vault key: make it with ParseKey")
	}
	return nil
}

// seal encrypts value for one place: opening it in another fails. A nonce of its
// own stands in front; with random ones of 96 bits, one key may seal 2^32 times.
func (k Key) seal(value []byte, connection, name string) []byte {
	return k.aead.Seal(nil, nil, value, place(connection, name))
}

// open decrypts what seal gave for the same place, with the same key.
func (k Key) open(sealed []byte, connection, name string) ([]byte, error) {
	return k.aead.Open(nil, nil, sealed, place(connection, name))
}

// place is what a secret is bound to. The lengths keep ("ab", "c") and ("a",
// "bc") apart.
func place(connection, name string) []byte {
	return fmt.Appendf(nil, "pandian ops.credential 1 %d:%s %d:%s", len(connection), connection, len(name), name)
}
