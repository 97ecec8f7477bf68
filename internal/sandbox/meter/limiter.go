package meter

import (
	"sync"
	"time"
)

// Limiter allows so many calls in any 60 seconds per credential, counted over
// the calls it allowed (a sliding minute, assumed; no vendor says).
type Limiter struct {
	perMinute int // 0: no limit

	mu      sync.Mutex
	allowed map[string][]time.Time
	arrived map[string][]time.Time
	peaks   map[string]int
}

// NewLimiter makes a limiter; perMinute 0 allows everything and still measures.
func NewLimiter(perMinute int) *Limiter {
	return &Limiter{
		perMinute: perMinute,
		allowed:   map[string][]time.Time{},
		arrived:   map[string][]time.Time{},
		peaks:     map[string]int{},
	}
}

// Allow tells whether the credential may make a call now, and counts the call.
func (l *Limiter) Allow(credential string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	arrived := append(lastMinute(l.arrived[credential], now), now)
	l.arrived[credential] = arrived
	l.peaks[credential] = max(l.peaks[credential], len(arrived))
	if l.perMinute == 0 {
		return true
	}
	allowed := lastMinute(l.allowed[credential], now)
	ok := len(allowed) < l.perMinute
	if ok {
		allowed = append(allowed, now)
	}
	l.allowed[credential] = allowed
	return ok
}

// Peak is the most calls that arrived within any 60 seconds, refused ones
// included, over all credentials.
func (l *Limiter) Peak() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := 0
	for _, peak := range l.peaks {
		most = max(most, peak)
	}
	return most
}

// lastMinute drops the calls that are 60 seconds old or older.
func lastMinute(calls []time.Time, now time.Time) []time.Time {
	for len(calls) > 0 && now.Sub(calls[0]) >= time.Minute {
		calls = calls[1:]
	}
	return calls
}
