package extract

import (
	"context"
	"fmt"
	"time"

	"pandian/internal/db"
)

// standing is what stands in one place of the newest snapshot.
type standing struct {
	pageID   int64
	hash     int64
	count    int
	landedAt time.Time
}

// places knows the newest snapshot of a dataset, place by place, and judges the
// pages of the one being read.
type places struct {
	stand      map[int]standing
	next       int // the place of the next page, from 0
	now        time.Time
	maxPageAge time.Duration
	records    int64
}

// landSnapshot reads the whole dataset once.
func (l *landing) landSnapshot(ctx context.Context, source Source) error {
	if err := l.abandon(ctx, 0); err != nil {
		return err
	}
	stand, err := l.places(ctx)
	if err != nil {
		return err
	}
	r, err := l.open(ctx, source, "snapshot", Window{})
	if err != nil {
		return err
	}
	if n := len(stand.stand); n > 0 {
		l.progress.TotalPages(n)
	}
	var reason string
	if l.spec.PageSize > 0 {
		reason, err = r.snapshotPages(ctx, stand)
	} else {
		reason, err = r.snapshotStream(ctx, stand)
	}
	if err != nil {
		return r.finishBroken(ctx, err)
	}
	return r.finish(ctx, ending{reason: reason, places: stand.next}, nil)
}

func (l *landing) places(ctx context.Context) (*places, error) {
	var rows []db.StagingSnapshotPageListRow
	err := l.query(ctx, "read the places of the last snapshot", func(ctx context.Context) (err error) {
		rows, err = l.queries.StagingSnapshotPageList(ctx, db.StagingSnapshotPageListParams{
			ConnectionCode: l.connection, Dataset: l.spec.Dataset,
		})
		return err
	})
	if err != nil {
		return nil, l.fail("", err)
	}
	stand := make(map[int]standing, len(rows))
	for _, row := range rows {
		stand[int(row.PageNo)] = standing{
			pageID: row.PageID, hash: row.RecordsHash, count: int(row.RecordCount), landedAt: row.LandedAt,
		}
	}
	return &places{stand: stand, now: l.now(), maxPageAge: l.settings.MaxPageAge}, nil
}

// put gives the page the next place and says whether it is what stood there. A
// page whose response broke off takes no place: it may be a part only.
func (s *places) put(p *page) {
	p.no = s.next
	s.records += int64(p.read)
	if p.broken != nil {
		return
	}
	s.next++
	p.place = true
	old, known := s.stand[p.no]
	if known && old.hash == p.hash && old.count == p.count && s.now.Sub(old.landedAt) < s.maxPageAge {
		p.unchanged, p.id = true, old.pageID
	}
}

// snapshotStream reads a dataset that comes in one response. The reason is why
// it is not complete.
func (r *reading) snapshotStream(ctx context.Context, stand *places) (reason string, err error) {
	r.w.filling.counts.PagesAsked++
	response, err := r.source.Fetch(ctx, Request{Page: r.spec.FirstPage})
	if err != nil {
		return "", r.fail("", err)
	}
	defer response.Close()
	last, err := r.cutUp(ctx, response, func(p *page) { stand.put(p) })
	switch {
	case err != nil:
		return "", r.fail(fmt.Sprintf(" place %d of the snapshot", stand.next), err)
	case last.broken != nil:
		return last.broken.Error(), nil
	case known(last.total) >= 0 && *last.total != stand.records:
		return fmt.Sprintf("the platform says %d records, %d came", *last.total, stand.records), nil
	}
	return "", nil
}

// snapshotPages reads a dataset that comes in pages, until one is short. Each
// page is a place.
func (r *reading) snapshotPages(ctx context.Context, stand *places) (reason string, err error) {
	total, previous := int64(-1), pageMark{}
	for no := 0; ; no++ {
		p, err := r.page(ctx, no)
		if err != nil {
			return "", err
		}
		if no == 0 {
			total = known(p.total)
		}
		mark := p.mark()
		short, broken := p.read < r.spec.PageSize, p.broken
		repeats := no > 0 && mark.count > 0 && mark.count == previous.count && mark.hash == previous.hash
		if p.read == 0 && broken == nil && no > 0 {
			r.replace(p)
		} else if err := r.keepPlace(ctx, p, stand); err != nil {
			return "", err
		}
		switch {
		case broken != nil:
			return fmt.Sprintf("page %d could not be read to its end: %s", mark.no, broken), nil
		case repeats:
			return fmt.Sprintf("page %d holds the same records as page %d", mark.no, previous.no), nil
		case short && total >= 0 && total != stand.records:
			return fmt.Sprintf("the platform says %d records, %d came", total, stand.records), nil
		case short:
			return "", nil
		}
		previous = mark
	}
}

func (r *reading) keepPlace(ctx context.Context, p *page, stand *places) error {
	stand.put(p)
	if err := r.w.keep(ctx, p, r.at(nil)); err != nil {
		return r.fail(fmt.Sprintf(" place %d of the snapshot", p.no), err)
	}
	return nil
}
