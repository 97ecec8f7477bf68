package fault

import (
	"reflect"
	"testing"

	"pandian/internal/sandbox/meter"
)

func newSet(t *testing.T, seed uint64, rules ...Rule) *Set {
	t.Helper()
	s, err := NewSet(seed, Plan{Rules: rules}, &meter.Meter{})
	if err != nil {
		t.Fatalf("make set: %v", err)
	}
	return s
}

// chances tells which of n chances fire.
func chances(s *Set, endpoint string, kind Kind, n int) (fired []bool) {
	for range n {
		_, ok := s.Fire(endpoint, kind)
		fired = append(fired, ok)
	}
	return fired
}

func TestACountHitsTheNextCallsOnly(t *testing.T) {
	t.Parallel()
	s := newSet(t, 1, Rule{Kind: HTTP500, After: 1, Count: 2})
	if got, want := chances(s, "a", HTTP500, 5), []bool{false, true, true, false, false}; !reflect.DeepEqual(got, want) {
		t.Errorf("fired: got %v, want %v", got, want)
	}
}

func TestAShareHitsAboutThatShareAndTheSameCallsForTheSameSeed(t *testing.T) {
	t.Parallel()
	rule := Rule{Kind: Slow, Share: 0.2}
	one := chances(newSet(t, 7, rule), "a", Slow, 5000)
	if !reflect.DeepEqual(one, chances(newSet(t, 7, rule), "a", Slow, 5000)) {
		t.Error("the same seed hit other calls")
	}
	if reflect.DeepEqual(one, chances(newSet(t, 8, rule), "a", Slow, 5000)) {
		t.Error("another seed hit the same calls")
	}
	hits := 0
	for _, fired := range one {
		if fired {
			hits++
		}
	}
	if hits < 900 || hits > 1100 {
		t.Errorf("a share of 0.2 hit %d of 5000, want about 1000", hits)
	}
}

func TestARuleIsAboutItsKindAndEndpoint(t *testing.T) {
	t.Parallel()
	s := newSet(t, 1, Rule{Kind: BOM, Endpoint: "wdt.*"}, Rule{Kind: GBK, Endpoint: "yonsuite.stock"})
	for _, test := range []struct {
		endpoint string
		kind     Kind
		want     bool
	}{
		{"wdt.openapi2.stock", BOM, true}, {"yonsuite.stock", BOM, false}, {"wdt.qimen.stock", GBK, false},
		{"yonsuite.stock", GBK, true}, {"yonsuite.stock.more", GBK, false}, {"wdt.qimen.stock", Slow, false},
	} {
		if _, got := s.Fire(test.endpoint, test.kind); got != test.want {
			t.Errorf("%s at %s: got %v, want %v", test.kind, test.endpoint, got, test.want)
		}
	}
}

func TestARefusedPlanChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSet(t, 1, Rule{Kind: HTTP500})
	for name, plan := range map[string]Plan{
		"unknown kind":   {Rules: []Rule{{Kind: "http_501"}}},
		"share over one": {Rules: []Rule{{Kind: Slow, Share: 1.1}}},
		"negative count": {Rules: []Rule{{Kind: Slow, Count: -1}}},
		"lost status":    {Rules: []Rule{{Kind: LostAnswer, Value: 42}}},
		"unknown mode":   {Modes: Modes{Total: "sometimes"}},
		"no status":      {Modes: Modes{ErrorStatus: 42}},
	} {
		if err := s.Replace(plan); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	if got := s.Plan(); len(got.Rules) != 1 || got.Rules[0].Kind != HTTP500 {
		t.Errorf("plan: got %+v, want the first one", got)
	}
}
