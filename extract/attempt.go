package extract

import "context"

// attempt reads the window from its beginning. In a first reading it stops at
// the first doubt.
func (r *reading) attempt(ctx context.Context) error {
	p, err := r.page(ctx, 0)
	if err != nil {
		return err
	}
	r.proof = newProof(r.spec, p.total)
	if r.proof.pages() > 1 && (p.broken == nil || r.final) {
		r.progress.TotalPages(r.proof.pages())
		r.replace(p)
		first := r.proof.first()
		if err := r.w.move(ctx, r.at(r.pageNo(first))); err != nil {
			return r.fail(r.place(), err)
		}
		return r.rest(ctx, first)
	}
	r.progress.TotalPages(1)
	return r.only(ctx, p)
}

// only judges a first page that is the last one too, or seems to be.
func (r *reading) only(ctx context.Context, p *page) error {
	total, goesOn := p.total, p.read >= r.spec.PageSize && p.broken == nil
	if err := r.judge(ctx, 0, p, nil); err != nil || r.stop() {
		return err
	}
	r.proof.end(total)
	if goesOn && r.proof.total >= 0 && !r.proof.more {
		if err := r.beyond(ctx, 1); err != nil {
			return err
		}
		goesOn = r.proof.more && r.final
	}
	if !goesOn {
		return nil
	}
	return r.forward(ctx, 1)
}

// rest reads from page no to the end, which is page 0.
func (r *reading) rest(ctx context.Context, no int) error {
	for more := true; more; {
		if err := r.lookBeyond(ctx); err != nil || r.stop() {
			return err
		}
		p, err := r.page(ctx, no)
		if err != nil {
			return err
		}
		total, isLast := p.total, no == 0
		var next int
		next, more = r.proof.after(no)
		if err := r.judge(ctx, no, p, r.pageNo(next)); err != nil || r.stop() {
			return err
		}
		if isLast {
			r.proof.end(total)
		}
		no = next
	}
	if r.proof.more && r.final {
		return r.forward(ctx, r.proof.pages())
	}
	return nil
}

// lookBeyond looks at the page beyond the last one, right after that was read
// and if it was exactly full.
func (r *reading) lookBeyond(ctx context.Context) error {
	last := *r.pageNo(r.proof.pages() - 1)
	if r.proof.previous.no != int(last) || r.proof.total%int64(r.spec.PageSize) != 0 {
		return nil
	}
	return r.beyond(ctx, r.proof.pages())
}

// beyond looks at page no, which should hold nothing: a count that stops at some
// limit of the platform's looks just like an exactly full last page. A platform
// that answers with the last page again, or with an error, proves nothing.
func (r *reading) beyond(ctx context.Context, no int) error {
	p, err := r.page(ctx, no)
	if ctx.Err() != nil {
		return err
	}
	if err != nil || p.broken != nil {
		r.log.Info("the page beyond the last one could not be read, which proves nothing", "page", no, "error", err)
		r.w.drop(p)
		return nil //nolint:nilerr // it proves nothing, as the comment says
	}
	if !r.proof.repeats(p.mark()) {
		r.proof.length(no, p.read)
	}
	r.replace(p)
	return nil
}

// forward lands the pages from no on until one is short, although they prove
// nothing: the platform gave no count, or a wrong one.
func (r *reading) forward(ctx context.Context, no int) error {
	for ; ; no++ {
		p, err := r.page(ctx, no)
		if err != nil {
			return err
		}
		if p.read == 0 && p.broken == nil {
			r.replace(p)
			return nil
		}
		ends := p.read < r.spec.PageSize || p.broken != nil || r.proof.repeats(p.mark())
		if err := r.judge(ctx, no, p, nil); err != nil || ends {
			return err
		}
	}
}

// page reads page no, counted from 0.
func (r *reading) page(ctx context.Context, no int) (*page, error) {
	p := r.w.page()
	p.no = int(*r.pageNo(no))
	return p, r.get(ctx, p)
}

// pageNo is page no as the platform counts it.
func (r *reading) pageNo(no int) *int32 {
	number := int32(r.spec.FirstPage + no)
	return &number
}

// judge adds a page to the proof and lands it; after a doubt in a first reading
// it does not, because the page will be read again.
func (r *reading) judge(ctx context.Context, no int, p *page, next *int32) error {
	r.proof.page(no, p)
	if r.stop() {
		r.replace(p)
		return nil
	}
	return r.keepPage(ctx, p, next)
}

// stop is true when reading on is of no use, because all will be read again.
func (r *reading) stop() bool { return !r.final && !r.proof.holds() }

// replace drops a page that a later reading replaces.
func (r *reading) replace(p *page) {
	if p.broken == nil {
		r.w.filling.counts.replaced(p)
	}
	r.w.drop(p)
}
