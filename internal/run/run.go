// Package run keeps the rows of ops.run: it begins a run, holds its locks while
// it works, and ends it with a balance.
package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// States in which a run ends.
const (
	OK     = "ok"
	Failed = "failed"
)

// ErrLost ends a run's context when the session that holds its locks is gone:
// another process may have taken the run for dead, so this one must stop.
var ErrLost = errors.New("the database session that holds this run's lock is gone")

// BusyError says that the pipeline is running already.
type BusyError struct {
	Pipeline  string
	RunID     int64
	Host      string
	ProcessID int32
	StartedAt time.Time
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("pipeline %s is running already: run %d on %s, process %d, since %s; wait for it or stop that process",
		e.Pipeline, e.RunID, e.Host, e.ProcessID, e.StartedAt.Format(time.RFC3339))
}

// Source is one dataset that a pipeline reads.
type Source struct {
	Dataset, Connection string
	// Since is where reading begins; zero for snapshots.
	Since time.Time
}

// Spec is what a run is told before it begins.
type Spec struct {
	Pipeline string
	// Command is run, extract, land, transform or load.
	Command string
	// Full makes every stage read everything again.
	Full bool
	// Params are frozen for the run, name to text.
	Params map[string]string
	// Version is pandian's own.
	Version string
	// Log hears of what had to be repeated; nil is told nothing.
	Log *slog.Logger

	// Sources, Target and Platforms (connection to system code) go to
	// ops.pipeline; a Spec without Target leaves it alone.
	Sources   []Source
	Target    string
	Platforms map[string]string
}

// Run is a run that works. Its session holds two advisory locks: the
// pipeline's, so that it overlaps with no other run but that both are loads, and
// the run's own, so that others can tell that it lives.
type Run struct {
	ID   int64
	pool *pgxpool.Pool
	conn *pgxpool.Conn
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}
}

// heartbeat is how often the session of the locks is asked whether it lives.
const heartbeat = 5 * time.Second

// releaseTimeout bounds the farewell to the session of the locks.
const releaseTimeout = 5 * time.Second

// Start begins a run. The returned context ends with ErrLost as its cause when
// the run's locks are lost. It returns a *BusyError when the pipeline runs
// already, unless both are loads. Runs whose process is gone are marked interrupted first.
func Start(ctx context.Context, pool *pgxpool.Pool, spec Spec) (*Run, context.Context, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("begin a run: %w", err)
	}
	run := &Run{pool: pool, conn: conn, log: spec.Log, done: make(chan struct{})}
	if err := run.begin(ctx, spec); err != nil {
		run.release(ctx)
		return nil, nil, err
	}
	watched, stop := context.WithCancel(context.WithoutCancel(ctx))
	run.stop = stop
	runCtx, cancel := context.WithCancelCause(ctx)
	go run.watch(watched, cancel)
	return run, runCtx, nil
}

func (r *Run) begin(ctx context.Context, spec Spec) error {
	err := repeat.Do(ctx, r.log, "mark interrupted runs", func(ctx context.Context) error {
		_, err := r.conn.Exec(ctx, "select ops.mark_interrupted_runs()")
		return err
	})
	if err != nil {
		return fmt.Errorf("mark interrupted runs: %w", err)
	}
	var free bool
	err = r.conn.QueryRow(ctx, spec.lockPipeline(), spec.Pipeline).Scan(&free)
	if err != nil {
		return fmt.Errorf("lock pipeline %s: %w", spec.Pipeline, err)
	}
	if !free {
		return r.busy(ctx, spec.Pipeline)
	}
	return repeat.Do(ctx, r.log, "begin a run", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) error {
			if err := keepConfiguration(ctx, tx, spec); err != nil {
				return err
			}
			return r.insert(ctx, tx, spec)
		})
	})
}

// lockPipeline is the statement that takes the pipeline's lock. Loads share it:
// the claims of the outbox keep them apart, on any number of machines. Whatever
// else a pipeline does, it does alone.
func (s Spec) lockPipeline() string {
	if s.Command == "load" {
		return "select pg_try_advisory_lock_shared(hashtext('pandian.pipeline'), hashtext($1))"
	}
	return "select pg_try_advisory_lock(hashtext('pandian.pipeline'), hashtext($1))"
}

func (r *Run) busy(ctx context.Context, pipeline string) error {
	newest, err := db.New(r.conn).OpsRunNewestOfPipeline(ctx, pipeline)
	if err != nil {
		return fmt.Errorf("pipeline %s is running already; its run cannot be read: %w", pipeline, err)
	}
	return &BusyError{
		Pipeline: pipeline, RunID: newest.RunID,
		Host: newest.Host, ProcessID: newest.ProcessID, StartedAt: newest.StartedAt,
	}
}

// paramsJSON writes the parameters as an object, also where there are none.
func (s Spec) paramsJSON() ([]byte, error) {
	if s.Params == nil {
		return []byte("{}"), nil
	}
	params, err := json.Marshal(s.Params)
	if err != nil {
		return nil, fmt.Errorf("write parameters: %w", err)
	}
	return params, nil
}

func (r *Run) insert(ctx context.Context, tx pgx.Tx, spec Spec) error {
	params, err := spec.paramsJSON()
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	r.ID, err = db.New(tx).OpsRunStart(ctx, db.OpsRunStartParams{
		PipelineCode:   spec.Pipeline,
		Command:        spec.Command,
		IsFull:         spec.Full,
		Params:         params,
		Host:           host,
		ProcessID:      int32(os.Getpid()),
		ProgramVersion: spec.Version,
	})
	if err != nil {
		return fmt.Errorf("note the run: %w", err)
	}
	// Before the row can be seen, or it could be taken for dead.
	_, err = tx.Exec(ctx, "select pg_advisory_lock(ops.run_lock_class(), $1)", int32(r.ID))
	return err
}

func keepConfiguration(ctx context.Context, tx pgx.Tx, spec Spec) error {
	if spec.Target == "" {
		return nil
	}
	params, err := spec.paramsJSON()
	if err != nil {
		return err
	}
	queries := db.New(tx)
	for connection, platform := range spec.Platforms {
		if err := queries.OpsConnectionKeep(ctx, db.OpsConnectionKeepParams{ConnectionCode: connection, Platform: platform}); err != nil {
			return fmt.Errorf("note connection %s: %w", connection, err)
		}
	}
	err = queries.OpsPipelineKeep(ctx, db.OpsPipelineKeepParams{
		PipelineCode: spec.Pipeline, TargetConnectionCode: spec.Target, Params: params,
	})
	if err != nil {
		return fmt.Errorf("note pipeline %s: %w", spec.Pipeline, err)
	}
	for _, source := range spec.Sources {
		params := db.OpsPipelineSourceKeepParams{
			PipelineCode: spec.Pipeline, Dataset: source.Dataset, ConnectionCode: source.Connection,
		}
		if !source.Since.IsZero() {
			params.SinceAt = &source.Since
		}
		err := queries.OpsPipelineSourceKeep(ctx, params)
		if err != nil {
			return fmt.Errorf("note source %s: %w", source.Dataset, err)
		}
	}
	return nil
}

// watch ends the run's context when the session of its locks stops answering.
func (r *Run) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	defer close(r.done)
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked, stop := context.WithTimeout(ctx, heartbeat)
		err := r.conn.Ping(asked)
		stop()
		if err != nil && ctx.Err() == nil {
			cancel(fmt.Errorf("%w: %w", ErrLost, err))
			return
		}
	}
}

// Finish ends the run and gives its locks back. failure is nil for a run that
// is ok. balance is any value that marshals to JSON.
func (r *Run) Finish(ctx context.Context, balance any, failure error) error {
	r.stop()
	<-r.done
	// The run's own context may be what ended it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	defer r.release(ctx)

	state, message := OK, (*string)(nil)
	if failure != nil {
		text := failure.Error()
		state, message = Failed, &text
	}
	encoded, err := json.Marshal(balance)
	if err != nil {
		return fmt.Errorf("write the balance of run %d: %w", r.ID, err)
	}
	var rows int64
	err = repeat.Do(ctx, r.log, "end the run", func(ctx context.Context) (err error) {
		rows, err = db.New(r.pool).OpsRunFinish(ctx, db.OpsRunFinishParams{
			RunID: r.ID, State: state, Balance: encoded, Error: message,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("end run %d: %w", r.ID, err)
	}
	if rows == 0 {
		return fmt.Errorf("end run %d: somebody else ended it: %w", r.ID, ErrLost)
	}
	return nil
}

// release gives the locks back with the session, which is closed: a session
// that kept them would keep the pipeline locked.
func (r *Run) release(ctx context.Context) {
	conn := r.conn.Hijack()
	// A session that is closed keeps its locks for a moment longer, and the next
	// run of the same command would meet them.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_, _ = conn.Exec(ctx, "select pg_advisory_unlock_all()")
	_ = conn.Close(ctx)
}
