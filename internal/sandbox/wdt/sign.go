package wdt

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// topSign is the signature that the Taobao gateway expects for these
// parameters, in upper-case hex: over name and value of every parameter that is
// not empty, sorted by name, the sign itself left out. ok is false for a sign
// method that the gateway does not know (it knows md5, hmac, hmac-sha256).
func topSign(method, secret string, params map[string]string) (sign string, ok bool) {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "sign" && params[name] != "" {
			text.WriteString(name + params[name])
		}
	}
	var sum []byte
	switch method {
	case "md5": // the secret stands on both sides of the text
		digest := md5.Sum([]byte(secret + text.String() + secret))
		sum = digest[:]
	case "hmac":
		mac := hmac.New(md5.New, []byte(secret))
		mac.Write([]byte(text.String()))
		sum = mac.Sum(nil)
	case "hmac-sha256":
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text.String()))
		sum = mac.Sum(nil)
	default:
		return "", false
	}
	return strings.ToUpper(hex.EncodeToString(sum)), true
}

// openSign is the signature that openapi2 expects for these parameters, in
// lower-case hex. Each pair reads LL-name:LLLL-value, where the lengths are
// counted in characters (code points) and not in bytes.
func openSign(secret string, params map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name == "sign" {
			continue
		}
		value := params[name]
		pairs = append(pairs, fmt.Sprintf("%02d-%s:%04d-%s",
			utf8.RuneCountInString(name), name, utf8.RuneCountInString(value), value))
	}
	digest := md5.Sum([]byte(strings.Join(pairs, ";") + secret))
	return hex.EncodeToString(digest[:])
}

// same compares two signatures in a time that does not depend on where they
// differ.
func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
