package load

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// complete writes what came of documents, in one transaction that is fenced by the
// lease. With ends it is the last that this worker has to say about the batch; then
// unsent goes back to the outbox. isHeld says whether the lease still held; if not,
// nothing was written.
func (w *worker) complete(ctx context.Context, taken *batch, settled []settlement, unsent []Document, ends bool) (isHeld bool, err error) {
	var counts Counts
	err = w.inDatabase(ctx, func(ctx context.Context, try int) (err error) {
		counts, err = w.completeOnce(ctx, taken.lease, settled, unsent, ends)
		if errors.Is(err, errLeaseLost) && try > 1 && w.isWritten(ctx, settled) {
			counts, err = Counts{GivenBack: len(unsent)}, nil // an earlier try did commit
			counts.add(settled)
		}
		return err
	})
	if err == nil {
		w.count(counts)
		return true, nil
	}
	w.count(Counts{Lost: len(settled) + len(unsent)})
	if errors.Is(err, errLeaseLost) {
		w.settings.Logger.Warn("dropped results, because the lease was lost", "documents", len(settled), "outbox", w.outbox.String())
		return false, nil
	}
	return false, fmt.Errorf("write the results of %d documents: %w", len(settled), err)
}

func (w *worker) completeOnce(ctx context.Context, held lease, settled []settlement, unsent []Document, ends bool) (counts Counts, err error) {
	change := settling{unsent: unsent, ends: ends, length: w.settings.Lease}
	for _, one := range settled {
		change.settled = append(change.settled, one.document)
	}
	err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		queries := db.New(tx)
		still, err := held.settle(ctx, queries, change)
		if err != nil {
			return err
		}
		mine := settled
		if len(still) < len(settled) {
			mine = only(settled, still)
			w.settings.Logger.Warn("dropped results, because documents were taken away while they were sent",
				"documents", len(settled)-len(mine), "outbox", w.outbox.String())
		}
		counts = Counts{GivenBack: len(unsent), Lost: len(settled) - len(mine)}
		counts.add(mine)
		counts.Writebacks, err = w.write(ctx, queries, mine)
		return err
	})
	return counts, err
}

// only keeps the settlements of the given documents.
func only(settled []settlement, documents []Document) []settlement {
	ids := idsOf(documents)
	return slices.DeleteFunc(slices.Clone(settled), func(one settlement) bool {
		return !slices.Contains(ids, one.document.ID)
	})
}

// isWritten says whether the results are there although the lease is not: then the
// commit of an earlier try succeeded and only its answer was lost.
func (w *worker) isWritten(ctx context.Context, settled []settlement) bool {
	for _, one := range settled {
		if one.deferred {
			continue
		}
		isWritten, err := db.New(w.pool).OutboxResultExists(ctx, db.OutboxResultExistsParams{
			ConnectionCode: w.outbox.Connection,
			PipelineCode:   w.outbox.Pipeline,
			DocumentID:     one.document.ID,
			Attempt:        int32(one.document.Attempt),
		})
		return err == nil && isWritten
	}
	return false
}
