package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"pandian/internal/db"
)

// write appends results, write-backs and documents in trouble within the
// transaction of queries. It returns how many write-backs were new or changed.
func (w *worker) write(ctx context.Context, queries *db.Queries, settled []settlement) (writebacks int, err error) {
	if len(settled) == 0 {
		return 0, nil
	}
	if err := w.appendResults(ctx, queries, settled); err != nil {
		return 0, err
	}
	if err := w.keepTrouble(ctx, queries, settled); err != nil {
		return 0, err
	}
	return w.putWritebacks(ctx, queries, settled)
}

func (w *worker) appendResults(ctx context.Context, queries *db.Queries, settled []settlement) error {
	results := db.OutboxResultAppendParams{
		ConnectionCode: w.outbox.Connection,
		PipelineCode:   w.outbox.Pipeline,
		RunID:          w.runID(),
	}
	for _, one := range settled {
		if one.deferred {
			continue
		}
		results.DocumentIds = append(results.DocumentIds, one.document.ID)
		results.Attempts = append(results.Attempts, int32(one.document.Attempt))
		results.Outcomes = append(results.Outcomes, string(one.decision.State))
		results.TargetDocumentIds = append(results.TargetDocumentIds, one.outcome.TargetDocumentID)
		results.TargetDocumentNos = append(results.TargetDocumentNos, one.outcome.TargetDocumentNo)
		results.Messages = append(results.Messages, one.outcome.Message)
	}
	if len(results.DocumentIds) == 0 {
		return nil
	}
	if err := queries.OutboxResultAppend(ctx, results); err != nil {
		return fmt.Errorf("append results: %w", err)
	}
	return nil
}

// keepTrouble writes the row of each document in trouble and deletes the rows of
// those that are out of it.
func (w *worker) keepTrouble(ctx context.Context, queries *db.Queries, settled []settlement) error {
	kept := db.OutboxRetryPutParams{ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline}
	var out []int64
	for _, one := range settled {
		if one.decision.IsSettled() {
			out = append(out, one.document.ID)
			continue
		}
		kept.DocumentIds = append(kept.DocumentIds, one.document.ID)
		kept.States = append(kept.States, string(one.decision.State))
		kept.Attempts = append(kept.Attempts, int32(one.document.Attempt))
		kept.WaitMs = append(kept.WaitMs, one.decision.Wait.Milliseconds())
		kept.Doubtful = append(kept.Doubtful, one.outcome.State == InDoubt)
		kept.Messages = append(kept.Messages, one.outcome.Message)
	}
	if len(kept.DocumentIds) > 0 {
		if err := queries.OutboxRetryPut(ctx, kept); err != nil {
			return fmt.Errorf("keep documents in trouble: %w", err)
		}
	}
	if err := w.keepExchanges(ctx, queries, settled); err != nil {
		return err
	}
	if len(out) > 0 {
		_, err := queries.OutboxRetryDelete(ctx, db.OutboxRetryDeleteParams{
			ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline, DocumentIds: out,
		})
		if err != nil {
			return fmt.Errorf("delete documents out of trouble: %w", err)
		}
	}
	return nil
}

// keepExchanges keeps what was said about documents in trouble, for the person who
// has to look at them, and forgets it for those that are out of it.
func (w *worker) keepExchanges(ctx context.Context, queries *db.Queries, settled []settlement) error {
	kept := db.OutboxExchangeKeepParams{ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline}
	var out []int64
	for _, one := range settled {
		if one.decision.IsSettled() && one.document.Attempt > 1 {
			out = append(out, one.document.ID) // it was in trouble before
		}
		if one.decision.IsSettled() || one.deferred || one.outcome.exchange.Request == "" {
			continue
		}
		kept.DocumentIds = append(kept.DocumentIds, one.document.ID)
		kept.Attempts = append(kept.Attempts, int32(one.document.Attempt))
		kept.Requests = append(kept.Requests, one.outcome.exchange.Request)
		kept.Responses = append(kept.Responses, one.outcome.exchange.Response)
	}
	if len(kept.DocumentIds) > 0 {
		if err := queries.OutboxExchangeKeep(ctx, kept); err != nil {
			return fmt.Errorf("keep what was said about documents in trouble: %w", err)
		}
	}
	if len(out) == 0 {
		return nil
	}
	err := queries.OutboxExchangeDelete(ctx, db.OutboxExchangeDeleteParams{
		ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline, DocumentIds: out,
	})
	if err != nil {
		return fmt.Errorf("forget what was said about documents out of trouble: %w", err)
	}
	return nil
}

// addressed is a write-back with the document that brought it.
type addressed struct {
	Writeback
	documentID int64
}

func (w *worker) putWritebacks(ctx context.Context, queries *db.Queries, settled []settlement) (int, error) {
	fields := newestPerField(settled)
	if len(fields) == 0 {
		return 0, nil
	}
	put := db.OutboxWritebackPutParams{ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline}
	for _, field := range fields {
		put.Datasets = append(put.Datasets, field.Dataset)
		put.RecordKeys = append(put.RecordKeys, field.RecordKey)
		put.Fields = append(put.Fields, field.Field)
		put.Values = append(put.Values, orEmpty(field.Value))
		put.Cleared = append(put.Cleared, field.Value == nil)
		put.DocumentIds = append(put.DocumentIds, field.documentID)
	}
	written, err := queries.OutboxWritebackPut(ctx, put)
	if err != nil {
		return 0, fmt.Errorf("write back: %w", err)
	}
	return int(written), nil
}

// newestPerField lists the write-backs of all documents; where several bring the
// same field, that of the newest document, and of several in one document the last.
func newestPerField(settled []settlement) []addressed {
	var all []addressed
	for _, one := range settled {
		for _, field := range one.outcome.Writeback {
			all = append(all, addressed{field, one.document.ID})
		}
	}
	sameField := func(a, b addressed) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.RecordKey, b.RecordKey), cmp.Compare(a.Field, b.Field))
	}
	slices.Reverse(all) // the sort is stable: the last within a document comes first
	slices.SortStableFunc(all, func(a, b addressed) int {
		return cmp.Or(sameField(a, b), cmp.Compare(b.documentID, a.documentID))
	})
	return slices.CompactFunc(all, func(a, b addressed) bool { return sameField(a, b) == 0 })
}
