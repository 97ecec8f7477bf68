package extract

import "context"

// follow reads a window from page to page by the cursor that each one gives. It
// is complete when the platform says that there is no more, every cursor was a
// new one, and no page broke: rows that change while the window is read move
// ahead of the cursor or out of the window, never behind it.
//
// A window left open by a dead process is read again from its beginning: what
// was landed of it stays, and no cursor has to be kept. Where a window takes
// hours, Settings.MaxSpan makes that cheap.
func (r *reading) follow(ctx context.Context) error {
	r.proof = newCursorProof(r.spec)
	cursor, more := "", true
	for no := 0; more; no++ {
		p := r.w.page()
		p.no, p.after = int(*r.pageNo(no)), cursor
		if err := r.get(ctx, p); err != nil {
			return err
		}
		if more = r.proof.goesOn(p); more {
			cursor = *p.next
		}
		if no > 0 && p.read == 0 && p.broken == nil {
			r.proof.page(no, p)
			r.replace(p)
		} else if err := r.judge(ctx, no, p, nil); err != nil {
			return err
		}
		if r.stop() {
			return nil
		}
	}
	return nil
}

// newCursorProof is the proof of a window that is read by cursor: there is no
// count to hold it against.
func newCursorProof(spec Spec) *proof {
	return &proof{size: spec.PageSize, total: -1, passed: map[string]bool{}}
}

// goesOn is true where a page names a page behind it that was not read yet.
func (p *proof) goesOn(came *page) bool {
	p.passed[came.after] = true
	switch {
	case came.broken != nil || came.next == nil:
		return false
	case p.passed[*came.next]:
		p.doubt("page %d says that there is more, but its cursor %q does not advance", came.no, *came.next)
		return false
	default:
		return true
	}
}
