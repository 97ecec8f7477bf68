package main

import (
	"context"
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

// hidesSecrets is asked of every command line of every test.
func (s *shop) hidesSecrets(ended outcome) {
	s.t.Helper()
	for _, secret := range s.secrets() {
		if strings.Contains(ended.stdout, secret) || strings.Contains(ended.stderr, secret) {
			s.t.Errorf("the secret %s shows in the output of %s", secret, ended)
		}
	}
}

func (s *shop) connect() *pgx.Conn {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// findNoSecret looks through every table at the end of every test: runs and
// their errors, requests, envelopes, rejects, findings, windows.
func (s *shop) findNoSecret() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.database)
	if err != nil {
		return // a test may have taken the database away
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "set jit = off"); err != nil {
		s.t.Error(err)
	}
	rows, err := conn.Query(ctx, `
		select format('select %L, t::text from %I.%I as t', nspname || '.' || relname, nspname, relname)
		from pg_class
		inner join pg_namespace on pg_namespace.oid = relnamespace
		where
			relkind in ('r', 'p')
			and not relispartition
			and nspname in ('ops', 'staging', 'wdt', 'jst', 'yonsuite', 'compare', 'outbox', 'ref', 'pandian')`)
	if err != nil {
		s.t.Error(err)
		return
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Error(err)
		return
	}
	if len(tables) == 0 {
		return // nothing was migrated
	}
	var patterns []string
	for _, secret := range s.secrets() {
		patterns = append(patterns, "%"+secret+"%")
	}
	found, err := conn.Query(ctx, "select * from ("+strings.Join(tables, " union all ")+") as row (place, content) where content like any ($1)", patterns)
	if err != nil {
		s.t.Errorf("look for secrets: %v", err)
		return
	}
	var table, content string
	if _, err := pgx.ForEachRow(found, []any{&table, &content}, func() error {
		s.t.Errorf("a secret stands in %s: %.300s", table, content)
		return nil
	}); err != nil {
		s.t.Errorf("look for secrets: %v", err)
	}
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
