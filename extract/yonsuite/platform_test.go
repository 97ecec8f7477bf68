package yonsuite_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"pandian/extract/yonsuite"
	"pandian/internal/erphttp"
)

const (
	appKey    = "41832a3d2df94989b500da6a22268747"
	appSecret = "CANARY-secret-0001"
	newPath   = "/auth/open-auth/selfAppAuth/base/v1/getAccessToken"
	oldPath   = "/auth/open-auth/selfAppAuth/getAccessToken"
	stockPath = "/gateway/yonbip/scm/stock/QueryCurrentStocksByCondition"
)

// platform plays discovery, login and the stock query.
type platform struct {
	t   *testing.T
	URL string

	// stock answers the query: n counts its calls from 1, token is the one sent.
	stock func(w http.ResponseWriter, n int, token, body string)
	// auth answers instead of the login, where it is set.
	auth   func(w http.ResponseWriter) bool
	expire string // JSON, default 7200
	gone   map[string]bool
	date   func() time.Time

	mu     sync.Mutex
	paths  []string
	tokens int
	calls  int
	bodies []string
}

func serve(t *testing.T, stock func(w http.ResponseWriter, n int, token, body string)) *platform {
	t.Helper()
	p := &platform{t: t, stock: stock, expire: "7200", date: time.Now}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// token is the n-th that is given out; it has reserved characters.
func token(n int) string { return fmt.Sprintf("CANARY_%d_AbC+d/eF==|x%%y", n) }

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Date", p.date().UTC().Format(http.TimeFormat))
	p.mu.Lock()
	p.paths = append(p.paths, r.Method+" "+r.URL.Path)
	p.mu.Unlock()
	if p.gone[r.URL.Path] {
		http.NotFound(w, r)
		return
	}
	switch r.URL.Path {
	case "/open-auth/dataCenter/getGatewayAddress":
		p.want("tenant", r.FormValue("tenantId"), "tt0abc12")
		_, _ = fmt.Fprintf(w, `{"code":"00000","message":"成功！","data":{"gatewayUrl":"%s/gateway","tokenUrl":"%s/auth"}}`, p.URL, p.URL)
	case newPath, oldPath:
		p.login(w, r)
	case stockPath:
		p.want("method", r.Method+" "+r.Header.Get("Content-Type"), "POST application/json; charset=utf-8")
		p.mu.Lock()
		p.calls++
		n := p.calls
		p.bodies = append(p.bodies, string(body))
		p.mu.Unlock()
		p.stock(w, n, r.URL.Query().Get("access_token"), string(body))
	default:
		http.NotFound(w, r)
	}
}

func (p *platform) login(w http.ResponseWriter, r *http.Request) {
	if p.auth != nil && p.auth(w) {
		return
	}
	query := r.URL.Query()
	params := map[string]string{"appKey": query.Get("appKey"), "timestamp": query.Get("timestamp")}
	p.want("signature", query.Get("signature"), yonsuite.Sign(appSecret, params))
	p.want("parameters", fmt.Sprintln(len(query), len(params["timestamp"]), params["appKey"]), "3 13 "+appKey+"\n")
	p.mu.Lock()
	p.tokens++
	n := p.tokens
	p.mu.Unlock()
	time.Sleep(5 * time.Millisecond) // long enough for others to ask too
	_, _ = fmt.Fprintf(w, `{"code":"00000","message":"成功！","data":{"access_token":%q,"expire":%s}}`, token(n), p.expire)
}

func (p *platform) want(what, got, want string) {
	if got != want {
		p.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// says answers every call with the same body.
func says(body string) func(http.ResponseWriter, int, string, string) {
	return func(w http.ResponseWriter, _ int, _, _ string) { _, _ = io.WriteString(w, body) }
}

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func connection(p *platform) yonsuite.Connection {
	return yonsuite.Connection{
		TenantID: "tt0abc12", AppKey: appKey, AppSecret: appSecret, DiscoveryURL: p.URL,
		HTTP: erphttp.Settings{
			BaseDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond, ThrottleWait: time.Millisecond, CallsPerMinute: -1,
		},
	}
}

func source(t *testing.T, conn yonsuite.Connection, query yonsuite.Query) *yonsuite.CurrentStock {
	t.Helper()
	source, err := yonsuite.NewCurrentStock(conn, query, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}
