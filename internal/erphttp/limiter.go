package erphttp

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pacer decides when the next call of one credential may start. All clients
// that use the credential share it; one that lives in the database lets several
// processes share it too.
type Pacer interface {
	// Wait returns when a call may start, and how long that took; or with the
	// context's error.
	Wait(ctx context.Context) (time.Duration, error)
	// Hold lets no call start before d has passed. It never shortens a hold.
	Hold(d time.Duration)
}

// Learner is a [Pacer] that goes slower for a while after a throttle answer.
type Learner interface {
	Pacer
	// Throttled is Hold after the platform said that calls come too often.
	Throttled(d time.Duration)
}

// Limiter is the [Pacer] of one process.
type Limiter struct {
	rate *rate.Limiter

	mu        sync.Mutex
	heldUntil time.Time
}

// NewLimiter spaces calls evenly, so that no window of a minute sees more than
// callsPerMinute of them, sliding windows included. Zero or less is no limit.
//
// Calls are 2 % further apart than the limit says: requests arrive with jitter,
// and a platform that counts 61 in its minute refuses the last one.
func NewLimiter(callsPerMinute int) *Limiter {
	limit := rate.Inf
	if callsPerMinute > 0 {
		limit = rate.Every(time.Minute / time.Duration(callsPerMinute) * 102 / 100)
	}
	return &Limiter{rate: rate.NewLimiter(limit, 1)}
}

// Wait implements [Pacer].
func (l *Limiter) Wait(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	for {
		if err := Sleep(ctx, l.held()); err != nil {
			return time.Since(start), err
		}
		reservation := l.rate.Reserve()
		if err := Sleep(ctx, reservation.Delay()); err != nil {
			reservation.Cancel()
			return time.Since(start), err
		}
		// A hold may have begun while this call was waiting for its turn.
		if l.held() <= 0 {
			return time.Since(start), ctx.Err()
		}
	}
}

// Hold implements [Pacer].
func (l *Limiter) Hold(d time.Duration) {
	until := time.Now().Add(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.heldUntil) {
		l.heldUntil = until
	}
}

func (l *Limiter) held() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.heldUntil)
}

// Sleep returns after d, or with the context's error as soon as that has one.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
