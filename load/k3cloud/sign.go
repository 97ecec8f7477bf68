package k3cloud

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// LoginSignature is the sign of LoginBySign: the five texts in the order of their
// code units, joined, hashed, as lower-case hex. timestamp is Unix seconds. The
// rule is that of three public clients; no vector is published.
func (c Connection) LoginSignature(timestamp string) string {
	texts := []string{c.AcctID, c.UserName, c.AppID, c.AppSecret, timestamp}
	slices.SortFunc(texts, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	digest := sha256.New()
	if c.Auth == AuthSignSHA1 {
		digest = sha1.New()
	}
	_, _ = digest.Write([]byte(strings.Join(texts, "")))
	return hex.EncodeToString(digest.Sum(nil))
}

// SignedHeaders are the headers that take the place of a session, as version 8.2.0 of
// the vendor's Java SDK makes them. The gateway checks X-Api-*, own servers X-Kd-*.
// The body is not signed.
func (c Connection) SignedHeaders(address string, now time.Time) (http.Header, error) {
	clientID, secret, err := splitAppID(c.AppID)
	if err != nil {
		return nil, err
	}
	moment := strconv.FormatInt(now.UnixMilli(), 10)
	header := http.Header{
		"X-Api-Clientid": {clientID}, "X-Api-Auth-Version": {"2.0"},
		"X-Api-Timestamp": {moment}, "X-Api-Nonce": {moment},
		"X-Api-Signheaders": {"X-Api-TimeStamp,X-Api-Nonce"},
		"X-Api-Signature":   {""},
	}
	if secret != "" {
		header.Set("X-Api-Signature", hexMAC(secret, textToSign(address, moment)))
	}
	account := c.AcctID + "," + c.UserName + "," + strconv.Itoa(c.LCID) + "," + c.OrgNum
	header.Set("X-Kd-Appkey", c.AppID)
	header.Set("X-Kd-Appdata", base64.StdEncoding.EncodeToString([]byte(account)))
	header.Set("X-Kd-Signature", hexMAC(c.AppSecret, c.AppID+account))
	return header, nil
}

// splitAppID divides "<clientId>_<secret>" and unmasks the secret. An id without the
// underscore has none; then the gateway's signature stays empty.
func splitAppID(appID string) (clientID, secret string, err error) {
	clientID, masked, hasSecret := strings.Cut(appID, "_")
	if !hasSecret {
		return clientID, "", nil
	}
	const mask = "0054f397c6234378b09ca7d3e5debce7"
	raw, err := base64.StdEncoding.DecodeString(masked)
	if err != nil || len(raw) > len(mask) {
		return "", "", errors.New("app_id does not end in _ and the 32 characters of a secret")
	}
	for i := range raw {
		raw[i] ^= mask[i]
	}
	return clientID, base64.StdEncoding.EncodeToString(raw), nil
}

// textToSign is what the gateway's signature covers; its empty line stands for the
// query. The path begins at the first slash from the tenth place on, which is how
// the SDK skips "https://".
func textToSign(address, moment string) string {
	path := address
	if at := strings.IndexByte(address[min(10, len(address)):], '/'); at >= 0 {
		path = address[10+at:]
	}
	// Java's encoder keeps the asterisk and not the tilde; Go's does the reverse.
	escaped := strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(path))
	return "POST\n" + escaped + "\n\nx-api-nonce:" + moment + "\nx-api-timestamp:" + moment + "\n"
}

// hexMAC is the base64 of the hex of an HMAC-SHA256.
func hexMAC(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}
