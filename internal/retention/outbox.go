package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
)

// OutboxSettings say what is dropped of the outbox. Begin with
// DefaultOutboxSettings.
type OutboxSettings struct {
	// Keep is how long documents are kept after they were written, answered or
	// discarded; a day at least.
	Keep time.Duration
	// BatchSize is how many documents one transaction goes through; default 5,000.
	BatchSize int
	// Batches is how many such transactions one call makes at most, so that a run
	// ends soon; the next one goes on from there. Default 100.
	Batches int
}

// DefaultOutboxSettings returns the defaults; Keep is left to the caller.
func DefaultOutboxSettings() OutboxSettings {
	return OutboxSettings{BatchSize: 5000, Batches: 100}
}

// OutboxDropped says what became of the partitions of outbox.document whose
// documents are older than the retention. Each goes with its partition of
// outbox.result.
type OutboxDropped struct {
	// Count is how many were dropped.
	Count int
	// Walked is how many documents were gone through and archived where needed.
	Walked int
	// Kept are partitions, each with what keeps it: a document that waits for a
	// person keeps its partition, however old it is.
	Kept []string
	// Busy are partitions that somebody was reading, or archiving, for too long;
	// they go in a later run.
	Busy []string
	// Unfinished are partitions that have more documents than one call goes
	// through; the next call goes on with them.
	Unfinished []string
}

// IsEmpty says that there was nothing old, or nothing but what is kept for a
// known reason and was told before.
func (d OutboxDropped) IsEmpty() bool {
	return d.Count == 0 && d.Walked == 0 && len(d.Kept) == 0 && len(d.Busy) == 0 && len(d.Unfinished) == 0
}

// gone is what the functions answer for a partition that another process dropped.
const gone = "gone"

// DropOutbox drops the partitions of the outbox all of whose documents were
// written, answered and decided on longer ago than settings.Keep, and of which
// nothing is open. Before, what must be known of them for ever is copied to
// outbox.archive, in transactions of settings.BatchSize documents that lock
// nothing; dropping takes the table for an instant. Any number of processes may
// call it at once, and whatever is cut off is gone on with by the next call. With
// an error it returns what was done until then.
func DropOutbox(ctx context.Context, pool *pgxpool.Pool, settings OutboxSettings, now time.Time) (OutboxDropped, error) {
	var dropped OutboxDropped
	if settings.Keep < 24*time.Hour {
		return dropped, fmt.Errorf("retention of the outbox is %s, must be at least a day", settings.Keep)
	}
	before := now.Add(-settings.Keep)
	old, err := oldPartitions(ctx, pool, before)
	if err != nil {
		return dropped, outboxForbidden(err, "list old documents")
	}
	d := outboxDropper{pool: pool, before: before, batchSize: settings.BatchSize, batches: settings.Batches, dropped: &dropped}
	for _, partition := range old {
		if err := d.partition(ctx, partition); err != nil {
			return dropped, outboxForbidden(err, "drop "+partition.name)
		}
	}
	return dropped, nil
}

// oldPartition is a partition whose newest documents are older than the retention.
type oldPartition struct {
	name    string
	firstID int64
	kept    *string
}

func oldPartitions(ctx context.Context, pool *pgxpool.Pool, before time.Time) ([]oldPartition, error) {
	rows, err := pool.Query(ctx, `
		select 'outbox.' || partition_name, first_document_id, kept_because
		from outbox.old_partitions($1)`, before)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (found oldPartition, err error) {
		return found, row.Scan(&found.name, &found.firstID, &found.kept)
	})
}

// outboxDropper is one call of DropOutbox.
type outboxDropper struct {
	pool      *pgxpool.Pool
	before    time.Time
	batchSize int
	batches   int // that are left to this call
	dropped   *OutboxDropped
}

func (d *outboxDropper) partition(ctx context.Context, partition oldPartition) error {
	if partition.kept != nil {
		d.keep(partition, *partition.kept)
		return nil
	}
	for {
		if d.batches == 0 {
			d.dropped.Unfinished = append(d.dropped.Unfinished, partition.name)
			return nil
		}
		d.batches--
		done, kept, err := d.archive(ctx, partition)
		switch {
		case isLockTimeout(err):
			d.dropped.Busy = append(d.dropped.Busy, partition.name)
			return nil
		case err != nil:
			return err
		case kept != nil:
			d.keep(partition, *kept)
			return nil
		case done:
			return d.drop(ctx, partition)
		}
	}
}

func (d *outboxDropper) keep(partition oldPartition, because string) {
	if because != gone {
		d.dropped.Kept = append(d.dropped.Kept, partition.name+": "+because)
	}
}

// archive goes through the next documents of a partition. kept is what stands
// against dropping it.
func (d *outboxDropper) archive(ctx context.Context, partition oldPartition) (done bool, kept *string, err error) {
	var walked int
	err = d.withLockTimeout(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			select walked_count, is_complete, kept_because
			from outbox.archive_documents($1, $2, $3)`, partition.firstID, d.before, d.batchSize).Scan(&walked, &done, &kept)
	})
	if err == nil {
		d.dropped.Walked += walked
	}
	return done, kept, err
}

func (d *outboxDropper) drop(ctx context.Context, partition oldPartition) error {
	var kept *string
	err := d.withLockTimeout(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "select outbox.drop_partition($1, $2)", partition.firstID, d.before).Scan(&kept)
	})
	switch {
	case isLockTimeout(err):
		d.dropped.Busy = append(d.dropped.Busy, partition.name)
		return nil
	case err != nil:
		return err
	case kept != nil:
		d.keep(partition, *kept)
	default:
		d.dropped.Count++
	}
	return nil
}

func (d *outboxDropper) withLockTimeout(ctx context.Context, work func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setLockTimeout); err != nil {
			return err
		}
		return work(tx)
	})
}

func isLockTimeout(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == lockNotAvailable
}

// outboxForbidden tells what to grant where the account lacks a right.
func outboxForbidden(err error, what string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != insufficientPrivilege {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fault.New(fault.DatabaseForbidden, "the database account may not %s: %w", what, err).
		Suggest("grant pandian_load to the account, or run pandian as the owner of the schema; retention.outbox: forever keeps all documents")
}
