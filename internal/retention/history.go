package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
)

// HistorySettings say how much of the history of runs is removed. Begin with
// DefaultHistorySettings.
type HistorySettings struct {
	// Keep is how long runs, readings, rejects, changes of discrepancies and fires
	// are kept after they ended; a day at least.
	Keep time.Duration
	// KeepReadings is the same for readings (ops.window), where it is shorter: whoever
	// asks how far a dataset is covered goes through all of them. 0 stands for Keep.
	KeepReadings time.Duration
	// BatchSize is how many rows one transaction goes through, for runs how many
	// rows hang on them, roughly; default 5,000.
	BatchSize int
	// Batches is how many such transactions one call makes at most, so that a run
	// ends soon; the next one goes on from there. Default 100.
	Batches int
	// Time is after how long a call begins no other transaction, for the same reason.
	// Default 5 s.
	Time time.Duration
}

// DefaultHistorySettings returns the defaults; Keep is left to the caller.
func DefaultHistorySettings() HistorySettings {
	return HistorySettings{BatchSize: 5000, Batches: 100, Time: 5 * time.Second}
}

// HistoryRemoved says what became of the history that is older than the
// retention.
type HistoryRemoved struct {
	// Rows counts what was removed by table, with its schema.
	Rows map[string]int64
	// Busy are the kinds of history that another process was removing at the time,
	// or whose rows somebody held for too long; they go in a later run.
	Busy []string
	// Unfinished are the kinds of which there is more than one call goes through.
	Unfinished []string
}

// IsEmpty says that nothing was removed and nothing is left to remove.
func (h HistoryRemoved) IsEmpty() bool {
	return len(h.Rows) == 0 && len(h.Busy) == 0 && len(h.Unfinished) == 0
}

// RemoveHistory removes what is older than settings.Keep and kept by nothing, in
// transactions of settings.BatchSize rows that lock nothing but these. The kinds
// of history take turns, so that much of one does not keep the others waiting.
// What keeps a row is decided in sql/function/ops_history*.sql. Any number of
// processes may call it at once, and whatever is cut off is gone on with by the
// next call. With an error it returns what was removed until then; an account
// that may not gets a fault with code DatabaseForbidden.
func RemoveHistory(ctx context.Context, pool *pgxpool.Pool, settings HistorySettings, now time.Time) (HistoryRemoved, error) {
	removed := HistoryRemoved{Rows: map[string]int64{}}
	for _, keep := range []time.Duration{settings.Keep, settings.keepOf(readings)} {
		if keep < 24*time.Hour {
			return removed, fmt.Errorf("retention of history is %s, must be at least a day", keep)
		}
	}
	due, err := settings.due(ctx, pool, now)
	if err != nil {
		return removed, historyForbidden(err, "list old history")
	}
	started := time.Now()
	for batch := 0; len(due) > 0 && batch < settings.Batches && (batch == 0 || time.Since(started) < settings.Time); batch++ {
		subject := due[0]
		due = due[1:]
		isComplete, err := removed.batch(ctx, pool, subject, now.Add(-settings.keepOf(subject)), settings.BatchSize)
		if err != nil {
			return removed, historyForbidden(err, "remove old history ("+subject+")")
		}
		if !isComplete {
			due = append(due, subject)
		}
	}
	slices.Sort(due)
	removed.Unfinished = due
	return removed, nil
}

// readings is the kind of history that may be kept for a shorter time.
const readings = "window"

func (s HistorySettings) keepOf(subject string) time.Duration {
	if subject == readings && s.KeepReadings != 0 {
		return min(s.Keep, s.KeepReadings)
	}
	return s.Keep
}

// due are the kinds of which something is old, in order: readings first, as runs
// stay as long as one of theirs does.
func (s HistorySettings) due(ctx context.Context, pool *pgxpool.Pool, now time.Time) ([]string, error) {
	rows, err := pool.Query(ctx, `
		select due.subject
		from (
			select subject, 0 as turn from ops.history_due($2) where subject = $3
			union all
			select subject, turn from ops.history_due($1) with ordinality as other (subject, turn) where subject <> $3
		) as due
		order by due.turn`, now.Add(-s.Keep), now.Add(-s.keepOf(readings)), readings)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// batch removes the next batch of a kind of history.
func (h *HistoryRemoved) batch(ctx context.Context, pool *pgxpool.Pool, subject string, before time.Time, size int) (isComplete bool, err error) {
	var counts map[string]int64
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setLockTimeout); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select is_complete, removed from ops.remove_history($1, $2, $3)", subject, before, size).
			Scan(&isComplete, &counts)
	})
	if isLockTimeout(err) || (err == nil && counts == nil) {
		h.Busy = append(h.Busy, subject)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for table, count := range counts {
		if count > 0 {
			h.Rows[table] += count
		}
	}
	return isComplete, nil
}

// historyForbidden tells what to grant where the account lacks a right.
func historyForbidden(err error, what string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != insufficientPrivilege {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fault.New(fault.DatabaseForbidden, "the database account may not %s: %w", what, err).
		Suggest("grant pandian_load to the account, or run pandian as the owner of the schema; retention.history: forever keeps all of it")
}
