// Package schedule runs pipelines at their times, each fire exactly once,
// however many servers run.
//
// A ticker only says that some time has passed. What is due is decided in the
// database by its clock: a schedule's row holds its next fire, a fire is a row
// whose key exists once, and a lease with a token says who runs it. A server
// that stops answering loses its lease, and its fire is taken over.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// States of ops.job_fire.
const (
	stateDue       = "due"
	stateOK        = "ok"
	stateFailed    = "failed"
	stateCoalesced = "coalesced"
	stateMissed    = "missed"
	stateLost      = "lost"
)

// Fire is one moment at which a pipeline is to run.
type Fire struct {
	Pipeline string
	Kind     Kind
	// At is the moment by the schedule.
	At time.Time
	// CoversFrom is the oldest fire that this one stands for; At where it is
	// only itself.
	CoversFrom time.Time
	// StandsFor counts them, itself included.
	StandsFor int64
	// Span is how far back of CoversFrom a Reread reads; 0 for a Run.
	Span time.Duration
	// Attempt counts from 1; larger where servers died with this fire.
	Attempt int

	token *int64
}

// RunFunc carries out a fire. It calls begun once the run has a number. A
// *run.BusyError in the error's chain says that the pipeline runs already, and
// the fire waits; any other error ends it as failed.
type RunFunc func(ctx context.Context, fire Fire, begun func(runID int64)) error

// Clock reads the time by which schedules are decided.
type Clock func(ctx context.Context, q db.DBTX) (time.Time, error)

// DatabaseClock is the database's own clock, which all servers share.
func DatabaseClock(ctx context.Context, q db.DBTX) (time.Time, error) {
	now, err := db.New(q).OpsClock(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return now, nil
}

// Settings say how a scheduler works. Begin with DefaultSettings.
type Settings struct {
	// Worker names this server in the database; it must be its alone.
	Worker string
	// Tick is how often is looked for what is due; default 1 s.
	Tick time.Duration
	// Lease is how long a server may be silent before its fires are taken over;
	// default 40 s. Renew is how often it speaks; default 10 s.
	Lease, Renew time.Duration
	// BusyPause is how long a fire waits before it tries a busy pipeline again;
	// default 5 s.
	BusyPause time.Duration
	// Parallel is how many fires run at once; default 4.
	Parallel int
	// MaxAttempts is how many servers may die with a fire before it is lost;
	// default 3.
	MaxAttempts int
	// QueryTimeout bounds every question to the database; default 10 s.
	QueryTimeout time.Duration
	// KeepFires is how long fires that ended are kept; default 90 days.
	KeepFires time.Duration
	// Now is the clock; default DatabaseClock.
	Now Clock
}

// DefaultSettings returns the defaults; Worker is left to the caller.
func DefaultSettings() Settings {
	return Settings{
		Tick: time.Second, Lease: 40 * time.Second, Renew: 10 * time.Second, BusyPause: 5 * time.Second,
		Parallel: 4, MaxAttempts: 3, QueryTimeout: 10 * time.Second, KeepFires: 90 * 24 * time.Hour,
		Now: DatabaseClock,
	}
}

func (s Settings) check() error {
	switch {
	case s.Worker == "":
		return errors.New("the server has no name")
	case s.Tick <= 0, s.Renew <= 0, s.QueryTimeout <= 0, s.KeepFires <= 0, s.BusyPause <= 0:
		return fmt.Errorf("tick %s, renew %s, query timeout %s, busy pause %s and keeping %s must be more than 0",
			s.Tick, s.Renew, s.QueryTimeout, s.BusyPause, s.KeepFires)
	case s.Lease < 2*s.Renew:
		return fmt.Errorf("the lease %s is shorter than two renewals of %s", s.Lease, s.Renew)
	case s.Parallel < 1, s.MaxAttempts < 1:
		return fmt.Errorf("parallel %d and max attempts %d must be at least 1", s.Parallel, s.MaxAttempts)
	case s.Now == nil:
		return errors.New("there is no clock")
	}
	return nil
}

// Scheduler runs the fires of some pipelines. Its methods may be called by
// several goroutines.
type Scheduler struct {
	pool      *pgxpool.Pool
	pipelines []string
	jobs      []Job
	run       RunFunc
	settings  Settings
	log       *slog.Logger

	// runs is the context of all runs; cut ends it.
	runs context.Context //nolint:containedctx // it outlives every call, and ends with Stop
	cut  context.CancelCauseFunc

	ticking sync.Mutex // one tick at a time
	health  health
	working working
}

// New makes a scheduler of the jobs. pipelines are all that it answers for:
// their schedules that are not among the jobs are ended by Keep. Nothing is read
// or written before Keep.
func New(pool *pgxpool.Pool, pipelines []string, jobs []Job, run RunFunc, settings Settings, log *slog.Logger) (*Scheduler, error) {
	if err := settings.check(); err != nil {
		return nil, err
	}
	for _, job := range jobs {
		if err := job.check(); err != nil {
			return nil, err
		}
		if !slices.Contains(pipelines, job.Pipeline) {
			return nil, fmt.Errorf("schedule %s: the pipeline is not one of this server's", job)
		}
	}
	s := &Scheduler{
		pool: pool, pipelines: slices.Clone(pipelines), jobs: slices.Clone(jobs), run: run,
		settings: settings, log: log.With("worker", settings.Worker),
	}
	s.runs, s.cut = context.WithCancelCause(context.Background())
	return s, nil
}

// Tick notes what is due, takes over what dead servers left, and begins what may
// run, in the background. It returns how many fires it began.
func (s *Scheduler) Tick(ctx context.Context) (began int, err error) {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	defer func() { s.health.ticked(err) }()
	noteErr := s.noteDue(ctx) // one broken schedule must not hold up the others
	if err := s.tidy(ctx); err != nil {
		return 0, errors.Join(noteErr, err)
	}
	for ctx.Err() == nil && s.working.enter(s.settings.Parallel) {
		fire, found, err := s.claim(ctx)
		if err != nil || !found {
			s.working.leave()
			return began, errors.Join(noteErr, err)
		}
		began++
		go func() {
			defer s.working.leave()
			s.carryOut(fire)
		}()
	}
	return began, noteErr
}

// bounded carries out one short transaction, and repeats it when the server undid it:
// do begins from nothing at each call. The bound holds for all tries together.
func (s *Scheduler) bounded(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.settings.QueryTimeout)
	defer cancel()
	return repeat.Do(ctx, s.log, "see to the schedules", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return do(ctx, tx) })
	})
}

func (s *Scheduler) noteDue(ctx context.Context) error {
	var due []db.OpsJobDueRow
	err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, err := s.settings.Now(ctx, tx)
		if err != nil {
			return err
		}
		due, err = db.New(tx).OpsJobDue(ctx, db.OpsJobDueParams{PipelineCodes: s.pipelines, Now: &now})
		if err != nil {
			return fmt.Errorf("list the schedules that are due: %w", err)
		}
		return nil
	})
	for _, one := range due {
		err = errors.Join(err, s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
			// Who waited here for another server finds the schedule moved on.
			job, next, err := readJob(ctx, tx, one.PipelineCode, Kind(one.Kind))
			if err != nil {
				return err
			}
			now, err := s.settings.Now(ctx, tx)
			if err != nil || next.IsZero() || next.After(now) {
				return err
			}
			_, err = note(ctx, tx, job, next, now)
			return err
		}))
	}
	return err
}
