package yonsuite

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
)

// Sign computes the parameter signature of the token call (open.yonyoucloud.com,
// chapter 接入认证): every parameter but signature, sorted by name, written as
// name1value1name2value2…, HMAC-SHA256 with the app's secret as key, in standard
// base64 with padding. It is not percent-encoded: url.Values does that, once.
func Sign(secret string, params map[string]string) string {
	sum := hmac.New(sha256.New, []byte(secret))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "signature" {
			sum.Write([]byte(name))
			sum.Write([]byte(params[name]))
		}
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}
