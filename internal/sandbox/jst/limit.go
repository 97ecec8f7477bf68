package jst

import (
	"sync"
	"time"
)

// limiter keeps a merchant's limits per second and per minute, both over a
// window that slides and over the calls it allowed (assumed; the vendor names
// only the figures).
type limiter struct {
	limit Limit

	mu               sync.Mutex
	allowed, arrived []time.Time // of the last minute
	most             Limit       // peaks of arrived
}

// allow tells whether a call may pass now, and counts it. When it may not, the
// problem is the limit that was hit.
func (l *limiter) allow(now time.Time) (hit problem, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived = append(since(l.arrived, now, time.Minute), now)
	l.most.PerMinute = max(l.most.PerMinute, len(l.arrived))
	l.most.PerSecond = max(l.most.PerSecond, len(since(l.arrived, now, time.Second)))
	l.allowed = since(l.allowed, now, time.Minute)
	switch {
	case l.limit.PerSecond > 0 && len(since(l.allowed, now, time.Second)) >= l.limit.PerSecond:
		return perSecond, false
	case l.limit.PerMinute > 0 && len(l.allowed) >= l.limit.PerMinute:
		return perMinute, false
	}
	l.allowed = append(l.allowed, now)
	return 0, true
}

func (l *limiter) peak() Limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// since drops the calls that are as old as span or older.
func since(calls []time.Time, now time.Time, span time.Duration) []time.Time {
	for len(calls) > 0 && now.Sub(calls[0]) >= span {
		calls = calls[1:]
	}
	return calls
}
