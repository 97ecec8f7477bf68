package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Health is how the scheduler of this process is doing.
type Health struct {
	// TickedAt is when a tick last went well; zero before the first one.
	TickedAt time.Time
	// Err is what the last tick failed with, nil when it went well.
	Err error
	// Running counts the fires that run here.
	Running int
}

// Health tells how the scheduler is doing.
func (s *Scheduler) Health() Health {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	return Health{s.health.tickedAt, s.health.err, s.working.count()}
}

type health struct {
	mu       sync.Mutex
	tickedAt time.Time
	err      error
	toldAt   time.Time
	failing  bool
	hour     time.Time
}

func (h *health) ticked(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	if err == nil {
		h.tickedAt = time.Now()
	}
}

// tell logs a failing tick when it begins to fail, every minute after that, and
// when it recovers: a database that is away for a night must not fill a disk.
func (h *health) tell(ctx context.Context, log *slog.Logger, err error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil && (!h.failing || now.Sub(h.toldAt) >= time.Minute):
		log.ErrorContext(ctx, "schedules cannot be looked at", "error", err)
		h.toldAt = now
	case err == nil && h.failing:
		log.InfoContext(ctx, "schedules are looked at again")
	}
	h.failing = err != nil
}

// hourPassed is true once an hour, and the first time.
func (h *health) hourPassed(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.hour.IsZero() && now.Sub(h.hour) < time.Hour {
		return false
	}
	h.hour = now
	return true
}
