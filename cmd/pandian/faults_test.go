package main

import (
	"fmt"
	"testing"
	"time"

	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/world"
)

// atWDT and atYonSuite are faults of the next count calls; 0 is every call.
func atWDT(kind sandboxfault.Kind, count int) sandboxfault.Rule {
	return sandboxfault.Rule{Kind: kind, Endpoint: "wdt.*", Count: count}
}

func atYonSuite(kind sandboxfault.Kind, count int) sandboxfault.Rule {
	return sandboxfault.Rule{Kind: kind, Endpoint: "yonsuite.stock", Count: count}
}

func value(rule sandboxfault.Rule, value int) sandboxfault.Rule {
	rule.Value = value
	return rule
}

func text(rule sandboxfault.Rule, text string) sandboxfault.Rule {
	rule.Text = text
	return rule
}

// What passes is tried again until the call goes well; pages that do not fit
// together are read again, once.
func TestFaultsThatPassChangeNothing(t *testing.T) {
	t.Parallel()
	transient := []sandboxfault.Rule{
		atWDT(sandboxfault.HTTP500, 2), atWDT(sandboxfault.HTTP503, 2), atWDT(sandboxfault.Reset, 2), atWDT(sandboxfault.Cut, 2),
		atWDT(sandboxfault.Truncated, 2), atWDT(sandboxfault.HTMLPage, 2), atWDT(sandboxfault.NotJSON, 1), atWDT(sandboxfault.EmptyBody, 1),
		atWDT(sandboxfault.TruncatedGzip, 1), atWDT(sandboxfault.Throttle, 3),
		atYonSuite(sandboxfault.HTTP500, 2), atYonSuite(sandboxfault.Throttle, 2), atYonSuite(sandboxfault.TokenExpired, 1),
		atYonSuite(sandboxfault.HTMLPage, 1), text(atYonSuite(sandboxfault.Code, 1), "9999"),
	}
	cases := map[string]struct {
		route string
		modes sandboxfault.Modes
		rules []sandboxfault.Rule
		fired int64
	}{
		"broken calls at qimen":      {rules: append(transient[:len(transient):len(transient)], atWDT(sandboxfault.Remote, 2)), fired: 27},
		"broken calls at openapi2":   {route: "openapi2", rules: transient, fired: 25},
		"throttled by the gateway":   {modes: sandboxfault.Modes{QimenThrottle: "gateway"}, rules: []sandboxfault.Rule{atWDT(sandboxfault.Throttle, 3), atWDT(sandboxfault.BOM, 4), atYonSuite(sandboxfault.BOM, 1)}, fired: 8},
		"a short page":               {rules: []sandboxfault.Rule{atWDT(sandboxfault.ShortPage, 1)}, fired: 1},
		"an empty page":              {rules: []sandboxfault.Rule{{Kind: sandboxfault.EmptyPage, Endpoint: "wdt.*", Count: 1, After: 3}}, fired: 1},
		"a repeated page":            {rules: []sandboxfault.Rule{atWDT(sandboxfault.RepeatedPage, 1)}, fired: 1},
		"a page in another encoding": {rules: []sandboxfault.Rule{atWDT(sandboxfault.GBK, 1)}, fired: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{route: c.route, wdt: "max_attempts: 30"})
			s.faultyWith(c.modes, c.rules...)
			s.agreesAfterFaults(s.run())
			if fired := s.faultsFired(); fired != c.fired {
				t.Errorf("got %d faults fired, want %d", fired, c.fired)
			}
		})
	}
}

func (s *shop) agreesAfterFaults(got runFigures) {
	s.t.Helper()
	agreeOnOutcomes(s.t, got, s.truth(demoParams))
}

// What stays ends the run with a code and compares nothing; once the platform is
// well again, so is the next run, whatever failed before it.
func TestFaultsThatStayFailTheRun(t *testing.T) {
	t.Parallel()
	type failing struct {
		name  string
		code  fault.Code
		rule  sandboxfault.Rule
		modes sandboxfault.Modes
	}
	for name, failings := range map[string][]failing{
		"calls to 旺店通": {
			{"500", fault.SourceUnreachable, atWDT(sandboxfault.HTTP500, 0), sandboxfault.Modes{}},
			{"HTML with 200", fault.SourceUnreachable, atWDT(sandboxfault.HTMLPage, 0), sandboxfault.Modes{}},
			{"no end", fault.SourceUnreachable, atWDT(sandboxfault.Truncated, 0), sandboxfault.Modes{}},
			{"throttled", fault.SourceUnreachable, atWDT(sandboxfault.Throttle, 0), sandboxfault.Modes{}},
			{"throttled for longer than max_wait", fault.SourceUnreachable, value(atWDT(sandboxfault.HTTP429, 0), 3600), sandboxfault.Modes{}},
			{"credentials refused", fault.SourceRefused, text(atWDT(sandboxfault.Code, 0), "2100"), sandboxfault.Modes{}},
		},
		"pages of 旺店通": {
			{"short pages", fault.SourceIncomplete, atWDT(sandboxfault.ShortPage, 0), sandboxfault.Modes{}},
			{"repeated pages", fault.SourceIncomplete, atWDT(sandboxfault.RepeatedPage, 0), sandboxfault.Modes{}},
			{"a total that is too small", fault.SourceIncomplete, value(atWDT(sandboxfault.LyingTotal, 0), -40), sandboxfault.Modes{}},
			{"a total that is too large", fault.SourceIncomplete, value(atWDT(sandboxfault.LyingTotal, 0), 40), sandboxfault.Modes{}},
			{"no total", fault.SourceIncomplete, value(atWDT(sandboxfault.Slow, 1), 0), sandboxfault.Modes{Total: "absent"}},
			{"another encoding", fault.SourceIncomplete, atWDT(sandboxfault.GBK, 0), sandboxfault.Modes{}},
		},
		"YonSuite": {
			{"500", fault.SourceUnreachable, atYonSuite(sandboxfault.HTTP500, 0), sandboxfault.Modes{}},
			{"a token that never holds", fault.SourceRefused, atYonSuite(sandboxfault.TokenExpired, 0), sandboxfault.Modes{}},
			{"a connection that breaks", fault.SourceIncomplete, value(atYonSuite(sandboxfault.Cut, 0), 60_000), sandboxfault.Modes{}},
			{"no end", fault.SourceIncomplete, value(atYonSuite(sandboxfault.Truncated, 0), 60_000), sandboxfault.Modes{}},
			{"another encoding", fault.SourceIncomplete, atYonSuite(sandboxfault.GBK, 0), sandboxfault.Modes{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{wdt: "max_wait: 2s"})
			for _, f := range failings {
				before := s.faultsFired()
				s.faultyWith(f.modes, f.rule)
				if ended := s.pandian("run", "--json"); ended.code == fault.ExitOK {
					t.Errorf("%s: want the run to fail, got %s", f.name, ended)
				} else {
					s.failed(ended, f.code)
				}
				s.comparedNothing()
				if s.faultsFired() == before {
					t.Errorf("%s: no fault fired", f.name)
				}
			}
			s.faulty()
			s.agreesAfterFaults(s.run())
		})
	}
}

// comparedNothing holds that a failed first run left no outcome, no discrepancy
// and no document behind.
func (s *shop) comparedNothing() {
	s.t.Helper()
	if got := ask[int64](s, `
		select (select count(*) from compare.stock_result) + (select count(*) from compare.discrepancy) + (select count(*) from outbox.document)`); got != 0 {
		s.t.Errorf("got %d outcomes, discrepancies and documents of a run that failed, want none", got)
	}
}

func (s *shop) faultsFired() (fired int64) {
	for _, events := range s.box.Stats().Endpoints {
		fired += events["faults"]
	}
	return fired
}

// fault 17: rows change, appear and vanish while pages are read.
func TestDriftWhilePaging(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]sandboxfault.Kind{
		"rows that change": sandboxfault.DriftUpdate, "rows that appear": sandboxfault.DriftInsert, "rows that vanish": sandboxfault.DriftDelete,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{source: ", settle: 1s"})
			s.faulty(atWDT(kind, 4))
			s.must("run")
			if s.faultsFired() != 4 {
				t.Errorf("got %d faults fired, want 4", s.faultsFired())
			}
			s.faulty()
			// What moved while it was read has a time that was not settled yet.
			time.Sleep(2 * time.Second)
			got := s.run()
			if kind != sandboxfault.DriftDelete {
				agreeOnOutcomes(t, got, s.truth(demoParams))
				return
			}
			// Nothing tells that a row is gone at 旺店通; no other row may be lost.
			outcomes := s.pairs(`
				select stock.rec_id, stock_result.outcome || ' ' || coalesce(trim_scale(stock_result.currentqty)::text, 'null')
				from compare.stock_result
				inner join wdt.stock using (connection_code, spec_id, warehouse_id)`)
			params := demoParams
			params.WithRows = true
			for _, row := range s.truth(params).Rows {
				figure := "null"
				if row.CurrentQty != nil {
					figure = row.CurrentQty.String()
				}
				want := string(row.State) + " " + figure
				if got := outcomes[fmt.Sprint(row.RecID)]; row.State != world.MissingHere && got != want {
					t.Errorf("row %d: got %q, want %q", row.RecID, got, want)
				}
			}
		})
	}
}
