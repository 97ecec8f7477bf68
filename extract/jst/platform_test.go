package jst_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/jst"
	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

// asked is one call as the platform saw it.
type asked struct {
	path  string
	query url.Values
	form  url.Values
	body  string
	biz   map[string]any // business parameters, wherever they stood
}

// platform answers each call with what answer says, and keeps what it was asked.
type platform struct {
	URL    string
	answer func(call int, a asked) string
	date   func() time.Time

	mu    sync.Mutex
	calls []asked
}

func serve(t *testing.T, answer func(call int, a asked) string) *platform {
	t.Helper()
	p := &platform{answer: answer, date: time.Now}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// says answers from a list, the last one ever after.
func says(answers ...string) func(int, asked) string {
	return func(call int, _ asked) string { return answers[min(call, len(answers))-1] }
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a := asked{path: r.Method + " " + r.URL.Path, query: r.URL.Query(), body: string(body)}
	a.form, _ = url.ParseQuery(a.body)
	text := a.form.Get("biz")
	if strings.HasPrefix(a.body, "{") {
		text = a.body
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&a.biz) != nil {
		a.biz = map[string]any{}
		for name := range a.form {
			a.biz[name] = a.form.Get(name)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, a)
	w.Header().Set("Date", p.date().UTC().Format(http.TimeFormat))
	_, _ = io.WriteString(w, p.answer(len(p.calls), a))
}

// paths are the addresses that were called, in order.
func (p *platform) paths() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var paths []string
	for _, call := range p.calls {
		paths = append(paths, call.path[strings.LastIndex(call.path, "/")+1:])
	}
	return strings.Join(paths, " ")
}

func quick() erphttp.Settings {
	return erphttp.Settings{
		BaseDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond, ThrottleWait: time.Millisecond, CallsPerMinute: -1,
	}
}

// connection is a good one for a route, with canaries for secrets.
func connection(route jst.Route, address string) jst.Connection {
	conn := jst.Connection{Route: route, BaseURL: address, HTTP: quick()}
	switch route {
	case jst.Old:
		conn.PartnerID, conn.PartnerKey, conn.Token = "simpartner", "canary-partnerkey", "canary-token"
	case jst.Qimen:
		conn.AppKey, conn.AppSecret, conn.CustomerID = "10000001", "canary-topsecret", "10000009"
	default:
		conn.AppKey, conn.AppSecret = "simapp0001", "canary-secret"
		conn.Auth, conn.AccessToken = jst.Refresh, "canary-access"
	}
	return conn
}

func deps(store vault.Store) jst.Deps {
	return jst.Deps{Vault: store, ConnectionCode: "jst-main", Deps: erphttp.Deps{Log: slog.New(slog.DiscardHandler)}}
}

func saleout(t *testing.T, conn jst.Connection, filter jst.SaleoutFilter) *jst.Saleout {
	t.Helper()
	source, err := jst.NewSaleout(conn, filter, deps(&vault.Memory{}))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// aDay is 2023-11-14 in Beijing and the midnight after it.
func aDay(page int, cursor string) extract.Request {
	from := time.Date(2023, 11, 13, 16, 0, 0, 0, time.UTC)
	return extract.Request{Window: extract.Window{From: from, To: from.Add(24 * time.Hour)}, Page: page, Cursor: cursor}
}

func readAll(t *testing.T, response extract.Response) string {
	t.Helper()
	defer response.Close()
	var records []string
	for {
		record, err := response.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(records, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(record.Raw)+record.Problem)
	}
}

// page is a successful answer of a route.
func page(route jst.Route, more string, rows ...string) string {
	fields := `"page_index":1,"page_size":50,` + more + `"datas":[` + strings.Join(rows, ",") + `]`
	switch route {
	case jst.Old:
		return `{` + fields + `,"code":0,"issuccess":true,"msg":null}`
	case jst.Qimen:
		return `{"response":{` + fields + `,"request_id":"sim1"}}`
	default:
		return `{"msg":"执行成功","code":0,"data":{` + fields + `}}`
	}
}

func row(id, version int) string { return fmt.Sprintf(`{"io_id":%d,"ts":%d}`, id, version) }

func routes() []jst.Route { return []jst.Route{jst.Open, jst.Old, jst.Qimen} }
