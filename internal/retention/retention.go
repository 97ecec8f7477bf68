// Package retention makes the day partitions that a run will write to, and drops
// or removes what is older than its retention: day partitions, partitions of the
// outbox, and the history of runs. Days are Beijing days.
package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"pandian/internal/db"
	"pandian/internal/fault"
)

const (
	// daysAhead is how many days after today have partitions, so that a run may
	// pass midnight and a database that nobody makes partitions in for a
	// weekend still takes rows.
	daysAhead = 3
	// insufficientPrivilege is Postgres's 42501.
	insufficientPrivilege = "42501"
)

// MakeAhead makes the partitions that are missing from yesterday to three days
// from now, in every table partitioned by day, and returns how many it made. They
// are made with the rights of the functions' owner; an account that may not call
// them gets a fault with code DatabaseForbidden.
func MakeAhead(ctx context.Context, conn db.DBTX, now time.Time) (made int, err error) {
	queries := db.New(conn)
	parents, err := queries.DayPartitionParents(ctx)
	if err != nil {
		return 0, fmt.Errorf("list the tables partitioned by day: %w", err)
	}
	for _, parent := range parents {
		count, err := queries.DayPartitionMake(ctx, db.DayPartitionMakeParams{
			SchemaName: parent.SchemaName, TableName: parent.TableName,
			FirstDay: dateOf(now.AddDate(0, 0, -1)), LastDay: dateOf(now.AddDate(0, 0, daysAhead)),
		})
		if err != nil {
			return made, forbidden(err, "make", parent.SchemaName+"."+parent.TableName)
		}
		made += int(count)
	}
	return made, nil
}

// forbidden tells what to grant where the account lacks a right.
func forbidden(err error, verb, table string) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != insufficientPrivilege {
		return fmt.Errorf("%s day partitions of %s: %w", verb, table, err)
	}
	return fault.New(fault.DatabaseForbidden, "the database account may not %s day partitions of %s: %w", verb, table, err).
		Suggest("grant execute on the functions of schema ops to the account, or run pandian as their owner, who must own %s too", table)
}

// dateOf is the Beijing day of a moment.
func dateOf(t time.Time) pgtype.Date {
	year, month, dayOfMonth := t.In(beijing()).Date()
	return pgtype.Date{Time: time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC), Valid: true}
}

func beijing() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }
