package sandbox_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox"
)

// client reads a sandbox as the vendors' pages say, with no help from the code
// under test.
type client struct {
	t    *testing.T
	base string
	keys sandbox.Credentials
	now  time.Time
}

func (c client) get(method, path, body string) []byte {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == "POST" && strings.HasPrefix(path, "/openapi2") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return text
}

// decode keeps numbers as texts.
func (c client) decode(text []byte, into any) {
	c.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		c.t.Fatalf("decode %.200s: %v", text, err)
	}
}

// stocks reads all pages of the 90 days before now, window by window.
func (c client) stocks() (records []map[string]any) {
	c.t.Helper()
	for start := c.now.Add(-90 * 24 * time.Hour); start.Before(c.now); start = start.Add(30 * 24 * time.Hour) {
		end := start.Add(30*24*time.Hour - time.Second)
		for page := 0; ; page++ {
			var answer struct {
				Code   json.Number      `json:"code"`
				Stocks []map[string]any `json:"stocks"`
			}
			c.decode(c.stockPage(start, end, page), &answer)
			if answer.Code != "0" {
				c.t.Fatalf("stock page: code %s", answer.Code)
			}
			records = append(records, answer.Stocks...)
			if len(answer.Stocks) < 100 {
				break
			}
		}
	}
	return records
}

func (c client) stockPage(start, end time.Time, page int) []byte {
	beijing := time.FixedZone("", 8*3600)
	form := url.Values{
		"sid": {c.keys.Sid}, "appkey": {c.keys.AppKey}, "timestamp": {strconv.FormatInt(c.now.Unix(), 10)},
		"start_time": {start.In(beijing).Format("2006-01-02 15:04:05")},
		"end_time":   {end.In(beijing).Format("2006-01-02 15:04:05")},
		"page_no":    {strconv.Itoa(page)}, "page_size": {"100"},
	}
	var parts []string
	for name := range form {
		value := form.Get(name)
		parts = append(parts, fmt.Sprintf("%02d-%s:%04d-%s", len([]rune(name)), name, len([]rune(value)), value))
	}
	slices.SortFunc(parts, func(a, b string) int { return strings.Compare(a[3:], b[3:]) })
	form.Set("sign", fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(parts, ";")+c.keys.AppSecret))))
	return c.get("POST", "/openapi2/stock_query.php", form.Encode())
}

// currents goes the whole way: discovery, token, stock.
func (c client) currents() (rows []map[string]any) {
	c.t.Helper()
	var found struct {
		Data struct{ GatewayURL, TokenURL string }
	}
	c.decode(c.get("GET", "/open-auth/dataCenter/getGatewayAddress?tenantId="+c.keys.TenantID, ""), &found)
	at := strconv.FormatInt(c.now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(c.keys.YonsuiteAppSecret))
	mac.Write([]byte("appKey" + c.keys.YonsuiteAppKey + "timestamp" + at))
	query := url.Values{"appKey": {c.keys.YonsuiteAppKey}, "timestamp": {at}}
	query.Set("signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	var token struct {
		Data struct {
			AccessToken string `json:"access_token"`
		}
	}
	tokenPath := strings.TrimPrefix(found.Data.TokenURL, c.base)
	c.decode(c.get("GET", tokenPath+"/open-auth/selfAppAuth/base/v1/getAccessToken?"+query.Encode(), ""), &token)
	var answer struct {
		Code string
		Data []map[string]any
	}
	stockPath := strings.TrimPrefix(found.Data.GatewayURL, c.base) + "/yonbip/scm/stock/QueryCurrentStocksByCondition"
	c.decode(c.get("POST", stockPath+"?access_token="+url.QueryEscape(token.Data.AccessToken), "{}"), &answer)
	if answer.Code != "200" {
		c.t.Fatalf("yonsuite stock: code %s", answer.Code)
	}
	return answer.Data
}
