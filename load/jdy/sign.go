package jdy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Sign computes X-Api-Signature of the newer gateway (auth version 2.0). path is
// as in "/jdy/basedata/material_batch_save", query is as it stands on the wire,
// timestamp is in milliseconds. The body is not signed.
//
// Each line of the signed text ends with a newline, the last one too, and what is
// put into base64 is the hexadecimal text of the HMAC, not its bytes.
func Sign(secret, method, path, query, nonce, timestamp string) string {
	return base64.StdEncoding.EncodeToString([]byte(hexHMAC(secret, signedText(method, path, query, nonce, timestamp))))
}

func signedText(method, path, query, nonce, timestamp string) string {
	return method + "\n" + url.QueryEscape(path) + "\n" + queryLine(query) + "\n" +
		"x-api-nonce:" + nonce + "\n" + "x-api-timestamp:" + timestamp + "\n"
}

// queryLine sorts the parameters of a query and encodes name and value once more
// than they are on the wire. Two encodings are in use for a blank, * and ~; the
// platform signs what it got, so any of them is good.
func queryLine(query string) string {
	if query == "" {
		return ""
	}
	pairs := strings.Split(query, "&")
	slices.Sort(pairs)
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		pairs[i] = url.QueryEscape(name) + "=" + url.QueryEscape(value)
	}
	return strings.Join(pairs, "&")
}

// AppSignature is the app_signature with which the newer generation hands out its
// app-token.
func AppSignature(appKey, appSecret string) string {
	return base64.StdEncoding.EncodeToString([]byte(hexHMAC(appSecret, appKey)))
}

func hexHMAC(key, text string) string {
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(text))
	return hex.EncodeToString(sum.Sum(nil))
}

// signHeaders adds the signature of request to its headers.
func signHeaders(request *http.Request, clientID, clientSecret, nonce, timestamp string) {
	signature := Sign(clientSecret, request.Method, request.URL.Path, request.URL.RawQuery, nonce, timestamp)
	for name, value := range map[string]string{
		"X-Api-ClientID": clientID, "X-Api-Auth-Version": "2.0", "X-Api-SignHeaders": "X-Api-TimeStamp,X-Api-Nonce",
		"X-Api-TimeStamp": timestamp, "X-Api-Nonce": nonce, "X-Api-Signature": signature,
	} {
		request.Header.Set(name, value)
	}
}
