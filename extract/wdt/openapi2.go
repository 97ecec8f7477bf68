package wdt

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// SignOpenAPI2 computes the parameter sign of the openapi2 route (旺店通 open
// platform, "sign算法详解"): every parameter sent but sign, sorted by name, each
// as LL-name:LLLL-value with the lengths padded to two and four digits (longer
// ones written in full), joined by semicolons, the secret appended without a
// separator; MD5 of the UTF-8 bytes in lower-case hex.
//
// Lengths count characters, not bytes: the vendor's PHP client counts code
// points. Clients that count bytes are right only as long as all is ASCII.
func SignOpenAPI2(secret string, params map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name == "sign" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte(';')
		}
		value := params[name]
		fmt.Fprintf(&text, "%02d-%s:%04d-%s", utf8.RuneCountInString(name), name, utf8.RuneCountInString(value), value)
	}
	text.WriteString(secret)
	sum := md5.Sum([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}

// openAPI2Request makes a signed POST form. The timestamp is Unix seconds and
// may be 5 minutes off. Parameters without a value are not sent: the vendor's
// own client refuses to.
func (c Connection) openAPI2Request(ctx context.Context, file string, business map[string]string, now time.Time) (*http.Request, error) {
	params := map[string]string{
		"sid":       c.SID,
		"appkey":    c.AppKey,
		"timestamp": strconv.FormatInt(now.Unix(), 10),
	}
	for name, value := range business {
		if value != "" {
			params[name] = value
		}
	}
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	form.Set("sign", SignOpenAPI2(c.AppSecret, params))
	address := strings.TrimSuffix(c.BaseURL, "/") + "/" + file
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	return request, nil
}
