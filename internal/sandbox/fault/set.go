package fault

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"sync"

	"pandian/internal/sandbox/meter"
)

// Set decides, call by call, which faults of a plan fire. It is safe for many
// goroutines; the n-th chance of a rule at an endpoint is decided by the seed
// and n alone, so that a sequential client meets the same faults every time.
type Set struct {
	seed  uint64
	meter *meter.Meter

	mu      sync.Mutex
	plan    Plan
	chances map[string]int // by rule and endpoint
	fired   []int          // by rule
}

// NewSet starts with a plan that was checked; what fires is counted on m.
func NewSet(seed uint64, plan Plan, m *meter.Meter) (*Set, error) {
	s := &Set{seed: seed, meter: m}
	return s, s.Replace(plan)
}

// Replace puts another plan in place; its rules start to count afresh. A plan
// that is refused changes nothing.
func (s *Set) Replace(plan Plan) error {
	if err := plan.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = Plan{Rules: slices.Clone(plan.Rules), Modes: plan.Modes}
	s.chances = map[string]int{}
	s.fired = make([]int, len(plan.Rules))
	return nil
}

// Plan is a copy of the plan in place.
func (s *Set) Plan() Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Plan{Rules: slices.Clone(s.plan.Rules), Modes: s.plan.Modes}
}

// Modes are the switches in place.
func (s *Set) Modes() Modes {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plan.Modes
}

// Fire gives each rule of this kind and endpoint its chance and returns the
// first that fires. Call it once for each call that the fault could hit.
func (s *Set) Fire(endpoint string, kind Kind) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rule := range s.plan.Rules {
		if rule.Kind != kind || !rule.matches(endpoint) {
			continue
		}
		at := strconv.Itoa(i) + " " + endpoint
		s.chances[at]++
		if s.hits(i, rule, at, s.chances[at]) {
			s.fired[i]++
			s.meter.Add(endpoint, meter.Faults, 1)
			return rule, true
		}
	}
	return Rule{}, false
}

// hits decides the n-th chance of a rule, counted from 1.
func (s *Set) hits(i int, rule Rule, at string, n int) bool {
	if n <= rule.After || rule.Count > 0 && s.fired[i] >= rule.Count {
		return false
	}
	if rule.Share == 0 {
		return true
	}
	sum := fnv.New64a()
	sum.Write([]byte(strconv.FormatUint(s.seed, 16) + " " + at + " " + strconv.Itoa(n)))
	return float64(spread(sum.Sum64()))/math.MaxUint64 < rule.Share
}

// spread evens out the high bits of a short text's hash (splitmix64).
func spread(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
