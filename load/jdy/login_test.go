package jdy_test

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

func TestSend_renews_an_expired_token_once_and_repeats_once(t *testing.T) {
	t.Parallel()
	for code, text := range map[string]string{
		"4009": `{"errcode":4009}`, "4010": `{"code":"4010"}`, "4011": `{"errcode":4011,"description":"expired"}`,
		"text": `{"success":false,"message":"access token expired"}`, "stale": `{"errcode":1030002006,"description":"授权密钥校验失败"}`,
	} {
		p := serve(t)
		p.answer = func(w http.ResponseWriter, path string, n int, _ string) bool {
			if path != savePath || n > 1 {
				return false
			}
			if code != "text" {
				w.WriteHeader(519)
			}
			_, _ = io.WriteString(w, text)
			return true
		}
		if got := send(t, p.target(t), goods("A")); states(got) != "sent" || p.count(tokenPath) != 2 || p.count(savePath) != 2 || p.count(accountPath) != 1 {
			t.Errorf("%s: got %+v and calls %v, want one renewal and one repetition", code, got, p.calls)
		}
	}
}

func TestSend_stops_where_a_new_token_does_not_help(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
		if path != detailPath {
			return false
		}
		w.WriteHeader(519)
		_, _ = io.WriteString(w, `{"errcode":4011,"description":"expired CANARY-token-1 CANARY-token-2"}`)
		return true
	}
	_, err := p.target(t).Send(t.Context(), []load.Document{goods("A")})
	var unavailable *load.UnavailableError
	if !errors.As(err, &unavailable) || p.count(tokenPath) != 2 || p.count(detailPath) != 2 {
		t.Errorf("got %v and calls %v, want unavailable after one renewal", err, p.calls)
	}
	noCanary(t, err)
}

func TestSend_is_unavailable_where_the_login_fails_and_shows_no_secret(t *testing.T) {
	t.Parallel()
	for _, answer := range []struct {
		status int
		body   string
	}{
		{200, `{"errcode":1001,"description":"wrong password CANARY-pass/word?&= for 13800000000 and CANARY-client-secret"}`},
		{519, `{"errcode":4003,"description":"client id invalid"}`},
		{500, `CANARY-client-secret`}, {401, ``}, {200, `<html>`}, {302, ``}, {200, `{"errcode":0,"data":{}}`},
		{0, ``}, // hangs up
	} {
		p := serve(t)
		p.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if answer.status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Location", "https://elsewhere.example/?password=CANARY")
			w.WriteHeader(answer.status)
			_, _ = io.WriteString(w, answer.body)
			return true
		}
		_, err := p.target(t).Send(t.Context(), []load.Document{goods("A")})
		var unavailable *load.UnavailableError
		if !errors.As(err, &unavailable) || p.count(savePath)+p.count(detailPath) != 0 {
			t.Errorf("%+v: got %v and calls %v, want unavailable and nothing sent", answer, err, p.calls)
		}
		noCanary(t, err)
		if health := p.target(t).Check(t.Context()); health.OK() {
			t.Errorf("%+v: got a clean bill of health", answer)
		} else {
			noCanary(t, health)
		}
	}
}

func TestSend_takes_the_account_that_fits(t *testing.T) {
	t.Parallel()
	two := `{"success":true,"data":[{"accountGroups":[{"accountId":"11","groupName":"ns-a"}]},{"accountGroups":[{"accountId":"12","groupName":"ns-b"}]}]}`
	for name, test := range map[string]struct {
		accounts, accountID, group, want string
		isAsked                          bool
	}{
		"the only one":         {goodAccounts, "", "", "925150323784304641 ns-v7g6", true},
		"by id":                {two, "12", "", "12 ns-b", true},
		"by group":             {two, "", "ns-a", "11 ns-a", true},
		"given, not asked for": {two, "99", "ns-z", "99 ns-z", false},
		"one of two":           {two, "", "", "set account_id and group_name to one of: 11 of ns-a, 12 of ns-b", true},
		"none fits":            {two, "13", "", "0 of 2 accounts fit", true},
		"none at all":          {`{"success":true,"data":[]}`, "", "", "0 of 0 accounts fit", true},
		"another shape":        {`{"success":true,"data":{"accountId":1}}`, "", "", "its data has another shape", true},
	} {
		p := serve(t)
		p.accounts = test.accounts
		conn := p.connection()
		conn.AccountID, conn.GroupName = test.accountID, test.group
		target := newTarget(t, conn)
		_, err := target.Send(t.Context(), []load.Document{goods("A")})
		got := p.header.Get("accountId") + " " + p.header.Get("groupName")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || (p.count(accountPath) > 0) != test.isAsked {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// fault 19: several workers find the token gone, one fetches another.
func TestSend_fetches_one_token_for_all_workers(t *testing.T) {
	t.Parallel()
	p := serve(t)
	target := p.target(t)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() { send(t, target, goods(fmt.Sprint("SP-", n))) })
	}
	group.Wait()
	if p.count(tokenPath) != 1 || len(p.there) != 8 {
		t.Errorf("got %d tokens and %d materials, want 1 and 8", p.count(tokenPath), len(p.there))
	}
}

func TestSend_replaces_a_token_before_it_ends(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.tokenOf = func(n int) string { return fmt.Sprintf(`{"access_token":"CANARY-token-%d","expires_in":0.0}`, n) }
	target := p.target(t)
	send(t, target, goods("A"))
	send(t, target, goods("A"))
	if p.count(tokenPath) != 1 {
		t.Errorf("got %d tokens, want one for the hour that holds where no life is named", p.count(tokenPath))
	}
	p.tokenOf = func(n int) string { return fmt.Sprintf(`{"access_token":"CANARY-token-%d","expires_in":"1"}`, n) }
	target = p.target(t)
	send(t, target, goods("A"))
	time.Sleep(600 * time.Millisecond) // more than half of its life
	send(t, target, goods("A"))
	if p.count(tokenPath) != 3 || p.count(detailPath) != 4 {
		t.Errorf("got calls %v, want one token more and no call refused", p.calls)
	}
}

func TestCheck_is_well_and_writes_nothing(t *testing.T) {
	t.Parallel()
	p := serve(t)
	if health := p.target(t).Check(t.Context()); !health.OK() || p.count(savePath) != 0 || p.count(detailPath) != 1 {
		t.Errorf("got %+v and calls %v, want a clean bill of health from one look-up", health, p.calls)
	}
}

func TestSend_says_that_nothing_was_sent_when_its_caller_gives_up(t *testing.T) {
	t.Parallel()
	p := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	outcomes, err := p.target(t).Send(ctx, []load.Document{goods("A"), {Payload: []byte("bad")}})
	if err != nil || states(outcomes) != "waiting rejected" || len(p.calls) != 0 {
		t.Errorf("got %+v, error %v and calls %v, want it to wait", outcomes, err, p.calls)
	}
}

func TestSend_keeps_what_was_sent_before_the_platform_went_away(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.answer = func(w http.ResponseWriter, path string, n int, _ string) bool {
		if path != detailPath || n < 3 {
			return false
		}
		w.WriteHeader(519)
		_, _ = io.WriteString(w, `{"errcode":5006,"description":"fused"}`)
		return true
	}
	conn := p.connection()
	conn.BatchSize = 2
	outcomes := send(t, newTarget(t, conn), goods("A"), goods("B"), goods("C"))
	if states(outcomes) != "sent sent waiting" || outcomes[2].RetryAfter == 0 || !strings.Contains(outcomes[2].Message, "not sent") {
		t.Errorf("got %+v, want the third to wait", outcomes)
	}
}
