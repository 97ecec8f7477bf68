package main

import (
	"context"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
)

// canary is a password of the database that nothing checks and nothing may show.
const canary = "canary-5d2e71-password"

// withCanary adds the password to a database's address, unless it has one.
func withCanary(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	if _, has := parsed.User.Password(); has {
		return address
	}
	parsed.User = url.UserPassword(parsed.User.Username(), canary)
	return parsed.String()
}

// secrets are what no output and no table may hold: those of the configuration,
// and the tokens that the platforms gave out. 星辰's client_id is left out: its six
// digits stand in other numbers by chance.
func (s *shop) secrets() []string {
	c := s.box.Credentials()
	all := append(s.front.secrets(), canary, c.AppSecret, c.TopSecret, c.YonsuiteAppSecret,
		c.AppKey, c.TopAppKey, c.YonsuiteAppKey,
		c.JSTAppKey, c.JSTAppSecret, c.JSTPartnerKey, c.JSTToken, c.JSTCustomerID,
		c.K3Password, c.K3AppID, c.K3AppSecret,
		c.JDYClientSecret, c.JDYUserName, c.JDYPassword,
		c.TPlusAppKey, c.TPlusAppSecret, c.TPlusAppTicket, c.TPlusCertificate)
	for _, secret := range slices.Clone(all) {
		all = append(all, url.QueryEscape(secret))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// shows says whether a text holds the secret. One of digits alone, as Taobao's app
// keys are, is none inside a longer number: among millions of order numbers eight
// digits stand by chance. A digit of an escape such as %22 belongs to no number.
func shows(text, secret string) bool {
	if strings.Trim(secret, "0123456789") != "" {
		return strings.Contains(text, secret)
	}
	digitAt := func(i int) bool { return 0 <= i && i < len(text) && '0' <= text[i] && text[i] <= '9' }
	for from := 0; ; {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return false
		}
		at += from
		escaped := at >= 3 && text[at-3] == '%'
		if (escaped || !digitAt(at-1)) && !digitAt(at+len(secret)) {
			return true
		}
		from = at + 1
	}
}

func TestShowsASecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, secret string
		want         bool
	}{
		{"got 39309802 and", "39309802", true},
		{"39309802", "39309802", true},
		{"app_key39309802customerId1", "39309802", true},
		{"%2239309802%22", "39309802", true},
		{"00039309802040379835", "39309802", false},
		{"139309802", "39309802", false},
		{"393098021", "39309802", false},
		{"00039309802040379835 39309802", "39309802", true},
		{"%22139309802", "39309802", false},
		{"0ab12cd3f", "ab12cd3", true},
		{"ab12cd", "ab12cd3", false},
	} {
		if got := shows(c.text, c.secret); got != c.want {
			t.Errorf("%s in %s: got %t", c.secret, c.text, got)
		}
	}
}

// hidesSecrets is asked of every command line of every test.
func (s *shop) hidesSecrets(ended outcome) {
	s.t.Helper()
	for _, secret := range s.secrets() {
		if shows(ended.stdout, secret) || shows(ended.stderr, secret) {
			s.t.Errorf("the secret %s shows in the output of %s", secret, ended)
		}
	}
}

// findNoSecret looks through every table at the end of every test: runs and
// their errors, requests, envelopes, rejects, findings, windows. The rows come here
// to be searched, which for 24 secrets takes a third of what like takes there.
func (s *shop) findNoSecret() {
	ctx := context.Background()
	sought := map[string]string{}
	for _, secret := range s.secrets() {
		sought[secret] = hex.EncodeToString([]byte(secret))
	}
	asked := false // or a test has taken the database away
	err := s.within(ctx, func(conn *pgx.Conn) error {
		asked = true
		rows, err := conn.Query(ctx, `
			select format('%I.%I', nspname, relname), format('copy (select t::text from %I.%I as t) to stdout', nspname, relname)
			from pg_class
			inner join pg_namespace on pg_namespace.oid = relnamespace
			where
				relkind = 'r' and pg_relation_size(pg_class.oid) > 0
				and nspname in ('ops', 'staging', 'wdt', 'jst', 'yonsuite', 'compare', 'outbox', 'ref', 'pandian')`)
		if err != nil {
			return err
		}
		type source struct{ Table, Copy string }
		sources, err := pgx.CollectRows(rows, pgx.RowToStructByPos[source])
		for _, from := range sources {
			_, failed := conn.PgConn().CopyTo(ctx, &searched{s.t, from.Table, sought}, from.Copy)
			err = errors.Join(err, failed)
		}
		return err
	})
	if asked && err != nil {
		s.t.Errorf("look for secrets: %v", err)
	}
}

// searched is written the rows of a table, each as a whole, as pgx hands on each
// message of a copy.
type searched struct {
	t     testing.TB
	table string
	// sought are the secrets, with the hex of each.
	sought map[string]string
}

func (w *searched) Write(row []byte) (int, error) {
	text := string(row)
	for secret, hexed := range w.sought {
		// as it is, or within a bytea, where digits stand beside it whatever they mean
		if shows(text, secret) || strings.Contains(text, hexed) {
			w.t.Errorf("a secret stands in %s: %.300s", w.table, text)
		}
	}
	return len(row), nil
}

// Platforms repeat in their errors what they were sent. Of that nothing may get
// into messages, logs or tables; every shop is searched for it at its end.
func TestSecretsThatAPlatformRepeatsAreMasked(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"wdt", "yonsuite"} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{logLevel: "debug"})
			c := s.box.Credentials()
			s.front.rewriting(func(call string, body []byte) []byte {
				if call != platform {
					return body
				}
				told := c.TopAppKey + " and " + c.TopSecret
				if call == "yonsuite" {
					tokens := s.front.secrets()
					told = c.YonsuiteAppKey + " and " + tokens[len(tokens)-1]
				}
				if call == "wdt" {
					return []byte(`{"response":{"flag":"failure","code":"15","message":"Remote service error","sub_code":"isp.unknown","sub_message":"got ` + told + `"}}`)
				}
				return []byte(`{"code":"9999","message":"got ` + told + `"}`)
			})
			failed := s.fails(fault.SourceUnreachable, "run")
			if !strings.Contains(failed.Message, "got *** and ***") {
				t.Errorf("got %s, want the message with its secrets masked", failed.Message)
			}
			if ended := s.pandian("run"); !strings.Contains(ended.stderr, "got *** and ***") {
				t.Errorf("want the message with its secrets masked, got %s", ended)
			}
			s.pandian("status")
			s.pandian("doctor")
		})
	}
}
