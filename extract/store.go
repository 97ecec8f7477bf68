package extract

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// errTaken means that another run has taken the window, because this process
// was thought dead. Nothing of the transaction is kept.
var errTaken = errors.New("another run has taken over the window; nothing of this commit was kept")

// ending says how a window is closed.
type ending struct {
	// reason is why it is incomplete; empty for a complete one.
	reason string
	// places is the number of places of a complete snapshot; -1 elsewhere.
	places int
}

// store commits a batch: pages, rejects, places, checkpoint and figures, all or
// nothing. With an ending the same transaction closes the window.
//
// The commit goes on when ctx is cancelled, so that stopping loses no page that
// was read; a landing whose lock is lost is held back by the window's run_id.
func (r *reading) store(ctx context.Context, b *batch, end *ending) error {
	return r.query(context.WithoutCancel(ctx), "commit", func(ctx context.Context) error {
		return r.transact(ctx, b, end)
	})
}

func (r *reading) transact(ctx context.Context, b *batch, end *ending) error {
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		queries := db.New(tx)
		if err := r.advance(ctx, queries, b); err != nil {
			return err
		}
		if err := r.storePages(ctx, tx, queries, b); err != nil {
			return err
		}
		if err := r.storeRejects(ctx, queries, b); err != nil {
			return err
		}
		if end != nil {
			if err := r.close(ctx, queries, b, *end); err != nil {
				return err
			}
		}
		return r.storeTally(ctx, queries, &b.counts)
	})
}

// advance comes first: its row lock and its fence hold the rest back.
func (r *reading) advance(ctx context.Context, queries *db.Queries, b *batch) error {
	rows, err := queries.OpsWindowAdvance(ctx, db.OpsWindowAdvanceParams{
		NextPage: b.at.nextPage, TotalCount: b.at.total, PageCount: b.at.pageCount, Reason: b.at.reason,
		PagesRead: int32(b.counts.PagesRead), PagesLanded: int32(b.counts.PagesLanded),
		PagesUnchanged: int32(b.counts.PagesUnchanged),
		RecordsRead:    b.counts.RecordsRead, RecordsLanded: b.counts.RecordsLanded,
		RecordsRejected: b.counts.RecordsRejected,
		ConnectionCode:  r.connection, WindowID: r.windowID, RunID: r.run,
	})
	if err != nil {
		return fmt.Errorf("move the checkpoint: %w", err)
	}
	if rows == 0 {
		return errTaken
	}
	return nil
}

func (r *reading) storePages(ctx context.Context, tx pgx.Tx, queries *db.Queries, b *batch) error {
	var landing []*page
	for _, p := range b.pages {
		if !p.unchanged && !p.bodyOnly() {
			landing = append(landing, p)
		}
	}
	if len(landing) == 0 {
		return nil
	}
	ids, err := queries.StagingPageDrawIDs(ctx, int32(len(landing)))
	if err != nil {
		return fmt.Errorf("draw page numbers: %w", err)
	}
	for i, p := range landing {
		p.id = ids[i]
	}
	columns := []string{
		"connection_code", "page_id", "dataset", "run_id", "window_id", "page_no",
		"record_count", "records_hash", "records", "request", "envelope",
	}
	source := pgx.CopyFromSlice(len(landing), func(i int) ([]any, error) {
		p := landing[i]
		return []any{
			r.connection, p.id, r.spec.Dataset, r.run, r.windowID, int32(p.no),
			int32(p.count), p.hash, p.records, p.request, p.envelope,
		}, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staging", "page"}, columns, source); err != nil {
		return fmt.Errorf("copy %d pages: %w", len(landing), err)
	}
	return r.storePlaces(ctx, queries, landing)
}

// storePlaces notes which page stands in which place of the snapshot.
func (r *reading) storePlaces(ctx context.Context, queries *db.Queries, landed []*page) error {
	set := db.StagingSnapshotPageSetParams{ConnectionCode: r.connection, Dataset: r.spec.Dataset}
	for _, p := range landed {
		if p.place {
			set.PageNos = append(set.PageNos, int32(p.no))
			set.PageIds = append(set.PageIds, p.id)
			set.RecordsHashes = append(set.RecordsHashes, p.hash)
			set.RecordCounts = append(set.RecordCounts, int32(p.count))
		}
	}
	if len(set.PageNos) == 0 {
		return nil
	}
	if err := queries.StagingSnapshotPageSet(ctx, set); err != nil {
		return fmt.Errorf("note the places of %d pages: %w", len(set.PageNos), err)
	}
	return nil
}

func (r *reading) storeRejects(ctx context.Context, queries *db.Queries, b *batch) error {
	add := db.StagingRejectAddParams{ConnectionCode: r.connection, Dataset: r.spec.Dataset, RunID: r.run}
	for _, p := range b.pages {
		for _, refused := range p.rejects {
			add.PageIds = append(add.PageIds, p.id)
			add.PageNos = append(add.PageNos, int32(p.no))
			add.Places = append(add.Places, int32(refused.place))
			add.Fields = append(add.Fields, refused.field)
			add.FieldValues = append(add.FieldValues, refused.value)
			add.Reasons = append(add.Reasons, refused.reason)
			add.Records = append(add.Records, refused.record)
			add.Raws = append(add.Raws, refused.raw)
		}
	}
	if len(add.Places) == 0 {
		return nil
	}
	if err := queries.StagingRejectAdd(ctx, add); err != nil {
		return fmt.Errorf("keep %d rejects: %w", len(add.Places), err)
	}
	return nil
}

// close ends the window, and with a complete snapshot the places beyond it.
func (r *reading) close(ctx context.Context, queries *db.Queries, b *batch, end ending) error {
	params := db.OpsWindowCloseParams{
		State: "complete", ConnectionCode: r.connection, WindowID: r.windowID, RunID: r.run,
	}
	b.counts.WindowsComplete, b.counts.WindowsIncomplete, b.counts.PagesRemoved = 1, 0, 0
	if end.reason != "" {
		params.State, params.Reason = "incomplete", &end.reason
		b.counts.WindowsComplete, b.counts.WindowsIncomplete = 0, 1
	} else if end.places >= 0 {
		removed, err := queries.StagingSnapshotPageTrim(ctx, db.StagingSnapshotPageTrimParams{
			ConnectionCode: r.connection, Dataset: r.spec.Dataset, PlaceCount: int32(end.places),
		})
		if err != nil {
			return fmt.Errorf("forget the places that are no more: %w", err)
		}
		b.counts.PagesRemoved = removed
		params.PagesRemoved = int32(removed)
	}
	rows, err := queries.OpsWindowClose(ctx, params)
	if err != nil {
		return fmt.Errorf("close the window: %w", err)
	}
	if rows == 0 {
		return errTaken
	}
	return nil
}

func (r *reading) storeTally(ctx context.Context, queries *db.Queries, counts *Counts) error {
	add := db.OpsTallyAddParams{RunID: r.run, Subject: r.spec.Dataset}
	for _, figure := range counts.fields() {
		add.Names = append(add.Names, figure.name)
		add.Counts = append(add.Counts, *figure.value)
	}
	if err := queries.OpsTallyAdd(ctx, add); err != nil {
		return fmt.Errorf("add to the figures of the run: %w", err)
	}
	return nil
}
