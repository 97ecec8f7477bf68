package jdy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signatureLife is how far the timestamp of a signed call may be off.
const signatureLife = 5 * time.Minute

// hexHMAC is base64 of the hexadecimal text of HMAC-SHA256, 88 characters. All
// signatures of V2 have this form.
func hexHMAC(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

// appSignature signs the app key for kingdee_auth_token.
func appSignature(appKey, appSecret string) string { return hexHMAC(appSecret, appKey) }

// signed is what a signature covers. The body is not part of it.
type signed struct {
	method, path, rawQuery, nonce, timestamp string
}

// signature signs a call with the client secret; every line ends with a newline,
// the last too.
func signature(clientSecret string, x signed) string {
	return hexHMAC(clientSecret, x.method+"\n"+encode(x.path)+"\n"+queryLine(x.rawQuery)+"\n"+
		"x-api-nonce:"+x.nonce+"\nx-api-timestamp:"+x.timestamp+"\n")
}

// queryLine encodes each key and value once more as it came on the wire, so that
// both encodings in use (a space as + or as %20) are understood.
func queryLine(raw string) string {
	if raw == "" {
		return ""
	}
	pairs := strings.Split(raw, "&")
	slices.Sort(pairs)
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		pairs[i] = encode(key) + "=" + encode(value)
	}
	return strings.Join(pairs, "&")
}

// encode keeps letters, digits and - _ . ~, makes a space a plus and writes all
// else as %XX in capitals.
func encode(text string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			out.WriteByte(c)
		case c == ' ':
			out.WriteByte('+')
		default:
			out.WriteByte('%')
			out.WriteByte(digits[c>>4])
			out.WriteByte(digits[c&15])
		}
	}
	return out.String()
}

// checkSignature verifies the signed headers and returns the gateway's code, or
// 0. The order of the checks is assumed.
func (s *Server) checkSignature(c call) int {
	header, account := c.request.Header, s.options.Account
	if header.Get("X-Api-Auth-Version") != "2.0" {
		return badAuthVersion
	}
	switch header.Get("X-Api-ClientID") {
	case "":
		return noClientID
	case account.ClientID:
	default:
		return badClientID
	}
	timestamp, nonce := header.Get("X-Api-TimeStamp"), header.Get("X-Api-Nonce")
	ms, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || c.now.Sub(time.UnixMilli(ms)).Abs() > signatureLife {
		return badTimestamp
	}
	if !namesSigned(header.Get("X-Api-SignHeaders")) || strings.Trim(nonce, "0123456789") != "" || strings.Trim(nonce, "0") == "" {
		return badSignHeaders
	}
	url := c.request.URL
	want := signature(account.ClientSecret, signed{c.request.Method, url.Path, url.RawQuery, nonce, timestamp})
	if !same(header.Get("X-Api-Signature"), want) {
		return badSignature
	}
	return 0
}

// namesSigned accepts the order of the documents and that of the vendor's SDK.
func namesSigned(names string) bool {
	return names == "X-Api-TimeStamp,X-Api-Nonce" || names == "X-Api-Nonce,X-Api-TimeStamp"
}
