package extract

import "context"

// tail is how a response ended.
type tail struct {
	broken *BodyError
	total  *int64
	read   int
}

// cutUp reads one response and keeps it as pages of at most
// Settings.RecordsPerPage records; put numbers them. A response without records
// is one empty page.
func (r *reading) cutUp(ctx context.Context, response Response, put func(*page)) (tail, error) {
	var last tail
	for ended := false; !ended; {
		p := r.w.page()
		var err error
		ended, err = p.fill(response, r.settings.RecordsPerPage, last.read)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return last, err
		}
		empty := p.read == 0 && p.broken == nil && last.read > 0
		last.broken, last.total = p.broken, p.total
		last.read += p.read
		if empty {
			r.w.drop(p)
			break
		}
		put(p)
		r.progress.PageRead(p.read, p.bytes)
		if err := r.w.keep(ctx, p, r.at(nil)); err != nil {
			return last, err
		}
	}
	return last, nil
}
