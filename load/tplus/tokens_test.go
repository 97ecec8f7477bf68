package tplus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/load"
)

// oauth is a connection with a refresh token only.
func oauth(s *server) Connection {
	conn := s.connection()
	conn.OpenToken, conn.RefreshToken = "", "CANARY-refresh-0"
	return conn
}

func TestTokens_are_renewed_once_and_the_call_repeated_once(t *testing.T) {
	t.Parallel()
	for _, refusal := range []struct {
		status int
		body   string
	}{
		{403, `{"code":"50107","message":"openToken已失效"}`}, {401, `{"code":4007}`}, {200, `{"code":"EXSM0003","message":"提供令牌信息不正确"}`},
		{200, `{"code":"999","message":"token已过期"}`}, {401, ``}, {403, `<html>`}, {401, `{"code":"x","message":"who?"}`},
	} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, path string, n int, _ string) bool {
			if path != createPath || n > 1 {
				return false
			}
			w.WriteHeader(refusal.status)
			_, _ = io.WriteString(w, refusal.body)
			return true
		}
		got := send(t, newTarget(t, oauth(s), nil), sale("CK1"))
		if states(got) != "sent" || s.count(refreshPath) != 2 || s.count(createPath) != 2 || s.header.Get("Cookie") != "sid=CANARY-sid" {
			t.Errorf("%v: got %+v and calls %v, want one renewal and one repetition", refusal, got, s.calls)
		}
		s = serve(t)
		s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == createPath {
				w.WriteHeader(refusal.status)
				_, _ = io.WriteString(w, refusal.body)
			}
			return path == createPath
		}
		_, err := newTarget(t, oauth(s), nil).Send(t.Context(), []load.Document{sale("CK1")})
		var unavailable *load.UnavailableError
		if !errors.As(err, &unavailable) || s.count(createPath) != 2 {
			t.Errorf("%v: got %v and calls %v, want unavailable after one repetition", refusal, err, s.calls)
		}
	}
}

func TestTokens_that_cannot_be_renewed_make_the_target_unavailable(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.access = "CANARY-another"
	_, err := newTarget(t, s.connection(), nil).Send(t.Context(), []load.Document{sale("CK1")})
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "there is no refresh_token: authorise the app again") {
		t.Errorf("got %v, want unavailable and what to do", err)
	}
	conn := oauth(s)
	conn.RefreshToken = "CANARY-used-up"
	target := newTarget(t, conn, nil)
	_, err = target.Send(t.Context(), []load.Document{sale("CK1")})
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "authorise the app again") || s.count(createPath) != 1 {
		t.Errorf("got %v, want unavailable and what to do", err)
	}
	noCanary(t, err)
	health := target.Check(t.Context())
	if health.OK() {
		t.Error("got a clean bill of health")
	}
	noCanary(t, health)
}

// fault 19: the refresh token rotates; what was kept goes on in the next process.
func TestTokens_outlive_the_process_in_the_store(t *testing.T) {
	t.Parallel()
	s := serve(t)
	store := &shelf{}
	send(t, newTarget(t, oauth(s), store), sale("CK1"))
	send(t, newTarget(t, oauth(s), store), sale("CK2"))
	if s.count(refreshPath) != 1 || store.secret.Version != 1 || store.secret.ExpiresAt.IsZero() || store.names[0] != "tplus-main tplus.token" {
		t.Fatalf("got calls %v and %v, want one renewal for two processes", s.calls, store.names)
	}
	s.mu.Lock()
	s.access = "CANARY-gone"
	s.mu.Unlock()
	if got := send(t, newTarget(t, oauth(s), store), sale("CK3")); states(got) != "sent" || s.rotated != 2 {
		t.Errorf("got %+v after %d rotations, want the rotated refresh token used", got, s.rotated)
	}
	// Another authorisation in the configuration counts for more than what is kept.
	s.mu.Lock()
	s.refresh, s.access = "CANARY-new", "CANARY-new-access"
	s.mu.Unlock()
	conn := oauth(s)
	conn.RefreshToken = "CANARY-new"
	if got := send(t, newTarget(t, conn, store), sale("CK4")); states(got) != "sent" || s.rotated != 3 {
		t.Errorf("got %+v after %d rotations, want the new refresh token used", got, s.rotated)
	}
	store.fail = errors.New("no database")
	var unavailable *load.UnavailableError
	if _, err := newTarget(t, conn, store).Send(t.Context(), []load.Document{sale("CK5")}); !errors.As(err, &unavailable) {
		t.Errorf("got %v, want unavailable where the store cannot be read", err)
	}
}

// fault 19: another process renewed while this one waited.
func TestTokens_take_what_another_process_renewed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	store := &shelf{}
	one, two := newTarget(t, oauth(s), store), newTarget(t, oauth(s), store)
	send(t, one, sale("CK1"))
	send(t, two, sale("CK2"))
	s.mu.Lock()
	s.access = "CANARY-gone"
	s.mu.Unlock()
	send(t, one, sale("CK3"))
	send(t, two, sale("CK4"))
	if s.count(refreshPath) != 2 {
		t.Errorf("got %d renewals, want the first and one for both", s.count(refreshPath))
	}
	// The same, between looking at the store and being let in to renew.
	store.isSlow = true
	send(t, newTarget(t, oauth(s), store), sale("CK5"))
	if s.count(refreshPath) != 2 {
		t.Errorf("got %d renewals, want what was renewed meanwhile taken", s.count(refreshPath))
	}
}

func TestTokens_are_renewed_once_for_all_workers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	target := newTarget(t, oauth(s), nil)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() { send(t, target, sale(fmt.Sprint("CK", n))) })
	}
	group.Wait()
	if s.count(refreshPath) != 1 || len(s.there) != 8 {
		t.Errorf("got %d renewals and %d vouchers, want 1 and 8", s.count(refreshPath), len(s.there))
	}
}

func TestTokens_are_renewed_a_day_before_they_end_but_not_in_the_first_half_of_their_life(t *testing.T) {
	t.Parallel()
	asked := time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)
	for given, want := range map[string]time.Duration{
		`{"result":{"access_token":"a","expires_in":518400}}`:   5 * 24 * time.Hour,
		`{"value":{"accessToken":"a","expiresIn":"7200"}}`:      time.Hour,
		`{"data":{"access_token":"a"}}`:                         5 * 24 * time.Hour,
		`{"access_token":"a","expires_in":999999999999999999}`:  365 * 24 * time.Hour,
		`{"value":{"accessToken":"a","refreshToken":"","x":1}}`: 5 * 24 * time.Hour,
	} {
		got, err := readTokens([]byte(given), asked, 24*time.Hour, "x")
		if err != nil || got.Access != "a" || got.RenewAt.Sub(asked) != want {
			t.Errorf("%s: got %+v and error %v, want renewal after %s", given, got, err, want)
		}
	}
	for _, given := range []string{`{}`, `[]`, `null`, `{"result":{"refresh_token":"x"}}`} {
		if _, err := readTokens([]byte(given), asked, 0, "x"); err == nil {
			t.Errorf("%s: got no error", given)
		}
	}
}

func TestTokens_are_kept_even_if_nobody_waits_for_them_any_more(t *testing.T) {
	t.Parallel()
	s := serve(t)
	store := &shelf{}
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(_ http.ResponseWriter, path string, _ int, _ string) bool {
		if path == refreshPath {
			cancel()
			time.Sleep(50 * time.Millisecond)
		}
		return false
	}
	target := newTarget(t, oauth(s), store)
	got, err := target.Send(ctx, []load.Document{sale("CK1")})
	if err != nil || states(got) != "waiting" {
		t.Fatalf("got %+v and error %v, want it to wait", got, err)
	}
	send(t, target, sale("CK1"))
	if s.rotated != 1 || store.secret.Version != 1 {
		t.Errorf("got %d rotations and version %d, want the one that was not waited for kept", s.rotated, store.secret.Version)
	}
}

func TestTokens_of_a_self_built_app_come_by_ticket_or_else_by_refresh_token(t *testing.T) {
	t.Parallel()
	s := serve(t)
	conn := s.connection()
	conn.OpenToken, conn.AppTicket, conn.Certificate = "", "CANARY-ticket", "CANARY-certificate"
	store := &shelf{}
	if got := send(t, newTarget(t, conn, store), sale("CK1")); states(got) != "sent" || s.count(generatePath) != 1 {
		t.Fatalf("got %+v and calls %v, want it sent with a generated token", got, s.calls)
	}
	s.mu.Lock()
	s.access = "CANARY-gone"
	s.mu.Unlock()
	conn.AppTicket = "CANARY-ticket-of-yesterday"
	if got := send(t, newTarget(t, conn, store), sale("CK2")); states(got) != "sent" || s.count(refreshPath) != 1 {
		t.Errorf("got %+v and calls %v, want the refresh token used when the ticket is old", got, s.calls)
	}
	_, err := newTarget(t, conn, nil).Send(t.Context(), []load.Document{sale("CK3")})
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "40001") {
		t.Errorf("got %v, want unavailable with the platform's code", err)
	}
	noCanary(t, err)
}

func TestOnPremise_signs_in_and_calls_in_its_own_way(t *testing.T) {
	t.Parallel()
	for mode, path := range map[Mode]string{OnPremV2: namePath, OnPremV1: "/tplus/api/v2/Authorization"} {
		s := serve(t)
		conn := s.connection()
		conn.Mode, conn.OpenToken, conn.UserName, conn.Password, conn.AccountNumber = mode, "", "demo", "123456", "001"
		if mode == OnPremV2 {
			key, text := newKey(t)
			s.public, conn.PrivateKey = &key.PublicKey, text
		}
		conn.BaseURL += "/tplus/api/v2/" // as people copy it
		target := newTarget(t, conn, nil)
		if got := send(t, target, sale("CK1")); states(got) != "sent" || s.count(path) != 1 || s.args[createPath][0] != `{"dto":`+string(sale("CK1").Payload)+`}` {
			t.Errorf("%s: got %+v and %v", mode, got, s.args)
		}
		login := s.args[path][0]
		if mode == OnPremV2 && login != `{"userName":"demo","password":"e10adc3949ba59abbe56e057f20f883e","accNum":"001"}` {
			t.Errorf("got login %s", login)
		}
		day := time.Now().In(china()).Format(time.DateOnly)
		if mode == OnPremV1 && login != `{"UserName":"demo","Password":"4QrcOUm6Wau+VuBX8g+IPg==","AccountNumber":"001","LoginDate":"`+day+`"}` {
			t.Errorf("got login %s", login)
		}
		if health := target.Check(t.Context()); !health.OK() || s.count(checkPath) != 1 {
			t.Errorf("%s: got %+v", mode, health)
		}
	}
}

func TestOnPremise_takes_over_the_token_of_a_user_who_is_logged_in(t *testing.T) {
	t.Parallel()
	for mode, reLogins := range map[Mode]int{OnPremV2: 0, OnPremV1: 1} {
		s := serve(t)
		conn := s.connection()
		conn.Mode, conn.OpenToken, conn.UserName, conn.AccountNumber = mode, "", "demo", "001"
		if mode == OnPremV2 {
			key, text := newKey(t)
			s.public, conn.PrivateKey = &key.PublicKey, text
		}
		s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			switch path {
			case namePath, "/tplus/api/v2/Authorization":
				w.WriteHeader(400)
				_, _ = io.WriteString(w, `{"code":"EXSM0004","message":"用户已登录","data":"CANARY-access-0"}`)
			case "/tplus/api/v2/Authorization/ReLogin":
				_, _ = io.WriteString(w, `{"result":true}`)
			default:
				return false
			}
			return true
		}
		got := send(t, newTarget(t, conn, nil), sale("CK1"))
		if states(got) != "sent" || s.count("/tplus/api/v2/Authorization/ReLogin") != reLogins {
			t.Errorf("%s: got %+v and calls %v, want the token that there is taken over", mode, got, s.calls)
		}
	}
}

func TestCheck_is_well_and_writes_nothing(t *testing.T) {
	t.Parallel()
	for body, status := range map[string]int{`[]`: 200, `{"code":"999","message":"NoAuthOrData"}`: 400} {
		s := serve(t)
		s.answer = func(w http.ResponseWriter, _ string, _ int, _ string) bool {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
		if health := newTarget(t, s.connection(), nil).Check(t.Context()); !health.OK() || s.count(createPath) != 0 || s.count(checkPath) != 1 {
			t.Errorf("%s: got %+v and calls %v, want a clean bill of health", body, health, s.calls)
		}
	}
}
