package transform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/repeat"
)

// Runner carries out files of sql/ for one run.
type Runner struct {
	Pool *pgxpool.Pool
	Log  *slog.Logger
	// RunID is the run in ops.run whose input the files take.
	RunID int64
	// Full makes every step read everything again.
	Full bool
	// WorkMem is work_mem while a step runs, as Postgres writes it; empty
	// leaves the server's own.
	WorkMem string
	// Before and After tell about each step, for progress; both may be nil.
	Before func(File)
	After  func(StepResult)
}

// StepResult is what carrying out one file came to.
type StepResult struct {
	Step string
	// Written is the number of rows that it wrote in the tables of staging, the
	// vendors, compare and outbox, all together.
	Written  int64
	Duration time.Duration
}

// Run carries out the steps one after the other, each in a transaction of its
// own. A step that fails is noted in ops.step_run and ends the run; the steps
// before it stay done, and a later run takes the failed step's input again.
func (r *Runner) Run(ctx context.Context, steps []File) error {
	for _, step := range steps {
		if r.Before != nil {
			r.Before(step)
		}
		started := time.Now()
		written, err := r.runStep(ctx, step)
		if noteErr := r.note(ctx, step, started, written, err); noteErr != nil {
			err = errors.Join(err, noteErr)
		}
		if err != nil {
			return fmt.Errorf("transform %s: %w", step.Name, err)
		}
		result := StepResult{Step: step.Step(), Written: written, Duration: time.Since(started)}
		r.Log.InfoContext(ctx, "step done", "run_id", r.RunID, "step", result.Step,
			"written", result.Written, "duration", result.Duration)
		if r.After != nil {
			r.After(result)
		}
	}
	return nil
}

// transact carries out one transaction, and repeats it as a whole when the server
// undid it.
func (r *Runner) transact(ctx context.Context, what string, work func(pgx.Tx) error) error {
	return repeat.Do(ctx, r.Log, what, func(ctx context.Context) error { return pgx.BeginFunc(ctx, r.Pool, work) })
}

func (r *Runner) runStep(ctx context.Context, step File) (written int64, err error) {
	err = r.transact(ctx, "step "+step.Step(), func(tx pgx.Tx) error {
		// One at a time: two pipelines may share a source file.
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('pandian.step'), hashtext($1))", step.Step()); err != nil {
			return fmt.Errorf("wait for the step's lock: %w", err)
		}
		if err := r.set(ctx, tx, step); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "select ops.take_input()"); err != nil {
			return fmt.Errorf("take input: %w", err)
		}
		before, err := countWrites(ctx, tx)
		if err != nil {
			return err
		}
		if err := execFile(ctx, tx, step.Text); err != nil {
			return err
		}
		after, err := countWrites(ctx, tx)
		if err != nil {
			return err
		}
		written = after - before
		if _, err := tx.Exec(ctx, "select ops.refresh_statistics($1)", step.Writes); err != nil {
			return fmt.Errorf("refresh statistics: %w", err)
		}
		return nil
	})
	return written, err
}

// set gives the session what the file reads, for the transaction only.
func (r *Runner) set(ctx context.Context, tx pgx.Tx, step File) error {
	settings := [][2]string{
		{"pandian.run_id", fmt.Sprint(r.RunID)},
		{"pandian.step", step.Step()},
		{"pandian.is_full", fmt.Sprint(r.Full)},
		// Compiling costs seconds and saves milliseconds on these statements.
		{"jit", "off"},
	}
	if r.WorkMem != "" {
		settings = append(settings, [2]string{"work_mem", r.WorkMem})
	}
	for _, setting := range settings {
		if _, err := tx.Exec(ctx, "select set_config($1, $2, true)", setting[0], setting[1]); err != nil {
			return fmt.Errorf("set %s: %w", setting[0], err)
		}
	}
	return nil
}

// execFile sends a file's statements as they stand.
func execFile(ctx context.Context, tx pgx.Tx, text string) error {
	if _, err := tx.Conn().PgConn().Exec(ctx, text).ReadAll(); err != nil {
		return explain(err, text)
	}
	return nil
}

// countWrites returns the rows that this session has written in pandian's
// tables so far. Command tags do not tell: most writes are in CTEs.
func countWrites(ctx context.Context, tx pgx.Tx) (count int64, err error) {
	err = tx.QueryRow(ctx, `
		select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
		from pg_catalog.pg_stat_xact_user_tables
		where schemaname in ('staging', 'wdt', 'jst', 'yonsuite', 'compare', 'outbox')`).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("count the rows written: %w", err)
	}
	return count, nil
}

// explain adds the line of the file to what Postgres said.
func explain(err error, text string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	where := ""
	if refused.Position > 0 {
		line := 1
		for index, char := range []rune(text) {
			if index >= int(refused.Position)-1 {
				break
			}
			if char == '\n' {
				line++
			}
		}
		where = fmt.Sprintf(" (line %d)", line)
	}
	if refused.Detail != "" {
		where += ": " + refused.Detail
	}
	return fmt.Errorf("%w%s", err, where)
}

func (r *Runner) note(ctx context.Context, step File, started time.Time, written int64, failure error) error {
	state, message := "ok", (*string)(nil)
	if failure != nil {
		text := failure.Error()
		state, message = "failed", &text
	}
	// The run's own context may be what ended the step.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := r.transact(ctx, "note step "+step.Step(), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into ops.step_run (run_id, step_code, state, started_at, finished_at, written_count, error)
			values ($1, $2, $3, $4, clock_timestamp(), $5, $6)`,
			r.RunID, step.Step(), state, started, written, message)
		return err
	})
	if err != nil {
		return fmt.Errorf("note step: %w", err)
	}
	return nil
}
