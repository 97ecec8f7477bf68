package jst

import (
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// page is one page of an answer.
type page struct {
	request
	rows    []saleouts.Document
	total   int // as shown, which a fault may falsify
	hasNext bool
}

// list answers one page of documents, spoiled where a fault says so.
func (s *Server) list(endpoint string, route saleouts.Route, args arguments, now time.Time) (page, *refusal) {
	asked, refused := s.read(route, args)
	if refused != nil {
		return page{}, refused
	}
	if asked.index > 1 {
		if _, ok := s.faults.Fire(endpoint, fault.RepeatedPage); ok {
			asked.query.Offset -= asked.size
		}
	}
	rows, total := s.world.Documents(asked.query)
	got := page{request: asked, total: total, hasNext: asked.index*asked.size < total}
	got.rows = s.spoil(endpoint, rows, got.hasNext)
	if rule, ok := s.faults.Fire(endpoint, fault.LyingTotal); ok {
		got.total += rule.ValueOr(1)
	}
	s.meter.Add(endpoint, meter.Pages, 1)
	s.meter.Add(endpoint, meter.Records, len(got.rows))
	s.drift(endpoint, now)
	return got, nil
}

// spoil drops documents where a fault says so; has_next stays what it was.
func (s *Server) spoil(endpoint string, rows []saleouts.Document, middle bool) []saleouts.Document {
	if len(rows) == 0 {
		return rows
	}
	if _, ok := s.faults.Fire(endpoint, fault.EmptyPage); ok {
		return nil
	}
	if middle {
		if rule, ok := s.faults.Fire(endpoint, fault.ShortPage); ok {
			return rows[:max(0, len(rows)-rule.ValueOr(1))]
		}
	}
	return rows
}

// drift changes the world behind the back of a client that is paging. No
// document ever vanishes from 聚水潭: one that is deleted is cancelled here, and
// leaves the windows of the status it had.
func (s *Server) drift(endpoint string, now time.Time) {
	seed := uint64(s.serial.Add(1))
	for _, kind := range [...]struct {
		fault  fault.Kind
		change func(n int, seed uint64, at time.Time) []int64
	}{
		{fault.DriftUpdate, s.world.Mutate}, {fault.DriftInsert, s.world.Insert}, {fault.DriftDelete, s.world.Cancel},
	} {
		if rule, ok := s.faults.Fire(endpoint, kind.fault); ok {
			kind.change(rule.ValueOr(1), seed, now)
		}
	}
}

// addPaging writes the page members in one of their two orders; totals only
// where they were asked for (that they are absent otherwise is assumed).
func (p page) addPaging(o *jsonout.Object, nextFirst bool) {
	o.Int("page_index", int64(p.index))
	if nextFirst {
		o.Raw("has_next", truth(p.hasNext))
	}
	o.Int("page_size", int64(p.size))
	if p.totals {
		o.Int("data_count", int64(p.total))
		o.Int("page_count", int64((p.total+p.size-1)/p.size))
	}
	if !nextFirst {
		o.Raw("has_next", truth(p.hasNext))
	}
}

// datas is the array of rows in a route's style.
func (p page) datas(st style) string {
	out := []byte{'['}
	for i, d := range p.rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendRow(out, d, p.request, st)
	}
	return string(append(out, ']'))
}

func truth(on bool) string {
	if on {
		return "true"
	}
	return "false"
}
