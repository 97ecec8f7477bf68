package extract

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// resume goes on with the newest window that was left open, and closes the rest.
func (l *landing) resume(ctx context.Context, source Source) error {
	left, err := l.newestOpen(ctx)
	if err != nil {
		return err
	}
	if left == nil || !l.resumable(*left) {
		return l.abandon(ctx, 0)
	}
	if err := l.abandon(ctx, left.WindowID); err != nil {
		return err
	}
	r := l.reading(source, left.WindowID, Window{From: second(*left.FromAt), To: second(*left.ToAt)})
	var previous pageMark
	err = l.query(ctx, "resume", func(ctx context.Context) (err error) {
		previous, err = r.take(ctx, *left)
		return err
	})
	if err != nil {
		return l.fail(r.place(), err)
	}
	r.proof = newProof(l.spec, left.TotalCount)
	r.proof.sum = left.RecordsLanded + left.RecordsRejected
	r.proof.previous = previous
	l.log.Info("going on with a window that a dead process left open", "window", r.window.String(), "page", *left.NextPage)
	return r.readWindow(ctx, left.NextPage)
}

// resumable is true for a first reading by page numbers with a checkpoint whose
// pages are still there and of the present size. Up to its checkpoint such a reading was in
// order, because a first reading stops at the first doubt.
func (l *landing) resumable(left db.OpsWindow) bool {
	if l.settings.Full || l.spec.Cursor || left.Reason != nil || left.NextPage == nil || left.TotalCount == nil || left.PageCount == nil ||
		left.FromAt == nil || left.ToAt == nil || l.age(left.OpenedAt) > l.settings.MaxPageAge {
		return false
	}
	return newProof(l.spec, left.TotalCount).pages() == int(*left.PageCount)
}

// take makes the window this run's own and finds the page that was landed last.
func (r *reading) take(ctx context.Context, left db.OpsWindow) (pageMark, error) {
	rows, err := r.queries.OpsWindowTake(ctx, db.OpsWindowTakeParams{
		RunID: r.run, ConnectionCode: r.connection, WindowID: left.WindowID,
	})
	if err != nil {
		return pageMark{}, err
	}
	if rows == 0 {
		return pageMark{}, errTaken
	}
	before := *left.NextPage + 1
	if !r.spec.Backwards {
		before = *left.NextPage - 1
	}
	row, err := r.queries.StagingPageNewestHash(ctx, db.StagingPageNewestHashParams{
		ConnectionCode: r.connection, OpenedAt: left.OpenedAt, WindowID: left.WindowID, PageNo: before,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return pageMark{}, nil
	}
	return pageMark{no: int(before), hash: row.RecordsHash, count: int(row.RecordCount)}, err
}

// newestOpen is the newest window that was left open; nil if there is none.
func (l *landing) newestOpen(ctx context.Context) (*db.OpsWindow, error) {
	var left db.OpsWindow
	err := l.query(ctx, "look for a window that was left open", func(ctx context.Context) (err error) {
		left, err = l.queries.OpsWindowNewestOpen(ctx, db.OpsWindowNewestOpenParams{
			ConnectionCode: l.connection, Dataset: l.spec.Dataset,
		})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &left, l.fail("", err)
}

// abandon closes what a dead process left open, but for one window; 0 for none.
func (l *landing) abandon(ctx context.Context, keep int64) error {
	var closed int64
	err := l.query(ctx, "close the windows that were left open", func(ctx context.Context) (err error) {
		closed, err = l.queries.OpsWindowAbandon(ctx, db.OpsWindowAbandonParams{
			ConnectionCode: l.connection, Dataset: l.spec.Dataset, KeepWindowID: keep,
		})
		return err
	})
	if closed > 0 {
		l.log.Info("closed windows that a dead process left open", "windows", closed)
	}
	return l.fail("", err)
}
