package extract_test

import (
	"errors"
	"strings"
	"testing"

	"pandian/extract"
)

// bend changes an honest answer to a call, counted from 1.
type bend func(source *fakeSource, call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error)

// fault 17: what a platform may do to the pages of a window.
func TestWindowIsProved(t *testing.T) {
	t.Parallel()
	world := newWorld(t)
	cases := []struct {
		name    string
		records int
		bend    bend
		reason  string // empty: complete
		landed  int64
		empty   int64 // pages landed without a record
		calls   int
	}{
		{
			name: "last page exactly full", records: 6,
			landed: 6, calls: 4, // 0 1 2(beyond) 0
		},
		{
			name: "one page exactly full", records: 3,
			landed: 3, calls: 2,
		},
		{
			name: "a platform that repeats the last page beyond the end", records: 6,
			bend: func(s *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page >= 2 {
					honest.records = s.records[3:6]
				}
				return honest, nil
			},
			landed: 6, calls: 4,
		},
		{
			name: "a platform that refuses pages beyond the end", records: 6,
			bend: func(_ *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page >= 2 {
					return nil, errors.New("page_no out of range")
				}
				return honest, nil
			},
			landed: 6, calls: 4,
		},
		{
			name: "records leave the window while it is read", records: 8,
			bend: func(s *fakeSource, call int, request extract.Request, _ *fakeResponse) (*fakeResponse, error) {
				if call == 3 { // pages 0 and 2 were read
					s.records = s.records[1:]
				}
				return s.honest(request), nil
			},
			landed: 8, calls: 4, // one record twice, the one that left never
		},
		{
			name: "the total is missing on one reading only", records: 2,
			bend: func(_ *fakeSource, call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if call == 1 {
					honest.total = nil
				}
				return honest, nil
			},
			landed: 2, calls: 2,
		},
		{
			name: "a short page in the middle, once", records: 8,
			bend: func(_ *fakeSource, call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if call == 3 {
					honest.records = honest.records[:1]
				}
				return honest, nil
			},
			landed: 2 + 8, calls: 3 + 4,
		},
		{
			name: "a short page in the middle, always", records: 8,
			bend: func(_ *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page == 1 {
					honest.records = honest.records[:1]
				}
				return honest, nil
			},
			reason: "page 1 holds 1 records instead of 3", landed: 2 + 6, calls: 3 + 4,
		},
		{
			name: "an empty page in the middle, always", records: 8,
			bend: func(_ *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page == 1 {
					honest.records = nil
				}
				return honest, nil
			},
			reason: "page 1 holds 0 records instead of 3", landed: 2 + 5, empty: 1, calls: 3 + 4,
		},
		{
			name: "a repeated page, always", records: 9,
			bend: func(s *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page == 1 {
					honest.records = s.records[6:9]
				}
				return honest, nil
			},
			reason: "page 1 holds the same records as page 2", landed: 3 + 9, calls: 4 + 5,
		},
		{
			name: "truncation: pages are empty from some number on", records: 8,
			bend: func(_ *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page == 2 {
					honest.records = nil
				}
				return honest, nil
			},
			reason: "the platform says 8 records, 6 came", landed: 6 + 6, empty: 2, calls: 4 + 4,
		},
		{
			name: "truncation: the total stops at a limit and there are more", records: 8,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if honest.total != nil {
					honest.total = total(6)
				}
				return honest, nil
			},
			// The second reading goes on beyond the count.
			reason: "the platform says 6 records, but page 2 holds more", landed: 3 + 8, calls: 3 + 4 + 1,
		},
		{
			name: "a total of one full page, and there are more", records: 4,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if honest.total != nil {
					honest.total = total(3)
				}
				return honest, nil
			},
			reason: "the platform says 3 records, but page 1 holds more", landed: 3 + 4, calls: 2 + 3,
		},
		{
			name: "a total that is too small by part of a page", records: 6,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if honest.total != nil {
					honest.total = total(5)
				}
				return honest, nil
			},
			reason: "the platform says 5 records, but page 1 holds 3 instead of 2", landed: 6, calls: 2 + 3 + 1,
		},
		{
			name: "a total of 0 with records", records: 4,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if honest.total != nil {
					honest.total = total(0)
				}
				return honest, nil
			},
			reason: "the platform says 0 records, but page 0 holds 3 instead of 0", landed: 4, calls: 1 + 2,
		},
		{
			name: "a total that is too big", records: 2,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				honest.total = total(3)
				return honest, nil
			},
			reason: "the platform says 3 records, 2 came", landed: 2 + 2, calls: 2,
		},
		{
			name: "a total that grows", records: 7,
			bend: func(_ *fakeSource, call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if call%4 == 0 {
					honest.total = total(8)
				}
				return honest, nil
			},
			reason: "the total changed from 7 to 8 while the window was read", landed: 7 + 7, calls: 4 + 4,
		},
		{
			name: "no total: pages until one is short", records: 7,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				honest.total = nil
				return honest, nil
			},
			reason: "the platform gave no total_count for page 0", landed: 7, calls: 1 + 3,
		},
		{
			name: "no total, last page exactly full", records: 6,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				honest.total = nil
				return honest, nil
			},
			reason: "the platform gave no total_count for page 0", landed: 6, calls: 1 + 3,
		},
		{
			name: "no total and the same page for ever", records: 6,
			bend: func(s *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				return &fakeResponse{records: s.records[:3]}, nil
			},
			reason: "page 1 holds the same records as page 0", landed: 6, calls: 1 + 2,
		},
		{
			name: "a total of -1", records: 2,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				honest.total = total(-1)
				return honest, nil
			},
			reason: "the platform gave no total_count for page 0", landed: 2, calls: 2,
		},
		{
			name: "no total and no records", records: 0,
			bend: func(_ *fakeSource, _ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				honest.total = nil
				return honest, nil
			},
			reason: "the platform gave no total_count for page 0", landed: 0, empty: 1, calls: 2,
		},
		{
			name: "a body that is cut off once is asked for again", records: 8,
			bend: func(_ *fakeSource, call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if call == 3 {
					honest.records, honest.end = honest.records[:1], &extract.BodyError{Reason: extract.ReasonCutOff}
				}
				return honest, nil
			},
			landed: 8, calls: 5,
		},
		{
			name: "a body that is always cut off keeps what came of it, and the other pages", records: 8,
			bend: func(_ *fakeSource, _ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if request.Page == 1 {
					honest.records, honest.end = honest.records[:1], &extract.BodyError{Reason: extract.ReasonCutOff}
				}
				return honest, nil
			},
			reason: "page 1 could not be read to its end: the answer is cut off", landed: 2 + 6, calls: 2 + 3 + 2 + 3 + 1,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := world.bench(t)
			source := windowed(some(c.records))
			if c.bend != nil {
				source.answer = func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
					return c.bend(source, call, request, honest)
				}
			}
			report := b.land(source)
			state := b.text(`select state from ops.window where connection_code = $1`, b.connection)
			reason := b.text(`select reason from ops.window where connection_code = $1`, b.connection)
			if c.reason == "" && (state != "complete" || reason != "<null>") {
				t.Errorf("got %s (%s), want complete", state, reason)
			}
			if c.reason != "" && (state != "incomplete" || !strings.Contains(reason, c.reason)) {
				t.Errorf("got %s (%s), want incomplete (%s)", state, reason, c.reason)
			}
			if n := b.number(`select count(*) from staging.page where connection_code = $1 and record_count = 0`, b.connection); n != c.empty {
				t.Errorf("got %d empty pages, want %d", n, c.empty)
			}
			if report.RecordsLanded != c.landed || len(source.calls) != c.calls {
				t.Errorf("got %d records landed by calls %v, want %d by %d calls", report.RecordsLanded, source.pages(), c.landed, c.calls)
			}
		})
	}
}
