package jst

import (
	"crypto/md5"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// SignOpen computes the parameter sign of the open platform: the app secret, then
// every parameter but sign and those without a value as name and value, sorted by
// name in byte order; MD5 in lower-case hex. Values are those before URL encoding,
// biz the exact text that is sent.
func SignOpen(secret string, params map[string]string) string {
	var text strings.Builder
	text.WriteString(secret)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name != "sign" && params[name] != "" {
			text.WriteString(name + params[name])
		}
	}
	return md5Hex(text.String())
}

// Pair is one parameter of the old gateway's query.
type Pair struct {
	Name, Value string
}

// SignOld computes the parameter sign of the old gateway: method, partner number,
// the other parameters of the query as name and value in the order in which they
// are sent, partner key; MD5 in lower-case hex. The body is not signed.
func SignOld(method, partnerID, partnerKey string, pairs []Pair) string {
	var text strings.Builder
	text.WriteString(method + partnerID)
	for _, pair := range pairs {
		switch pair.Name {
		case "sign", "method", "partnerid", "partnerkey":
		default:
			text.WriteString(pair.Name + pair.Value)
		}
	}
	text.WriteString(partnerKey)
	return md5Hex(text.String())
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
