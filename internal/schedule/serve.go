package schedule

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"pandian/internal/db"
)

// CutShortError says that runs were cancelled because the time for finishing
// was over. Their fires are due again.
type CutShortError struct{ Count int }

func (e *CutShortError) Error() string {
	return fmt.Sprintf("%d runs were still at work when the time for finishing was over and were cancelled; their fires are due again", e.Count)
}

// Serve ticks until ctx ends. Then it takes no more fires, lets those that run
// finish for as long as grace, cancels the rest, and returns a *CutShortError if
// there were any. It returns when no run is at work any more, and may be called
// once.
func (s *Scheduler) Serve(ctx context.Context, grace time.Duration) error {
	ticker, err := gocron.NewScheduler(
		gocron.WithLocation(time.UTC), gocron.WithStopTimeout(2*s.settings.QueryTimeout))
	if err != nil {
		return fmt.Errorf("make the ticker: %w", err)
	}
	_, err = ticker.NewJob(
		gocron.DurationJob(s.settings.Tick),
		gocron.NewTask(func() {
			_, err := s.Tick(ctx)
			if ctx.Err() == nil {
				s.health.tell(ctx, s.log, err, time.Now())
			}
		}),
		gocron.WithSingletonMode(gocron.LimitModeReschedule),
		gocron.WithStartAt(gocron.WithStartImmediately()),
	)
	if err != nil {
		return fmt.Errorf("make the ticker: %w", err)
	}
	ticker.Start()
	<-ctx.Done()
	if err := ticker.Shutdown(); err != nil {
		s.log.WarnContext(ctx, "the ticker did not stop cleanly", "error", err)
	}
	return s.Stop(grace)
}

// Stop waits for the fires that run, for as long as grace, and then cancels the
// rest. Tick must not be called any more. It returns when none is at work.
func (s *Scheduler) Stop(grace time.Duration) error {
	s.ticking.Lock() // a tick that is under way may still begin one
	defer s.ticking.Unlock()
	defer s.cut(ErrStopped)
	ended := s.working.ended()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
	}
	count := s.working.count()
	s.cut(ErrStopped)
	<-ended
	if count == 0 {
		return nil
	}
	return &CutShortError{count}
}

// RunDue runs what is due and returns when nothing of it is left, or when ctx
// has ended and what runs has finished as in Serve.
func (s *Scheduler) RunDue(ctx context.Context, grace time.Duration) error {
	ticker := time.NewTicker(s.settings.Tick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		_, err := s.Tick(ctx)
		if err == nil && s.working.count() == 0 {
			var open db.OpsJobFireOpenRow
			if open, err = db.New(s.pool).OpsJobFireOpen(ctx, s.pipelines); err == nil && open.Mine == 0 {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("run what is due: %w", joinStop(err, s.Stop(grace)))
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return s.Stop(grace)
}

func joinStop(err, stopErr error) error {
	if stopErr == nil {
		return err
	}
	return fmt.Errorf("%w; %w", err, stopErr)
}

// working counts the fires that run here.
type working struct {
	mu    sync.Mutex
	now   int
	group sync.WaitGroup
}

// enter is false when there are limit already.
func (w *working) enter(limit int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now >= limit {
		return false
	}
	w.now++
	w.group.Add(1)
	return true
}

func (w *working) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now--
	w.group.Done()
}

func (w *working) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// ended is closed when none is at work.
func (w *working) ended() <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		w.group.Wait()
		close(ended)
	}()
	return ended
}
