package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// batch is documents that one worker holds.
type batch struct {
	lease lease
	// since is when the lease was asked for, which is before it began.
	since     time.Time
	documents []Document
	// spent are documents whose attempts were used up by workers that never came
	// back. They are not sent again.
	spent []Document
	// sendSize is how many documents one call may get.
	sendSize int
	// mustAsk says that the standing of the documents has to be looked up before
	// they are sent.
	mustAsk bool
}

// take returns the next documents to work on; nil when nothing is pending or due.
//
// Documents in trouble come first, but not twice in a row while new ones are
// pending, and they are looked for once a second only.
func (w *worker) take(ctx context.Context) (*batch, error) {
	sources := []func(context.Context) (*batch, error){w.claimNext, w.takeOver, w.leaseRetries}
	if !w.hadTrouble && time.Since(w.lookedForTrouble) > time.Second {
		sources = []func(context.Context) (*batch, error){w.takeOver, w.leaseRetries, w.claimNext}
	}
	for _, source := range sources {
		var taken *batch
		err := w.inDatabase(ctx, func(ctx context.Context, _ int) (err error) {
			taken, err = source(ctx)
			return err
		})
		if err != nil || taken != nil {
			return taken, err
		}
	}
	return nil, nil
}

// claimNext claims the next range of the log. Superseded documents have their
// result already when it returns.
func (w *worker) claimNext(ctx context.Context) (*batch, error) {
	taken := batch{since: time.Now(), sendSize: w.settings.SendSize}
	token := rand.Int64N(1<<62) + 1
	rows, err := db.New(w.pool).OutboxClaimNext(ctx, db.OutboxClaimNextParams{
		IsRelaxed:      w.sender.finder == nil,
		ConnectionCode: w.outbox.Connection,
		PipelineCode:   w.outbox.Pipeline,
		BatchSize:      int32(w.settings.BatchSize),
		Token:          token,
		Worker:         w.settings.WorkerName,
		Lease:          interval(w.settings.Lease),
		RunID:          w.runID(),
	})
	if err != nil {
		return nil, fmt.Errorf("claim documents: %w", err)
	}
	w.hadTrouble = false
	if len(rows) == 0 {
		return nil, nil
	}
	counts := Counts{Claimed: len(rows)}
	for _, row := range rows {
		switch {
		case row.IsParked:
			counts.Parked++
		case row.IsSuperseded:
			counts.Superseded++
		default:
			taken.mustAsk = taken.mustAsk || row.Revision > 1
			taken.documents = append(taken.documents, Document{
				ID: row.DocumentID, Key: row.BusinessKey, Revision: int(row.Revision), Payload: []byte(row.Payload), Attempt: 1,
			})
		}
	}
	w.count(counts)
	taken.lease = claimLease{outbox: w.outbox, first: rows[0].DocumentID, fenced: token}
	return &taken, nil
}

// takeOver takes what a worker left that died, was frozen, or gave it back.
func (w *worker) takeOver(ctx context.Context) (*batch, error) {
	since, token := time.Now(), rand.Int64N(1<<62)+1
	claim, err := db.New(w.pool).OutboxClaimTakeOver(ctx, db.OutboxClaimTakeOverParams{
		Token:          token,
		Worker:         w.settings.WorkerName,
		Lease:          interval(w.settings.Lease),
		ConnectionCode: w.outbox.Connection,
		PipelineCode:   w.outbox.Pipeline,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take over a claim: %w", err)
	}
	w.hadTrouble = true
	taken := batch{
		lease: claimLease{outbox: w.outbox, first: claim.FirstDocumentID, fenced: token},
		since: since, sendSize: w.settings.SendSize, mustAsk: true,
	}
	if err := w.readClaim(ctx, &taken, claim); err != nil {
		return nil, err
	}
	return &taken, nil
}

// readClaim fills in what a claim that was taken over has left to send.
func (w *worker) readClaim(ctx context.Context, taken *batch, claim db.OutboxClaimTakeOverRow) error {
	rows, err := db.New(w.pool).OutboxClaimDocuments(ctx, db.OutboxClaimDocumentsParams{
		ConnectionCode:  w.outbox.Connection,
		PipelineCode:    w.outbox.Pipeline,
		FirstDocumentID: claim.FirstDocumentID,
		LastDocumentID:  claim.LastDocumentID,
	})
	if err != nil {
		return fmt.Errorf("read the documents of the claim at %d: %w", claim.FirstDocumentID, err)
	}
	for _, row := range rows {
		taken.documents = append(taken.documents, Document{
			ID: row.DocumentID, Key: row.BusinessKey, Revision: int(row.Revision), Payload: []byte(row.Payload),
			Attempt: int(claim.Attempt), InDoubt: claim.Attempt > 1,
		})
	}
	if claim.Attempt > 2 {
		taken.sendSize = 1 // one of them may be what ends the process: let it stand alone
	}
	if int(claim.Attempt) > w.settings.MaxAttempts && len(rows) > 0 {
		taken.spent, taken.documents = taken.documents[:1], taken.documents[1:]
	}
	w.count(Counts{TakenOver: len(rows)})
	return nil
}

// leaseRetries takes documents in trouble that are due.
func (w *worker) leaseRetries(ctx context.Context) (*batch, error) {
	taken := batch{since: time.Now(), sendSize: w.settings.SendSize, mustAsk: true}
	token := rand.Int64N(1<<62) + 1
	rows, err := db.New(w.pool).OutboxRetryLease(ctx, db.OutboxRetryLeaseParams{
		ConnectionCode: w.outbox.Connection,
		PipelineCode:   w.outbox.Pipeline,
		BatchSize:      int32(w.settings.BatchSize),
		Token:          token,
		Lease:          interval(w.settings.Lease),
	})
	if err != nil {
		return nil, fmt.Errorf("lease documents in trouble: %w", err)
	}
	w.hadTrouble, w.lookedForTrouble = len(rows) > 0, time.Now()
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.DocumentID
		document := Document{
			ID: row.DocumentID, Key: row.BusinessKey, Revision: int(row.Revision), Payload: []byte(row.Payload),
			Attempt: int(row.Attempt), Forgiven: int(row.ForgivenCount), InDoubt: row.IsInDoubt,
		}
		if document.counted() > w.settings.MaxAttempts {
			taken.spent = append(taken.spent, document)
		} else {
			taken.documents = append(taken.documents, document)
		}
	}
	w.count(Counts{Retried: len(rows)})
	taken.lease = retryLease{outbox: w.outbox, ids: ids, fenced: token}
	return &taken, nil
}
