package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
)

// ledger is every row of compare and of the outbox, as it was written.
func (s *shop) ledger() map[string]string {
	s.t.Helper()
	rows := s.rowVersions()
	maps.DeleteFunc(rows, func(row, _ string) bool {
		// The basis is forgotten, so that the next run compares every row.
		return !strings.HasPrefix(row, "compare.") && !strings.HasPrefix(row, "outbox.") || strings.HasPrefix(row, "compare.basis ")
	})
	return rows
}

// A side that is empty, incomplete or unreadable must never look like a thousand
// shortages: the ledger stays as it was, and the run says why.
func TestOneSideAlone(t *testing.T) {
	t.Parallel()
	every := func(kind sandboxfault.Kind, endpoint string) []sandboxfault.Rule {
		return []sandboxfault.Rule{{Kind: kind, Endpoint: endpoint}}
	}
	// One after the other on one ledger: what failed before must not help or hurt.
	s := newShop(t, shopOptions{})
	s.run()
	cases := map[string]struct {
		code  fault.Code
		rules []sandboxfault.Rule
		modes sandboxfault.Modes
		says  string
	}{
		"YonSuite answers []":           {fault.NotComparable, every(sandboxfault.EmptyPage, "yonsuite.stock"), sandboxfault.Modes{}, "yonsuite.current_stock of ys-main has no rows"},
		"YonSuite answers null":         {fault.NotComparable, every(sandboxfault.EmptyPage, "yonsuite.stock"), sandboxfault.Modes{EmptyData: "null"}, "yonsuite.current_stock of ys-main has no rows"},
		"YonSuite breaks off":           {fault.SourceIncomplete, []sandboxfault.Rule{{Kind: sandboxfault.Truncated, Endpoint: "yonsuite.stock", Value: 60_000}}, sandboxfault.Modes{}, "yonsuite.current_stock of ys-main"},
		"旺店通 cannot be read completely": {fault.SourceIncomplete, []sandboxfault.Rule{{Kind: sandboxfault.LyingTotal, Endpoint: "wdt.*", Value: 40}}, sandboxfault.Modes{}, "wdt.stock of wdt-main"},
		"旺店通 is down":                   {fault.SourceUnreachable, every(sandboxfault.HTTP503, "wdt.*"), sandboxfault.Modes{}, "wdt.stock of wdt-main"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.box.World().MutateCurrents(30, 3)
			before := s.ledger()
			s.faultyWith(c.modes, c.rules...)
			nextSecond()
			failed := s.fails(c.code, "run")
			if !strings.Contains(failed.Message, c.says) {
				t.Errorf("got %s, want it to say %q", failed.Message, c.says)
			}
			if diff := cmp.Diff(before, s.ledger()); diff != "" {
				t.Errorf("the ledger changed (before -, after +)\n%s", diff)
			}
			status := s.must("status")
			if !strings.Contains(status.stdout, "failed") || !strings.Contains(status.stderr, c.says) {
				t.Errorf("want the status to show the failed run and why, got %s", status)
			}
		})
	}
	s.faulty()
	nextSecond()
	agreeOnOutcomes(t, s.run(), s.truth(demoParams))
	if status := s.must("status"); strings.Contains(status.stderr, "not complete") || strings.Contains(status.stdout, "failed") {
		t.Errorf("want the status to be well again, got %s", status)
	}
}

func TestOneSideFromTheBeginning(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.faulty(sandboxfault.Rule{Kind: sandboxfault.EmptyPage, Endpoint: "yonsuite.stock"})
	failed := s.fails(fault.NotComparable, "run")
	if !strings.Contains(failed.Suggestion, "the ledger is as it was") {
		t.Errorf("got advice %q", failed.Suggestion)
	}
	s.comparedNothing()
	s.faulty()
	s.agreesAfterFaults(s.run())
}
