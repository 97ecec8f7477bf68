package extract

import (
	"context"
	"fmt"
)

// landWindows resumes what was left open and reads what is missing.
func (l *landing) landWindows(ctx context.Context, job Job) error {
	if job.Only != nil {
		return l.landOnly(ctx, job)
	}
	if err := l.resume(ctx, job.Source); err != nil {
		return err
	}
	covered, err := l.covered(ctx)
	if err != nil {
		return err
	}
	if n := len(covered); n > 0 && covered[n-1].To.After(l.now()) {
		l.log.Warn("the coverage reaches into the future: was a clock wrong?", "covered_to", covered[n-1].To)
	}
	return l.landPlanned(ctx, job.Source, Plan(l.now(), covered, l.spec, l.settings))
}

// landOnly reads the window that was asked for, as far as it is settled.
func (l *landing) landOnly(ctx context.Context, job Job) error {
	window := Window{From: second(job.Only.From), To: second(job.Only.To)}
	if until := second(l.now().Add(-l.settings.Settle)); window.To.After(until) {
		window.To = until
	}
	if window.To.Before(window.From) {
		return l.fail("", fmt.Errorf("the window %s has no second in it that is past and settled", *job.Only))
	}
	return l.landPlanned(ctx, job.Source, cut([]Window{window}, l.settings.span(l.spec)))
}

func (l *landing) landPlanned(ctx context.Context, source Source, windows []Window) error {
	for _, window := range windows {
		r, err := l.open(ctx, source, "window", window)
		if err != nil {
			return err
		}
		if err := r.readWindow(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// readWindow reads a window, from a checkpoint if one is given, a second time if
// it cannot be proved complete, and closes it.
func (r *reading) readWindow(ctx context.Context, from *int32) error {
	var err error
	if from != nil {
		r.progress.TotalPages(r.proof.pages())
		err = r.rest(ctx, int(*from)-r.spec.FirstPage)
	} else {
		err = r.fromStart(ctx)
	}
	if err == nil && !r.proof.holds() {
		err = r.again(ctx)
	}
	var end ending
	end.places = -1
	if err == nil && !r.proof.holds() {
		end.reason = r.proof.reason() + " (read twice)"
	}
	return r.finish(ctx, end, err)
}

// again reads the window a second time, to its end whatever comes.
func (r *reading) again(ctx context.Context) error {
	reason := r.proof.reason()
	r.log.Info("window is not provably complete, reading it again", "window", r.window.String(), "reason", reason)
	r.doubted, r.final = &reason, true
	if err := r.w.move(ctx, r.at(nil)); err != nil {
		return r.fail(r.place(), err)
	}
	return r.fromStart(ctx)
}

// fromStart reads the window from its beginning, the way that the platform asks
// for.
func (r *reading) fromStart(ctx context.Context) error {
	if r.spec.Cursor {
		return r.follow(ctx)
	}
	return r.attempt(ctx)
}
