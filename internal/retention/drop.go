package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
)

const (
	// setLockTimeout is how long a drop waits for the readers of the table. Those
	// who write to it wait behind the drop, so it gives way soon.
	setLockTimeout = "set local lock_timeout = '2s'"
	// lockNotAvailable is Postgres's 55P03, which lock_timeout ends with.
	lockNotAvailable = "55P03"
)

// Dropped says what became of the partitions that are older than the retention.
type Dropped struct {
	// Count is how many were dropped.
	Count int
	// InUse are partitions, with their schema, that the newest snapshots still
	// stand on; they go once their pages were landed again.
	InUse []string
	// Busy are tables, with their schema, that somebody was reading for too long;
	// their partitions go in a later run.
	Busy []string
}

// Drop drops the day partitions of more than keepDays days ago, in every table
// partitioned by day. A partition of staging.page in which a page of a newest
// snapshot lies is kept. With an error it returns what was dropped until then;
// an account that may not gets a fault with code DatabaseForbidden.
func Drop(ctx context.Context, pool *pgxpool.Pool, keepDays int, now time.Time) (Dropped, error) {
	if keepDays < 1 {
		return Dropped{}, fmt.Errorf("retention is %d days, must be at least 1", keepDays)
	}
	parents, err := db.New(pool).DayPartitionParents(ctx)
	if err != nil {
		return Dropped{}, fmt.Errorf("list the tables partitioned by day: %w", err)
	}
	var dropped Dropped
	before := dateOf(now.AddDate(0, 0, -keepDays))
	for _, parent := range parents {
		if err := dropped.drop(ctx, pool, parent, before); err != nil {
			return dropped, forbidden(err, "drop", parent.SchemaName+"."+parent.TableName)
		}
	}
	return dropped, nil
}

func (d *Dropped) drop(ctx context.Context, pool *pgxpool.Pool, parent db.DayPartitionParentsRow, before pgtype.Date) error {
	var count int32
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		if _, err := tx.Exec(ctx, setLockTimeout); err != nil {
			return err
		}
		count, err = db.New(tx).DayPartitionDrop(ctx, db.DayPartitionDropParams{
			SchemaName: parent.SchemaName, TableName: parent.TableName, BeforeDay: before,
		})
		return err
	})
	if isLockTimeout(err) {
		d.Busy = append(d.Busy, parent.SchemaName+"."+parent.TableName)
		return nil
	}
	if err != nil {
		return err
	}
	d.Count += int(count)
	left, err := db.New(pool).DayPartitionListBefore(ctx, db.DayPartitionListBeforeParams{
		SchemaName: parent.SchemaName, TableName: parent.TableName, BeforeDay: before,
	})
	for _, partition := range left {
		d.InUse = append(d.InUse, partition.SchemaName+"."+partition.TableName)
	}
	return err
}
