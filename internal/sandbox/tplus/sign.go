package tplus

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
)

// asciiBlanks are the characters that a signature leaves out of the body.
const asciiBlanks = " \t\n\v\f\r"

// requestSign is the optional signature of a call to the open platform: names
// in order, joined, the sign key behind them, MD5 in lower-case hexadecimal.
func requestSign(appKey, signKey, timestamp string, body []byte) string {
	content := strings.Map(func(r rune) rune {
		if strings.ContainsRune(asciiBlanks, r) {
			return -1
		}
		return r
	}, string(body))
	text := "appKey=" + appKey
	if content != "" {
		text += "&bizContent=" + content
	}
	return md5Hex(text + "&timestamp=" + timestamp + signKey)
}

// signed holds a call against the account's sign key. Calls of T+ must have a
// signature then, those of the authorization service may (assumed). How far the
// timestamp may be off is not published and not checked.
func (s *Server) signed(c call, account Account, must bool) bool {
	got := c.request.Header.Get("signature")
	if account.SignKey == "" || got == "" && !must {
		return true
	}
	timestamp := c.request.Header.Get("timestamp")
	return timestamp != "" && same(got, requestSign(account.AppKey, account.SignKey, timestamp, c.body))
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
