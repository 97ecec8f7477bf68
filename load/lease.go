package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"pandian/internal/db"
)

// errLeaseLost says that another worker has the documents now.
var errLeaseLost = errors.New("the lease was lost to another worker")

// lease is the right to send some documents and to write what came of it: a claim
// on a range of the log, or rows of outbox.retry. Its token fences it, so that a
// worker that was frozen past its end cannot write.
type lease interface {
	// renew lengthens the lease; errLeaseLost where there is none.
	renew(ctx context.Context, queries *db.Queries, length time.Duration) error
	// settle begins the transaction that writes results. It returns those of the
	// settled documents that are still held, or errLeaseLost where none is, and
	// keeps everybody else out until the transaction ends. unsent documents go
	// back without the attempt being counted; that, or ends, is the end of the
	// lease, else it is renewed.
	settle(ctx context.Context, queries *db.Queries, change settling) (still []Document, err error)
	// token is the fence.
	token() int64
}

// settling is what happens to a lease when results are written.
type settling struct {
	settled, unsent []Document
	ends            bool
	length          time.Duration
}

// claimLease is a row of outbox.claim.
type claimLease struct {
	outbox Outbox
	first  int64
	fenced int64
}

func (l claimLease) token() int64 { return l.fenced }

func (l claimLease) renew(ctx context.Context, queries *db.Queries, length time.Duration) error {
	rows, err := queries.OutboxClaimRenew(ctx, db.OutboxClaimRenewParams{
		ConnectionCode:  l.outbox.Connection,
		PipelineCode:    l.outbox.Pipeline,
		FirstDocumentID: l.first,
		Token:           l.fenced,
		Lease:           interval(length),
	})
	return held(rows, err)
}

func (l claimLease) settle(ctx context.Context, queries *db.Queries, change settling) ([]Document, error) {
	switch {
	case len(change.unsent) > 0:
		rows, err := queries.OutboxClaimGiveBack(ctx, db.OutboxClaimGiveBackParams{
			ConnectionCode:  l.outbox.Connection,
			PipelineCode:    l.outbox.Pipeline,
			FirstDocumentID: l.first,
			Token:           l.fenced,
		})
		return change.settled, held(rows, err)
	case change.ends:
		rows, err := queries.OutboxClaimDelete(ctx, db.OutboxClaimDeleteParams{
			ConnectionCode:  l.outbox.Connection,
			PipelineCode:    l.outbox.Pipeline,
			FirstDocumentID: l.first,
			Token:           l.fenced,
		})
		return change.settled, held(rows, err)
	default:
		return change.settled, l.renew(ctx, queries, change.length)
	}
}

// retryLease is rows of outbox.retry.
type retryLease struct {
	outbox Outbox
	ids    []int64
	fenced int64
}

func (l retryLease) token() int64 { return l.fenced }

func (l retryLease) renew(ctx context.Context, queries *db.Queries, length time.Duration) error {
	rows, err := queries.OutboxRetryRenew(ctx, db.OutboxRetryRenewParams{
		ConnectionCode: l.outbox.Connection,
		PipelineCode:   l.outbox.Pipeline,
		DocumentIds:    l.ids,
		Token:          l.fenced,
		Lease:          interval(length),
	})
	return held(rows, err)
}

func (l retryLease) settle(ctx context.Context, queries *db.Queries, change settling) ([]Document, error) {
	if len(change.unsent) > 0 {
		if err := l.giveBack(ctx, queries, change.unsent); err != nil {
			return nil, err
		}
	}
	if len(change.settled) == 0 {
		return nil, nil
	}
	ids, err := queries.OutboxRetryLockHeld(ctx, db.OutboxRetryLockHeldParams{
		ConnectionCode: l.outbox.Connection,
		PipelineCode:   l.outbox.Pipeline,
		DocumentIds:    idsOf(change.settled),
		Token:          l.fenced,
	})
	if err := held(int64(len(ids)), err); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(change.settled), func(document Document) bool {
		_, isHeld := slices.BinarySearch(ids, document.ID) // Postgres sorted them
		return !isHeld
	}), nil
}

func (l retryLease) giveBack(ctx context.Context, queries *db.Queries, documents []Document) error {
	var doubtful []int64
	for _, document := range documents {
		if document.InDoubt {
			doubtful = append(doubtful, document.ID)
		}
	}
	err := queries.OutboxRetryGiveBack(ctx, db.OutboxRetryGiveBackParams{
		ConnectionCode: l.outbox.Connection,
		PipelineCode:   l.outbox.Pipeline,
		DocumentIds:    idsOf(documents),
		DoubtfulIds:    doubtful,
		Token:          l.fenced,
	})
	if err != nil {
		return fmt.Errorf("give documents in trouble back: %w", err)
	}
	return nil
}

// held turns the number of rows that a fenced statement met into errLeaseLost.
func held(rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("ask for the lease: %w", err)
	}
	if rows == 0 {
		return errLeaseLost
	}
	return nil
}

func interval(length time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: length.Microseconds(), Valid: true}
}

func idsOf(documents []Document) []int64 {
	ids := make([]int64, len(documents))
	for i, document := range documents {
		ids[i] = document.ID
	}
	return ids
}
