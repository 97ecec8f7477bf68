package extract

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// Lander lands what sources say in staging.
type Lander struct {
	Pool *pgxpool.Pool
	// Now is the clock that windows and ages are measured by.
	Now func() time.Time
	Log *slog.Logger
}

// Job is one dataset of one connection to be landed in one run.
type Job struct {
	// RunID is the run's row in ops.run.
	RunID          int64
	ConnectionCode string
	Source         Source
	Settings       Settings
	// Only reads this window, covered or not, instead of what is missing; nil
	// reads what is missing. It is of no meaning for snapshots.
	Only *Window
	// Progress may be nil.
	Progress Progress
}

// Report is what a landing did. It is filled in with an error too.
type Report struct {
	Counts
	// Windows are the windows that were closed, in order.
	Windows []WindowReport
}

// Incomplete lists the windows that were read but not proved complete. They are
// no error: what came is landed, and the next run reads them again.
func (r Report) Incomplete() []WindowReport {
	var incomplete []WindowReport
	for _, window := range r.Windows {
		if !window.Complete() {
			incomplete = append(incomplete, window)
		}
	}
	return incomplete
}

// Land reads what is missing of a dataset and stores it: the newest window that
// a dead process left open from its checkpoint on, then every gap up to now; or
// one snapshot. The day partitions of staging.page must exist.
//
// An error means that reading stopped: the source's own error, a *fault.Error
// with code RunBusy while another process lands the same, a context's cause, or
// the database's. What was committed by then stays, and calling Land again goes
// on from there.
func (l *Lander) Land(ctx context.Context, job Job) (Report, error) {
	work := l.landing(job.RunID, job.ConnectionCode, job.Source.Spec(), job.Settings, job.Progress)
	if err := job.Settings.checkSource(work.spec); err != nil {
		return work.report, work.fail("", err)
	}
	err := work.locked(ctx, func(ctx context.Context) error {
		if work.spec.Kind == Snapshot {
			return work.landSnapshot(ctx, job.Source)
		}
		return work.landWindows(ctx, job)
	})
	return work.report, err
}

// landing is the state of one call of Land or LandFiles.
type landing struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	now      func() time.Time
	log      *slog.Logger
	progress Progress

	run        int64
	connection string
	spec       Spec
	settings   Settings

	report Report
}

func (l *Lander) landing(run int64, connection string, spec Spec, settings Settings, progress Progress) *landing {
	if progress == nil {
		progress = silent{}
	}
	log := l.Log.With("run_id", run, "connection", connection, "dataset", spec.Dataset)
	return &landing{
		pool: l.Pool, queries: db.New(l.Pool), now: l.Now, log: log, progress: progress,
		run: run, connection: connection, spec: spec, settings: settings,
	}
}

// locked checks the settings and does work while no other process lands the same.
func (l *landing) locked(ctx context.Context, work func(context.Context) error) error {
	if err := l.settings.check(); err != nil {
		return l.fail("", err)
	}
	ctx, release, err := l.lock(ctx)
	if err != nil {
		return l.fail("", err)
	}
	defer release()
	err = work(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLockLost) {
		return l.fail("", context.Cause(ctx))
	}
	return err
}

// fail says what was being landed; place is empty or begins with a space.
func (l *landing) fail(place string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("land %s of %s%s: %w", l.spec.Dataset, l.connection, place, err)
}

// query does one query of the landing, or one transaction, within its time and says
// what it was for. It is repeated when the server undid it.
func (l *landing) query(ctx context.Context, what string, do func(context.Context) error) error {
	return repeat.Do(ctx, l.log, what, func(ctx context.Context) error { return l.queryOnce(ctx, what, do) })
}

func (l *landing) queryOnce(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.settings.QueryTimeout,
		fmt.Errorf("the database did not answer within query_timeout (%s)", l.settings.QueryTimeout))
	defer cancel()
	err := do(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w (%w)", what, context.Cause(ctx), err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

// covered lists the covered spans from Settings.Since on.
func (l *landing) covered(ctx context.Context) (spans []Window, err error) {
	err = l.query(ctx, "read the coverage", func(ctx context.Context) error {
		spans, err = Covered(ctx, l.pool, l.connection, l.spec.Dataset, l.settings.Since)
		return err
	})
	return spans, l.fail("", err)
}

// Covered lists the spans from since on that complete readings of a dataset
// cover without a gap, oldest first.
func Covered(ctx context.Context, pool db.DBTX, connection, dataset string, since time.Time) ([]Window, error) {
	rows, err := db.New(pool).OpsWindowCovered(ctx, db.OpsWindowCoveredParams{
		ConnectionCode: connection, Dataset: dataset, Since: second(since),
	})
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", dataset, connection, err)
	}
	spans := make([]Window, len(rows))
	for i, row := range rows {
		spans[i] = Window{From: row.FromAt.In(beijing()), To: row.ToAt.In(beijing())}
	}
	return spans, nil
}

// open begins a reading in ops.window.
func (l *landing) open(ctx context.Context, source Source, kind string, window Window) (*reading, error) {
	params := db.OpsWindowOpenParams{ConnectionCode: l.connection, Dataset: l.spec.Dataset, Kind: kind, RunID: l.run}
	if !window.IsZero() {
		params.FromAt, params.ToAt = &window.From, &window.To
	}
	var id int64
	err := l.query(ctx, "open the window", func(ctx context.Context) (err error) {
		id, err = l.queries.OpsWindowOpen(ctx, params)
		return err
	})
	if err != nil {
		return nil, l.fail("", err)
	}
	return l.reading(source, id, window), nil
}
