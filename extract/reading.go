package extract

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// reading is one window, snapshot or set of files while it is read.
type reading struct {
	*landing
	source   Source
	windowID int64
	window   Window
	w        *writer

	proof *proof
	// final is the second and last reading: it goes on to the end although it
	// cannot be proved complete any more, so that what there is gets landed.
	final bool
	// doubted is why there is a second reading; it stands in ops.window while
	// the window is open, and keeps it from being resumed.
	doubted *string
}

func (l *landing) reading(source Source, id int64, window Window) *reading {
	r := &reading{landing: l, source: source, windowID: id, window: window}
	r.w = newWriter(r.store, l.now, l.settings)
	return r
}

// finish closes the window and adds it to the report. After an error of reading
// what was read is committed if it may be, so that no call was made in vain; a
// window is then left open, for the next run to go on.
func (r *reading) finish(ctx context.Context, end ending, err error) error {
	if err == nil {
		err = r.fail(r.place(), r.w.flush(ctx, &end))
	} else {
		r.salvage(ctx)
	}
	r.report.Add(r.w.committed)
	if err != nil {
		return err
	}
	done := WindowReport{WindowID: r.windowID, Window: r.window, Reason: end.reason, Counts: r.w.committed}
	r.report.Windows = append(r.report.Windows, done)
	r.progress.WindowDone(done)
	if end.reason != "" {
		r.log.Warn("window is incomplete", "window", r.window.String(), "window_id", r.windowID, "reason", end.reason)
	}
	return nil
}

// finishBroken closes a reading that cannot be resumed as incomplete, whatever
// stopped it, and returns the error that did.
func (r *reading) finishBroken(ctx context.Context, err error) error {
	if !r.mayCommit(ctx) {
		return r.finish(ctx, ending{}, err)
	}
	end := ending{reason: err.Error(), places: -1}
	if closing := r.finish(context.WithoutCancel(ctx), end, nil); closing != nil {
		return errors.Join(err, closing)
	}
	return err
}

// salvage commits what was read before reading stopped.
func (r *reading) salvage(ctx context.Context) {
	if !r.mayCommit(ctx) {
		_ = r.w.wait() // the commit under way ends before the lock is given back
		return
	}
	if err := r.w.flush(context.WithoutCancel(ctx), nil); err != nil {
		r.log.Warn("pages that were read could not be stored; they will be read again", "error", err)
	}
}

// mayCommit is false once the lock is lost.
func (r *reading) mayCommit(ctx context.Context) bool {
	return !errors.Is(context.Cause(ctx), errLockLost)
}

// place names the window in errors.
func (r *reading) place() string {
	if r.window.IsZero() {
		return ""
	}
	return " window " + r.window.String()
}

// placeOf names a page of it.
func (r *reading) placeOf(no int) string {
	if r.window.IsZero() {
		return fmt.Sprintf(" page %d", no)
	}
	return fmt.Sprintf(" page %d of%s", no, r.place())
}

// get asks for a page, again if its body does not arrive whole. When that does
// not help the page has broken set, and holds what came.
func (r *reading) get(ctx context.Context, p *page) error {
	request := Request{Window: r.window, Page: p.no, Cursor: p.after}
	for try := 1; ; try++ {
		p.reset()
		p.no, p.after = request.Page, request.Cursor
		err := r.fetch(ctx, request, p)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return r.fail(r.placeOf(p.no), err)
		}
		if p.broken == nil || !p.broken.Retryable() || try >= r.settings.PageTries {
			r.progress.PageRead(p.read, p.bytes)
			return nil
		}
		r.log.Info("page did not arrive whole, asking again", "page", p.no, "attempt", try, "error", p.broken)
	}
}

func (r *reading) fetch(ctx context.Context, request Request, p *page) error {
	r.w.filling.counts.PagesAsked++
	response, err := r.source.Fetch(ctx, request)
	if err != nil {
		return err
	}
	defer response.Close()
	_, err = p.fill(response, 0, 0)
	return err
}

// keepPage takes a page for landing, with the page to read next.
func (r *reading) keepPage(ctx context.Context, p *page, next *int32) error {
	no := p.no
	if err := r.w.keep(ctx, p, r.at(next)); err != nil {
		return r.fail(r.placeOf(no), err)
	}
	return nil
}

// at is the state of the window when next is the page to read next.
func (r *reading) at(next *int32) checkpoint {
	at := checkpoint{nextPage: next, reason: r.doubted}
	if r.proof != nil && r.proof.total >= 0 {
		total, pages := r.proof.total, int32(r.proof.pages())
		at.total, at.pageCount = &total, &pages
	}
	return at
}

// age is how long ago a moment was.
func (l *landing) age(moment time.Time) time.Duration { return l.now().Sub(moment) }
