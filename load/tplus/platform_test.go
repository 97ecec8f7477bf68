package tplus

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pandian/internal/erphttp"
	"pandian/internal/vault"
	"pandian/load"
)

const (
	createPath = "/tplus/api/v2/saleDispatch/Create"
	findPath   = "/tplus/api/v2/SaleDispatchOpenApi/GetVoucherDTO"
	checkPath  = "/tplus/api/v2/warehouse/Query"
	namePath   = "/tplus/api/v2/collaborationapp/GetRealNameTPlusToken"
)

// server is a T+ behind one of its fronts. It keeps vouchers by Code.
type server struct {
	t   *testing.T
	URL string

	// answer goes before everything else where it is set; false leaves the call to
	// the server. n counts the calls of that path from 1.
	answer func(w http.ResponseWriter, path string, n int, args string) bool
	public *rsa.PublicKey // of generation 2
	// expiresIn is the life that a sign-in names, as JSON.
	expiresIn string

	mu      sync.Mutex
	calls   map[string]int
	args    map[string][]string
	header  http.Header
	queries []string
	there   map[string]json.RawMessage
	access  string
	refresh string
	rotated int
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{
		t: t, calls: map[string]int{}, args: map[string][]string{}, there: map[string]json.RawMessage{},
		access: "CANARY-access-0", refresh: "CANARY-refresh-0", expiresIn: "518400",
	}
	backend := httptest.NewServer(s)
	t.Cleanup(backend.Close)
	s.URL = backend.URL
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	args := string(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(args)
		if err != nil || len(form) != 1 || strings.Contains(args, " ") {
			s.t.Errorf("form %q: %v", args, err)
		}
		args = form.Get("_args")
	}
	path := strings.Replace(r.URL.Path, "/TPlus/api/v1/", "/tplus/api/v2/", 1)
	s.calls[path]++
	s.args[path] = append(s.args[path], args)
	s.header, s.queries = r.Header, append(s.queries, r.URL.RawQuery)
	if s.answer != nil && s.answer(w, path, s.calls[path], args) {
		return
	}
	if path != refreshPath && path != generatePath && path != namePath && path != "/tplus/api/v2/Authorization" && s.tokenOf(r) != s.access {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"code":"50107","message":"openToken已失效"}`)
		return
	}
	s.serve(w, r, path, args)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request, path, args string) {
	switch path {
	case createPath:
		s.create(w, args)
	case findPath:
		s.find(w, args)
	case checkPath:
		_, _ = io.WriteString(w, `[]`)
	case refreshPath:
		if r.URL.Query().Get("refreshToken") != s.refresh || r.URL.Query().Get("grantType") != "refresh_token" || r.Header.Get("openToken") != "" {
			_, _ = io.WriteString(w, `{"code":"4007","message":"refresh token invalid"}`)
			return
		}
		s.rotate()
		_, _ = fmt.Fprintf(w, `{"code":"200","message":"ok","result":{"access_token":%q,"refresh_token":%q,"expires_in":%s,"sid":"CANARY-sid"}}`, s.access, s.refresh, s.expiresIn)
	case generatePath:
		if args != `{"appTicket":"CANARY-ticket","certificate":"CANARY-certificate"}` {
			var asked struct{ AppTicket string }
			_ = json.Unmarshal([]byte(args), &asked)
			_, _ = fmt.Fprintf(w, `{"result":false,"error":{"code":"40001","msg":"ticket %s invalid","hint":"wait"}}`, asked.AppTicket)
			return
		}
		s.rotate()
		_, _ = fmt.Fprintf(w, `{"result":true,"value":{"accessToken":%q,"refreshToken":%q,"expiresIn":%s}}`, s.access, s.refresh, s.expiresIn)
	case namePath, "/tplus/api/v2/Authorization":
		s.rotate()
		_, _ = fmt.Fprintf(w, `{"result":true,"access_token":%q,"sid":"CANARY-sid"}`, s.access)
	default:
		http.NotFound(w, r)
	}
}

func (s *server) rotate() {
	s.rotated++
	s.access, s.refresh = fmt.Sprint("CANARY-access-", s.rotated), fmt.Sprint("CANARY-refresh-", s.rotated)
}

// tokenOf reads the token of a call, and checks what goes with it.
func (s *server) tokenOf(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if header == "" {
		if r.Header.Get("appKey") != "demoKey1" || r.Header.Get("appSecret") != "CANARY-app-secret" || r.Header.Get("Content-Type") != "application/json" {
			s.t.Errorf("got headers %v", r.Header)
		}
		return r.Header.Get("openToken")
	}
	var said struct {
		AppKey, AuthInfo string
		ParamInfo        struct {
			URI   string
			Token string `json:"access_token"`
			Date  string
		}
	}
	if err := json.Unmarshal([]byte(decode(s.t, header)), &said); err != nil {
		s.t.Error(err)
	}
	if s.public == nil {
		if want := AuthorizationV1("demoKey1", "CANARY-app-secret", s.URL+r.URL.RequestURI(), said.ParamInfo.Token, said.ParamInfo.Date); header != want {
			s.t.Errorf("got %s, want %s", decode(s.t, header), decode(s.t, want))
		}
		return said.ParamInfo.Token
	}
	var found claims
	if _, err := jwt.NewParser(jwt.WithoutClaimsValidation()).ParseWithClaims(said.AuthInfo, &found, func(*jwt.Token) (any, error) { return s.public, nil }); err != nil {
		s.t.Error(err)
	}
	if left := time.Until(time.UnixMilli(found.Exp)); left < 20*time.Second || left > 31*time.Second || found.Datas != AppDigest("demoKey1", "", "CANARY-app-secret") {
		s.t.Errorf("got claims %+v, which end in %s", found, left)
	}
	return found.AccessToken
}

func (s *server) create(w http.ResponseWriter, args string) {
	var asked struct{ Dto json.RawMessage }
	var read dto
	if err := json.Unmarshal([]byte(args), &asked); err != nil || json.Unmarshal(asked.Dto, &read) != nil {
		s.t.Errorf("create: %v in %s", err, args)
	}
	if _, isThere := s.there[string(read.Code)]; isThere {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"code":"999","message":"%s 已存在","data":{"Code":"999","StatusCode":400}}`, read.ExternalCode)
		return
	}
	s.there[string(read.Code)] = asked.Dto
	_, _ = io.WriteString(w, "null")
}

func (s *server) find(w http.ResponseWriter, args string) {
	var asked struct{ Param struct{ VoucherCode string } }
	if err := json.Unmarshal([]byte(args), &asked); err != nil || asked.Param.VoucherCode == "" {
		s.t.Errorf("find: %v in %s", err, args)
	}
	found, isThere := s.there[asked.Param.VoucherCode]
	if !isThere {
		_, _ = io.WriteString(w, `{"code":"0","message":"","data":null}`)
		return
	}
	_, _ = fmt.Fprintf(w, `{"code":"0","message":"","data":%s}`, strings.Replace(string(found), "{", `{"ID":900719925474099301,`, 1))
}

func (s *server) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

func (s *server) connection() Connection {
	return Connection{
		Mode: Cloud, BaseURL: s.URL, AppKey: "demoKey1", AppSecret: "CANARY-app-secret", OpenToken: "CANARY-access-0",
		HTTP: erphttp.Settings{
			CallsPerMinute: -1, BaseDelay: time.Millisecond, ThrottleWait: time.Millisecond, Timeout: 2 * time.Second,
			MaxAttempts: 3, MaxThrottles: 2, BreakerThreshold: 50,
		},
	}
}

func newTarget(t *testing.T, conn Connection, store vault.Store) *Target {
	t.Helper()
	target, err := New(conn, erphttp.Deps{}, "tplus-main", store)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// sale is a document for the voucher of that number, as SQL writes it.
func sale(code string) load.Document {
	return load.Document{ID: 1, Key: code, Revision: 1, Attempt: 1, Payload: []byte(`{"ExternalCode":"` + code + `","Code":"` + code +
		`","VoucherType":{"Code":"ST1021"},"Customer":{"Code":"TESTCUST"},"Partner":{"Code":"TESTCUST"},"VoucherDate":"2024-04-01","BusiType":{"Code":"15"},` +
		`"Warehouse":{"Code":"TEST_CK01"},"Memo":"来自旺店通 <&>","RDRecordDetails":[{"Inventory":{"Code":"2121"},"BaseQuantity":2.50,"origTaxSalePrice":19.9}]}`)}
}

func send(t *testing.T, target load.Target, documents ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Send(t.Context(), documents)
	if err != nil || len(outcomes) != len(documents) {
		t.Fatalf("got %d outcomes and error %v, want %d", len(outcomes), err, len(documents))
	}
	noCanary(t, outcomes)
	return outcomes
}

func lookup(t *testing.T, target load.Finder, documents ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Lookup(t.Context(), documents)
	if err != nil || len(outcomes) != len(documents) {
		t.Fatalf("got %d outcomes and error %v, want %d", len(outcomes), err, len(documents))
	}
	noCanary(t, outcomes)
	return outcomes
}

// fault 32: no secret shows.
func noCanary(t *testing.T, shown any) {
	t.Helper()
	if text := fmt.Sprintf("%+v", shown); strings.Contains(text, "CANARY") {
		t.Errorf("a secret shows in %s", text)
	}
}

func states(outcomes []load.Outcome) string {
	var all []string
	for _, one := range outcomes {
		all = append(all, string(one.State))
	}
	return strings.Join(all, " ")
}

// shelf is a vault of one secret that several processes share.
type shelf struct {
	mu     sync.Mutex
	secret vault.Secret
	names  []string
	fail   error
	// isSlow reads as it was before the first renewal.
	isSlow bool
}

func (s *shelf) Read(_ context.Context, connection, name string) (vault.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, connection+" "+name)
	if s.fail != nil {
		return vault.Secret{}, s.fail
	}
	if s.secret.Version == 0 || s.isSlow {
		return vault.Secret{}, vault.ErrNotFound
	}
	return s.secret, nil
}

func (s *shelf) Renew(ctx context.Context, connection, name string, renew func(context.Context, vault.Secret) (vault.Secret, error)) (vault.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, connection+" "+name)
	fresh, err := renew(ctx, s.secret)
	if err != nil {
		return vault.Secret{}, err
	}
	fresh.Version = s.secret.Version + 1
	s.secret = fresh
	return fresh, nil
}
