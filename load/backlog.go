package load

import (
	"context"
	"fmt"
	"time"

	"pandian/internal/db"
)

// Backlog is what an outbox still has to do, in documents.
type Backlog struct {
	// Pending are in the log and not claimed; Sending are with a worker, or were
	// when it died.
	Pending, Sending int64
	// Waiting and InDoubt are tried again; Rejected and Abandoned wait for a
	// person; Held and Discarded are a person's decision.
	Waiting, InDoubt, Rejected, Abandoned, Held, Discarded int64
	// OldestAge is the age of the oldest document that is pending or being sent
	// for the first time, to the second; 0 where there is none.
	OldestAge time.Duration
}

// ReadBacklog counts what an outbox still has to do, in one statement that reads
// nothing of what is done. An outbox that nobody ever wrote to has none.
func ReadBacklog(ctx context.Context, conn db.DBTX, outbox Outbox) (Backlog, error) {
	row, err := db.New(conn).OutboxDocumentBacklog(ctx, db.OutboxDocumentBacklogParams{
		ConnectionCode: outbox.Connection,
		PipelineCode:   outbox.Pipeline,
	})
	if err != nil {
		return Backlog{}, fmt.Errorf("count the backlog of %s: %w", outbox, err)
	}
	return Backlog{
		Pending:   row.PendingCount,
		Sending:   row.SendingCount,
		Waiting:   row.WaitingCount,
		InDoubt:   row.InDoubtCount,
		Rejected:  row.RejectedCount,
		Abandoned: row.AbandonedCount,
		Held:      row.HeldCount,
		Discarded: row.DiscardedCount,
		OldestAge: time.Duration(row.OldestAgeSeconds) * time.Second,
	}, nil
}
