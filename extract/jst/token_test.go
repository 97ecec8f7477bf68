package jst_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/extract/jst"
	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

const expired = `{"code":100,"msg":"验证失败！无效的access_token或access_token已过期","data":null}`

// issuer is an open platform that hands out pairs with numbers and accepts the
// newest only.
type issuer struct {
	mu         sync.Mutex
	issued     int
	expiresIn  string
	accepts    string // the access token that is good
	isThird    bool   // third-party apps may not refresh
	isRevoked  bool   // the refresh token is refused
	withoutNew bool   // answers without a refresh token
}

func (i *issuer) answer(_ int, a asked) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case strings.HasSuffix(a.path, "refreshToken") && i.isThird:
		return `{"code":150,"msg":"第三方应用不允许刷新","data":null}`
	case strings.HasSuffix(a.path, "refreshToken") && i.isRevoked:
		return `{"code":"100","msg":"refresh_token已失效 ` + a.form.Get("refresh_token") + `"}`
	case strings.HasSuffix(a.path, "Token"):
		i.issued++
		i.accepts = fmt.Sprintf("canary-access-%d", i.issued)
		refresh := fmt.Sprintf(`"refresh_token":"canary-refresh-%d",`, i.issued)
		if i.withoutNew {
			refresh = ""
		}
		return fmt.Sprintf(`{"code":0,"msg":"ok","data":{"access_token":%q,%s"expires_in":%s,"scope":"all"}}`, i.accepts, refresh, i.expiresIn)
	case a.form.Get("access_token") != i.accepts:
		return expired
	default:
		return page(jst.Open, "", row(1, 10))
	}
}

// open is a connection of the open platform.
func open(address string, auth jst.Auth, access, refresh string) jst.Connection {
	conn := connection(jst.Open, address)
	conn.Auth, conn.AccessToken, conn.RefreshToken = auth, access, refresh
	return conn
}

func source(t *testing.T, conn jst.Connection, store vault.Store) *jst.Saleout {
	t.Helper()
	made, err := jst.NewSaleout(conn, jst.SaleoutFilter{}, deps(store))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func fetch(t *testing.T, source *jst.Saleout) error {
	t.Helper()
	_, err := source.Fetch(t.Context(), aDay(1, ""))
	return err
}

// kept is the pair in the vault.
func kept(t *testing.T, store vault.Store) map[string]string {
	t.Helper()
	secret, err := store.Read(t.Context(), "jst-main", "jst.token")
	if err != nil {
		t.Fatal(err)
	}
	var pair map[string]string
	if err := json.Unmarshal(secret.Value, &pair); err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestTokens_a_self_built_app_asks_for_its_own(t *testing.T) {
	t.Parallel()
	platform := &issuer{expiresIn: "2592000"}
	erp := serve(t, platform.answer)
	store := &vault.Memory{}
	first := source(t, open(erp.URL, jst.SelfBuilt, "", ""), store)
	for range 2 {
		if err := fetch(t, first); err != nil {
			t.Fatal(err)
		}
	}
	// A later process finds it in the vault.
	if err := fetch(t, source(t, open(erp.URL, jst.SelfBuilt, "", ""), store)); err != nil {
		t.Fatal(err)
	}
	if got, want := erp.paths(), "getInitToken query query query"; got != want {
		t.Errorf("got calls %s, want %s", got, want)
	}
	call := erp.calls[0]
	got := flat(call.form)
	if got["sign"] != jst.SignOpen("canary-secret", got) || got["grant_type"] != "authorization_code" || got["charset"] != "utf-8" ||
		!regexp.MustCompile(`^[A-Za-z0-9]{6}$`).MatchString(got["code"]) || got["timestamp"] == "" || len(got) != 6 || call.path != "POST /openWeb/auth/getInitToken" {
		t.Errorf("got %s %v, want a signed authorization_code with six letters or digits", call.path, got)
	}
	if pair := kept(t, store); pair["access_token"] != "canary-access-1" || pair["refresh_token"] != "canary-refresh-1" || pair["expires_at"] == "" {
		t.Errorf("got %v, want the pair with its end", pair)
	}
	if secret, _ := store.Read(t.Context(), "jst-main", "jst.token"); time.Until(secret.ExpiresAt).Round(time.Hour) != 30*24*time.Hour {
		t.Errorf("got %s, want 30 days from now as the platform said", secret.ExpiresAt)
	}
}

func TestTokens_begins_with_the_configured_pair_and_keeps_each_rotation(t *testing.T) { // fault 19
	t.Parallel()
	platform := &issuer{expiresIn: `"7200"`, accepts: "canary-access-0"}
	erp := serve(t, platform.answer)
	store := &vault.Memory{}
	conn := open(erp.URL, jst.Refresh, "canary-access-0", "canary-refresh-0")
	running := source(t, conn, store)
	for round := range 3 {
		if err := fetch(t, running); err != nil {
			t.Fatal(err)
		}
		if pair, want := kept(t, store), fmt.Sprintf("canary-access-%d", round); pair["access_token"] != want {
			t.Errorf("got %s kept, want %s", pair["access_token"], want)
		}
		platform.accepts = "nothing yet"
	}
	if got, want := erp.paths(), "query query refreshToken query query refreshToken query"; got != want {
		t.Errorf("got calls %s, want %s", got, want)
	}
	for at, refresh := range map[int]string{2: "canary-refresh-0", 5: "canary-refresh-1"} {
		got := flat(erp.calls[at].form)
		if got["refresh_token"] != refresh || got["grant_type"] != "refresh_token" || got["scope"] != "all" || got["sign"] != jst.SignOpen("canary-secret", got) || len(got) != 7 {
			t.Errorf("call %d: got %v, want a signed refresh with %s", at, got, refresh)
		}
	}
	// The next process goes on with the newest pair, not with that of the configuration.
	if err := fetch(t, source(t, conn, store)); err != nil || erp.calls[7].form.Get("access_token") != "canary-access-2" {
		t.Errorf("got %v with token %s, want the kept one", err, erp.calls[7].form.Get("access_token"))
	}
}

func TestTokens_a_new_consent_in_the_configuration_replaces_what_is_kept(t *testing.T) {
	t.Parallel()
	platform := &issuer{expiresIn: "7200", accepts: "canary-access-0"}
	erp := serve(t, platform.answer)
	store := &vault.Memory{}
	if err := fetch(t, source(t, open(erp.URL, jst.Refresh, "canary-access-0", ""), store)); err != nil {
		t.Fatal(err)
	}
	platform.accepts = "canary-anew"
	if err := fetch(t, source(t, open(erp.URL, jst.Refresh, "canary-anew", "canary-refresh-9"), store)); err != nil {
		t.Fatal(err)
	}
	if pair := kept(t, store); pair["access_token"] != "canary-anew" || pair["refresh_token"] != "canary-refresh-9" || erp.paths() != "query query" {
		t.Errorf("got %v after %s, want the new pair without any token call", pair, erp.paths())
	}
}

func TestTokens_with_a_refresh_token_alone_begins_by_refreshing(t *testing.T) {
	t.Parallel()
	platform := &issuer{expiresIn: "0", withoutNew: true}
	erp := serve(t, platform.answer)
	store := &vault.Memory{}
	if err := fetch(t, source(t, open(erp.URL, jst.Refresh, "", "canary-refresh-0"), store)); err != nil {
		t.Fatal(err)
	}
	pair := kept(t, store)
	if pair["refresh_token"] != "canary-refresh-0" || pair["expires_at"] != "" || erp.paths() != "refreshToken query" {
		t.Errorf("got %v after %s, want the refresh token kept and no end", pair, erp.paths())
	}
}

// keepPair puts a pair into the vault that was obtained some time ago.
func keepPair(t *testing.T, erp *platform, store vault.Store, lives, left time.Duration) {
	t.Helper()
	if err := fetch(t, source(t, open(erp.URL, jst.SelfBuilt, "", ""), store)); err != nil {
		t.Fatal(err)
	}
	_, err := store.Renew(t.Context(), "jst-main", "jst.token", func(_ context.Context, current vault.Secret) (vault.Secret, error) {
		var pair map[string]any
		if err := json.Unmarshal(current.Value, &pair); err != nil {
			return current, err
		}
		current.ExpiresAt = time.Now().Add(left)
		pair["expires_at"], pair["obtained_at"] = current.ExpiresAt, current.ExpiresAt.Add(-lives)
		value, err := json.Marshal(pair)
		current.Value = value
		return current, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTokens_are_renewed_before_their_end(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		name        string
		lives, left time.Duration
		want        string // token calls
	}{
		{"more than a day is left", 30 * day, 25 * time.Hour, "query"},
		{"less than a day is left", 30 * day, 23 * time.Hour, "refreshToken query"},
		{"less than half a day: the refresh token is not trusted either", 30 * day, 11 * time.Hour, "getInitToken query"},
		{"a short life is used for half of it", 2 * time.Hour, 61 * time.Minute, "query"},
		{"and renewed after that", 2 * time.Hour, 59 * time.Minute, "refreshToken query"},
		{"past its end", 2 * time.Hour, -time.Minute, "getInitToken query"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, (&issuer{expiresIn: "2592000"}).answer)
			store := &vault.Memory{}
			keepPair(t, erp, store, test.lives, test.left)
			erp.calls = nil
			if err := fetch(t, source(t, open(erp.URL, jst.SelfBuilt, "", ""), store)); err != nil || erp.paths() != test.want {
				t.Errorf("got %s and %v, want %s", erp.paths(), err, test.want)
			}
		})
	}
}

func TestTokens_a_self_built_app_whose_refresh_is_refused_begins_anew(t *testing.T) {
	t.Parallel()
	platform := &issuer{expiresIn: "2592000"}
	erp := serve(t, platform.answer)
	running := source(t, open(erp.URL, jst.SelfBuilt, "", ""), &vault.Memory{})
	if err := fetch(t, running); err != nil {
		t.Fatal(err)
	}
	platform.accepts, platform.isRevoked = "another", true
	if err := fetch(t, running); err != nil || erp.paths() != "getInitToken query query refreshToken getInitToken query" {
		t.Errorf("got %v after %s, want a new beginning", err, erp.paths())
	}
}

func TestTokens_says_when_the_merchant_has_to_consent_again(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		platform *issuer
		refresh  string
		calls    string
	}{
		"a third-party app may not refresh": {&issuer{isThird: true}, "canary-refresh-0", "query refreshToken"},
		"the refresh token is refused":      {&issuer{isRevoked: true}, "canary-refresh-0", "query refreshToken"},
		"there is no refresh token":         {&issuer{}, "", "query"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, test.platform.answer)
			err := fetch(t, source(t, open(erp.URL, jst.Refresh, "canary-access-0", test.refresh), &vault.Memory{}))
			if err == nil || !strings.Contains(err.Error(), "consent again") || strings.Contains(err.Error(), "canary") || erp.paths() != test.calls {
				t.Errorf("got %v after %s, want it to ask for consent after %s", err, erp.paths(), test.calls)
			}
		})
	}
}

func TestTokens_tries_once_more_and_no_oftener(t *testing.T) {
	t.Parallel()
	erp := serve(t, func(_ int, a asked) string {
		if strings.HasSuffix(a.path, "Token") {
			return `{"code":0,"data":{"access_token":"canary-access-1","refresh_token":"canary-refresh-1","expires_in":7200}}`
		}
		return expired
	})
	err := fetch(t, source(t, open(erp.URL, jst.SelfBuilt, "", ""), &vault.Memory{}))
	if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.LoginRefused || !strings.Contains(err.Error(), "refused all the same") ||
		erp.paths() != "getInitToken query refreshToken query" {
		t.Errorf("got %v after %s, want one renewal and one more try", err, erp.paths())
	}
}

// fault 19: refresh race in 4 workers -> 1 refresh, and no secret in the log
func TestTokens_four_processes_refresh_once(t *testing.T) {
	t.Parallel()
	erp := serve(t, (&issuer{expiresIn: "7200"}).answer)
	store := &vault.Memory{}
	var log bytes.Buffer
	var all sync.WaitGroup
	for range 4 {
		given := deps(store)
		given.Log = slog.New(slog.NewJSONHandler(&lockedWriter{to: &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
		made, err := jst.NewSaleout(open(erp.URL, jst.Refresh, "canary-access-0", "canary-refresh-0"), jst.SaleoutFilter{}, given)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := fetch(t, made); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := strings.Count(erp.paths(), "refreshToken"); got != 1 || strings.Contains(log.String(), "canary") {
		t.Errorf("got %d refreshes, log %s; want one, and no secret", got, log.String())
	}
}

// lockedWriter writes for several processes.
type lockedWriter struct {
	mu sync.Mutex
	to *bytes.Buffer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func TestTokens_refuses_an_answer_without_a_token(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"code":0}`, `{"code":0,"data":null}`, `{"code":0,"data":[]}`, `<html>`, `{"data":{"access_token":"x"}}`, `{"code":10,"msg":"无效签名"}`} {
		erp := serve(t, says(body))
		store := &vault.Memory{}
		err := fetch(t, source(t, open(erp.URL, jst.SelfBuilt, "", ""), store))
		if erphttp.AsError(err) == nil || strings.Contains(erp.paths(), "query") {
			t.Errorf("%s: got %v after %s, want an error and no query", body, err, erp.paths())
		}
		if _, err := store.Read(t.Context(), "jst-main", "jst.token"); err == nil {
			t.Errorf("%s: something was kept", body)
		}
	}
}
