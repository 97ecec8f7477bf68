package tplus

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// The platform prescribes MD5 and SHA-1; nothing here rests on their strength but
// what it asks for.

// SignRequest is the cloud platform's optional request signature: the parameters
// sorted by name, then the 加签秘钥, as MD5 in hexadecimal. timestamp is in
// milliseconds. All ASCII blanks of the body are left out, those inside of texts
// too, and a blank body as a whole.
func SignRequest(appKey, signKey, timestamp string, body []byte) string {
	return hexMD5(signedText(appKey, timestamp, body) + signKey)
}

func signedText(appKey, timestamp string, body []byte) string {
	text := "appKey=" + appKey
	if content := withoutBlanks(string(body)); content != "" {
		text += "&bizContent=" + content
	}
	return text + "&timestamp=" + timestamp
}

func withoutBlanks(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n\v\f\r", r) {
			return -1
		}
		return r
	}, text)
}

// AuthorizationV1 is the header of that name for servers of generation 1: an
// HMAC-SHA1 over the address, the token (empty to sign in) and the date (RFC 1123,
// GMT), written as JSON of exactly this shape.
func AuthorizationV1(appKey, appSecret, uri, token, date string) string {
	info := `{"uri":` + quote(uri) + `,"access_token":` + quote(token) + `,"date":` + quote(date) + `}`
	sum := hmac.New(sha1.New, []byte(appSecret))
	sum.Write([]byte(info))
	signature := base64.StdEncoding.EncodeToString(sum.Sum(nil))
	return base64.StdEncoding.EncodeToString([]byte(
		`{"appKey":` + quote(appKey) + `,"authInfo":` + quote("hmac-sha1 "+signature) + `,"paramInfo":` + info + `}`))
}

// AuthorizationV2 is the header of that name for servers of generation 2, around a
// JWT.
func AuthorizationV2(appKey, token, orgID string) string {
	return base64.StdEncoding.EncodeToString([]byte(
		`{"appKey":` + quote(appKey) + `,"authInfo":` + quote(token) + `,"orgId":` + quote(orgID) + `}`))
}

// AppDigest is the claim datas of generation 2: MD5 of the app's credentials.
func AppDigest(appKey, orgID, appSecret string) string {
	return hexMD5(`{"appkey":` + quote(appKey) + `,"orgid":` + quote(orgID) + `,"appsecret":` + quote(appSecret) + `}`)
}

// hexMD5 is how generation 2 wants a password.
func hexMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// base64MD5 is how generation 1 wants a password.
func base64MD5(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// quote writes text as JSON, leaving <, > and & as they are.
func quote(text string) string {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string in memory always can be
	return strings.TrimSuffix(quoted.String(), "\n")
}
