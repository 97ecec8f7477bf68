package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox"
)

// verdict is what doctor says about one thing.
type verdict struct {
	Subject string `json:"subject"`
	OK      bool   `json:"ok"`
	Detail  string `json:"detail"`
	Advice  string `json:"advice"`
}

// doctor returns what is wrong by subject, and the exit code.
func (s *shop) doctor(args ...string) (bad map[string]verdict, code int) {
	s.t.Helper()
	ended := s.pandian(append([]string{"doctor", "--json"}, args...)...)
	got := ended.envelope(s.t)
	bad = map[string]verdict{}
	var found []verdict
	if err := json.Unmarshal(got.Result, &found); err != nil || len(found) == 0 {
		s.t.Fatalf("want what was examined, got %v: %s", err, ended)
	}
	for _, one := range found {
		if !one.OK {
			bad[one.Subject] = one
		}
	}
	if (ended.code == 0) != (len(bad) == 0) || got.OK != (len(bad) == 0) {
		s.t.Errorf("want the exit code to tell of %d bad things, got %s", len(bad), ended)
	}
	return bad, ended.code
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options shopOptions
		spoil   func(*shop)
		subject string
		says    string
		code    int
	}{
		"a wrong secret of 旺店通": {
			spoil: func(s *shop) { s.write("wdt.secret", "0000000000000000") }, subject: "connection wdt-main", says: "signature", code: 3,
		},
		"a wrong secret of 旺店通 at openapi2": {
			options: shopOptions{route: "openapi2"},
			spoil:   func(s *shop) { s.write("wdt.secret", "0000000000000000") }, subject: "connection wdt-main", says: "签名", code: 3,
		},
		"a wrong secret of YonSuite": {
			spoil: func(s *shop) { s.write("ys.secret", "0000000000000000") }, subject: "connection ys-main", says: "签名错误", code: 3,
		},
		"a missing secret": {
			spoil: func(s *shop) { s.write("ys.secret", "\n") }, subject: "configuration", says: "connections.ys-main.app_secret", code: 2,
		},
		"a platform that does not answer": {
			spoil: func(s *shop) { s.replace("url: "+s.front.url, "url: http://"+closedPort(s.t)) }, subject: "connection wdt-main", says: "no answer", code: 3,
		},
		"a clock that is 11 minutes off": {
			options: shopOptions{sandbox: func(o *sandbox.Options) {
				o.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }
				o.TokenClockSkew = 10 * time.Minute
			}},
			spoil: func(*shop) {}, subject: "connection wdt-main", says: "11m", code: 3,
		},
		"a schema that is behind": {
			spoil: func(s *shop) { s.must("migrate", "down", "--yes") }, subject: "schema", says: "pending", code: 3,
		},
		"a view that somebody dropped": {
			spoil: func(s *shop) { s.tell("drop view report.wdt_stock") }, subject: "sql/view/report_wdt_stock.sql", says: "gone", code: 3,
		},
		"a function that somebody dropped": {
			spoil: func(s *shop) { s.tell("drop function compare.acknowledge") }, subject: "sql/function/compare_acknowledge.sql", says: "gone", code: 3,
		},
		"a column that somebody renamed": {
			spoil: func(s *shop) { s.tell("alter table compare.stock_result rename column outcome to result") }, subject: "sql/compare/stock_result.sql", says: "outcome", code: 1,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, c.options)
			if c.options.sandbox == nil {
				if bad, _ := s.doctor(); len(bad) > 0 {
					t.Fatalf("got %+v before anything was spoiled, want all to be well", bad)
				}
			}
			c.spoil(s)
			bad, code := s.doctor()
			if got, ok := bad[c.subject]; !ok || !strings.Contains(got.Detail, c.says) || got.Advice == "" {
				t.Errorf("got %+v, want %s to say %q and what to do", bad, c.subject, c.says)
			}
			if code != c.code {
				t.Errorf("got exit code %d, want %d", code, c.code)
			}
			s.curable(c.subject)
		})
	}
}

// curable follows the advice for what pandian migrate up can bring back.
func (s *shop) curable(subject string) {
	s.t.Helper()
	if !strings.HasPrefix(subject, "sql/view/") && !strings.HasPrefix(subject, "sql/function/") && subject != "schema" {
		return
	}
	s.must("migrate", "up")
	if bad, _ := s.doctor("--offline"); len(bad) > 0 {
		s.t.Errorf("got %+v after pandian migrate up, want all to be well", bad)
	}
}

func TestDoctorLooksAtEverything(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	ended := s.must("doctor")
	for _, want := range []string{"configuration", "3 connections, 1 pipelines", "PostgreSQL 1", "schema", "files fit the schema", "connection wdt-main", "connection ys-main", "connection qeasy"} {
		if !strings.Contains(ended.stdout, want) {
			t.Errorf("want it to tell of %q, got %s", want, ended)
		}
	}
	if runs := ask[int64](s, "select count(*) from ops.run"); runs != 0 {
		t.Errorf("got %d runs, want nothing to be changed", runs)
	}
	before := s.box.Stats().Endpoints
	s.must("doctor", "--offline")
	for endpoint, events := range s.box.Stats().Endpoints {
		if events["requests"] != before[endpoint]["requests"] {
			t.Errorf("got calls to %s under --offline, want none", endpoint)
		}
	}
	// With the database down, the rest is still examined.
	bad, _ := s.doctor("--database-url", "postgres://me@"+closedPort(t)+"/x")
	if _, ok := bad["database"]; !ok || len(bad) != 1 {
		t.Errorf("got %+v, want the database alone to be bad", bad)
	}
}
