package yonsuite

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
)

// sign is the signature that the token endpoints expect for these parameters:
// HMAC-SHA256 over name and value of each, sorted by name, the signature itself
// left out, in standard base64. Values are the decoded ones of the query.
func sign(secret string, params url.Values) string {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "signature" {
			mac.Write([]byte(name + params.Get(name)))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// same compares two secrets in a time that does not depend on where they differ.
func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
