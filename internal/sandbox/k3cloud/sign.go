package k3cloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// gatewayMask is what the vendor's SDK folds into the second half of an appId to
// get the key of X-Api-Signature.
const gatewayMask = "0054f397c6234378b09ca7d3e5debce7"

// loginSign is the sign of LoginBySign: the hash of the five texts acctID,
// username, appId, appSecret and timestamp, sorted and joined, in lower-case hex.
func loginSign(newHash func() hash.Hash, texts ...string) string {
	h := newHash()
	h.Write([]byte(joinSorted(texts)))
	return hex.EncodeToString(h.Sum(nil))
}

// joinSorted sorts by UTF-16 code unit, as the server's platform does.
func joinSorted(texts []string) string {
	sorted := slices.Clone(texts)
	slices.SortFunc(sorted, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	return strings.Join(sorted, "")
}

// gatewaySecret is the key of X-Api-Signature; empty for an appId without an
// underscore or with a second half that is not base64.
func gatewaySecret(appID string) string {
	_, secret, _ := strings.Cut(appID, "_")
	raw, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || len(raw) > len(gatewayMask) {
		return ""
	}
	for i := range raw {
		raw[i] ^= gatewayMask[i]
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// apiSignature is X-Api-Signature of a POST to a path, its query included; empty
// for an appId without an underscore.
func apiSignature(appID, path, nonce, timestamp string) string {
	if !strings.Contains(appID, "_") {
		return ""
	}
	signed := "POST\n" + formEscape(path) + "\n\nx-api-nonce:" + nonce + "\nx-api-timestamp:" + timestamp + "\n"
	return keyedHash(gatewaySecret(appID), signed)
}

// formEscape escapes as Java's form encoder does, which leaves * and escapes ~.
func formEscape(path string) string {
	return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(path))
}

// accountSignature is X-Kd-Signature; it does not depend on time.
func accountSignature(appID, appSecret, appData string) string {
	return keyedHash(appSecret, appID+appData)
}

// keyedHash is base64 over the hex text of HMAC-SHA256.
func keyedHash(key, message string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(message))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

// same compares in constant time; an empty expectation matches nothing.
func same(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
