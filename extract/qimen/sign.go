// Package qimen speaks the protocol of Taobao's open platform (TOP, 淘宝开放平台)
// as the custom gateways of 企业奇门 (Qimen) use it: parameters, signature,
// envelope and error codes. What the answers of one vendor behind the gateway
// mean is that vendor's package to say.
package qimen

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"
)

// SignMethod is the value of the parameter sign_method.
type SignMethod string

const (
	// MD5 puts the secret before and after the text.
	MD5 SignMethod = "md5"
	// HMAC is HMAC-MD5 with the secret as key; the text stands alone.
	HMAC SignMethod = "hmac"
	// HMACSHA256 is HMAC-SHA256, likewise.
	HMACSHA256 SignMethod = "hmac-sha256"
)

// ParseSignMethod accepts the three names that TOP knows; empty is MD5, which
// every public client of these gateways can do.
func ParseSignMethod(name string) (SignMethod, error) {
	switch method := SignMethod(name); method {
	case "":
		return MD5, nil
	case MD5, HMAC, HMACSHA256:
		return method, nil
	default:
		return "", fmt.Errorf("sign method %q is none of md5, hmac, hmac-sha256", name)
	}
}

// Sign computes the parameter sign (TOP call protocol, "API 签名算法"): all
// parameters of query and form but sign itself and those without a value,
// sorted by name in byte order, written as name1value1name2value2… with raw
// UTF-8 values, hashed, in upper-case hex. Values are not trimmed. An unknown
// method signs like MD5.
func Sign(method SignMethod, secret string, params map[string]string) string {
	names := make([]string, 0, len(params))
	for name, value := range params {
		if name != "sign" && value != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name)
		text.WriteString(params[name])
	}
	var sum hash.Hash
	signed := text.String()
	switch method {
	case HMAC:
		sum = hmac.New(md5.New, []byte(secret))
	case HMACSHA256:
		sum = hmac.New(sha256.New, []byte(secret))
	default:
		sum = md5.New()
		signed = secret + signed + secret
	}
	sum.Write([]byte(signed))
	return strings.ToUpper(hex.EncodeToString(sum.Sum(nil)))
}

// FormatTime writes a time the way TOP and the ERPs behind it want theirs:
// Beijing wall clock (GMT+8, no summer time), to the second.
func FormatTime(t time.Time) string {
	return t.In(time.FixedZone("GMT+8", 8*60*60)).Format(time.DateTime)
}
