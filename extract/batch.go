package extract

import (
	"context"
	"time"
)

// maxBatchBytes is how much is held before it is committed, however few pages
// it is. Two batches exist at most: one filling, one being committed.
const maxBatchBytes = 4 << 20

// checkpoint is the state of a window after a page: what ops.window will say
// once the page is committed.
type checkpoint struct {
	nextPage  *int32
	total     *int64
	pageCount *int32
	reason    *string
}

// batch is what one commit stores.
type batch struct {
	pages  []*page
	counts Counts
	at     checkpoint
	bytes  int
}

// writer commits pages behind the back of the reader: while one batch is being
// stored, the next one fills. Batches are stored in order, one at a time.
type writer struct {
	store       func(ctx context.Context, b *batch, end *ending) error
	now         func() time.Time
	commitPages int
	commitEvery time.Duration

	filling   batch
	spare     []*page // buffers to be used again
	storing   chan outcome
	committed Counts
	last      time.Time // of the last commit's start
	// failed is the error of a commit. Nothing may be stored after it: a later
	// checkpoint would pass the pages that were lost.
	failed error
}

type outcome struct {
	batch batch
	err   error
}

func newWriter(store func(context.Context, *batch, *ending) error, now func() time.Time, settings Settings) *writer {
	return &writer{
		store: store, now: now,
		commitPages: settings.CommitPages, commitEvery: settings.CommitEvery,
		last: now(),
	}
}

// page returns an empty page to be filled. Give it to keep or to drop.
func (w *writer) page() *page {
	if n := len(w.spare); n > 0 {
		p := w.spare[n-1]
		w.spare = w.spare[:n-1]
		p.reset()
		return p
	}
	return &page{}
}

// drop gives back a page that is not kept. An unusually large buffer is let go.
func (w *writer) drop(p *page) {
	if cap(p.records) <= 2*maxPageBytes {
		w.spare = append(w.spare, p)
	}
}

// keep takes a page for the next commit, together with the state that the
// window has after it.
func (w *writer) keep(ctx context.Context, p *page, at checkpoint) error {
	w.filling.pages = append(w.filling.pages, p)
	w.filling.counts.kept(p)
	w.filling.bytes += p.size()
	return w.move(ctx, at)
}

// move sets the window's state and begins a commit if one is due.
func (w *writer) move(ctx context.Context, at checkpoint) error {
	w.filling.at = at
	due := len(w.filling.pages) >= w.commitPages ||
		w.filling.bytes >= maxBatchBytes ||
		w.now().Sub(w.last) >= w.commitEvery
	if !due {
		return nil
	}
	if err := w.wait(); err != nil {
		return err
	}
	w.last = w.now()
	storing := make(chan outcome, 1)
	w.storing = storing
	full := w.filling
	w.filling = batch{at: at}
	go func() {
		err := w.store(ctx, &full, nil)
		storing <- outcome{batch: full, err: err}
	}()
	return nil
}

// wait waits for the commit under way, if there is one.
func (w *writer) wait() error {
	if w.storing != nil {
		done := <-w.storing
		w.storing = nil
		w.settle(done)
	}
	return w.failed
}

func (w *writer) settle(done outcome) {
	if done.err != nil {
		w.failed = done.err
		return
	}
	w.committed.Add(done.batch.counts)
	for _, p := range done.batch.pages {
		w.drop(p)
	}
}

// flush commits what is left, and closes the window if an ending is given.
func (w *writer) flush(ctx context.Context, end *ending) error {
	if err := w.wait(); err != nil {
		return err
	}
	rest := w.filling
	w.filling = batch{at: rest.at}
	err := w.store(ctx, &rest, end)
	w.settle(outcome{batch: rest, err: err})
	return err
}
