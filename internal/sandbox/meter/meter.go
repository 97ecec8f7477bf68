// Package meter counts what reaches the simulated platforms and keeps their
// limits on calls per minute. What a test says about losses, retries and rates
// rests on these figures and not on those of the program under test.
package meter

import (
	"maps"
	"sync"
)

// The events that are counted per endpoint.
const (
	Requests     = "requests"      // calls that arrived, refused ones included
	Answered     = "answered"      // calls answered with success
	AuthFailures = "auth_failures" // wrong signature, credential, clock or token
	BadRequests  = "bad_requests"  // arguments that the platform refuses
	Throttled    = "throttled"     // calls beyond the limit
	Faults       = "faults"        // injected faults that fired
	Pages        = "pages"         // pages of records served
	Records      = "records"       // records served
)

// Meter counts events per endpoint. The zero value is ready for use, by many
// goroutines at once.
type Meter struct {
	mu     sync.Mutex
	counts map[string]map[string]int64
}

// Add counts n more events of one endpoint.
func (m *Meter) Add(endpoint, event string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[string]map[string]int64{}
	}
	if m.counts[endpoint] == nil {
		m.counts[endpoint] = map[string]int64{}
	}
	m.counts[endpoint][event] += int64(n)
}

// Count is how many events of one endpoint were counted.
func (m *Meter) Count(endpoint, event string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[endpoint][event]
}

// Snapshot is a copy of all counts, by endpoint and event.
func (m *Meter) Snapshot() map[string]map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[string]map[string]int64, len(m.counts))
	for endpoint, events := range m.counts {
		out[endpoint] = maps.Clone(events)
	}
	return out
}
