package jst

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"
)

// pair is one parameter in its place in a query.
type pair struct{ name, value string }

// canonical joins name and value of every parameter that is not empty, sorted
// by the bytes of the name, the sign itself left out. Values are those that
// were sent, decoded from the form and not rewritten in any way.
func canonical(params map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "sign" && params[name] != "" {
			text.WriteString(name + params[name])
		}
	}
	return text.String()
}

// openSign is the signature of the open platform, lower-case hex: the secret
// stands once, in front.
func openSign(secret string, params map[string]string) string {
	return lowerMD5(secret + canonical(params))
}

// oldSign is the signature of the old gateway, lower-case hex: the parameters
// of the query in the order sent, but for those that frame them. The body is
// not signed.
func oldSign(method, partnerID, partnerKey string, query []pair) string {
	text := method + partnerID
	for _, p := range query {
		switch p.name {
		case "sign", "method", "partnerid", "partnerkey":
		default:
			text += p.name + p.value
		}
	}
	return lowerMD5(text + partnerKey)
}

// topSign is the signature of the Taobao gateway, upper-case hex. ok is false
// for a sign method that it does not know.
func topSign(method, secret string, params map[string]string) (sign string, ok bool) {
	text := canonical(params)
	switch method {
	case "md5":
		return strings.ToUpper(lowerMD5(secret + text + secret)), true
	case "hmac":
		return upperHMAC(md5.New, secret, text), true
	case "hmac-sha256":
		return upperHMAC(sha256.New, secret, text), true
	}
	return "", false
}

func lowerMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func upperHMAC(algorithm func() hash.Hash, key, text string) string {
	mac := hmac.New(algorithm, []byte(key))
	mac.Write([]byte(text))
	return strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
}

// same compares two signatures, case included, in a time that does not depend
// on where they differ.
func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
