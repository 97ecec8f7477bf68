package wdt

import (
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

// beijing is the zone of every time on the wire.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// maxWindow is the widest window, both ends included.
const maxWindow = 30 * 24 * time.Hour

// maxPage is the largest page_size of every method.
const maxPage = 100

func parseTime(text string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateTime, text, beijing)
	return t, err == nil
}

// source is what a call asks for. page gives the records from an offset on and
// how many there are in all. The others change the world behind the back of a
// client that is paging.
type source struct {
	page                   func(offset, limit int) (records [][]byte, total int)
	untold                 bool // the method shows no total_count
	update, insert, remove func(count int, seed uint64)
}

// run answers one call with one page.
func (s *Server) run(op operation, c call) (answer, *refusal) {
	found, refused := op.find(s, c)
	if refused != nil {
		return answer{}, refused
	}
	page, size, refused := s.pageOf(c, op.usual)
	if refused != nil {
		return answer{}, refused
	}
	offset := page * size
	if page > 0 {
		if _, ok := s.faults.Fire(c.endpoint, fault.RepeatedPage); ok {
			offset -= size
		}
	}
	records, total := found.page(offset, size)
	got := answer{total: total, page: page, untold: found.untold}
	got.records = s.spoilPage(c, records, offset+size < total)
	if rule, ok := s.faults.Fire(c.endpoint, fault.LyingTotal); ok && page == 0 {
		got.total += rule.ValueOr(1)
	}
	s.meter.Add(c.endpoint, meter.Pages, 1)
	s.meter.Add(c.endpoint, meter.Records, len(got.records))
	s.drift(c, found)
	return got, nil
}

// pageOf reads page_no, which counts from 0, and page_size. A size over 100 is
// taken as 100, or refused in that mode.
func (s *Server) pageOf(c call, usual int) (page, size int, refused *refusal) {
	page, pageOK := number(c.params["page_no"], 0)
	size, sizeOK := number(c.params["page_size"], usual)
	switch {
	case !pageOK || page < 0 || page > 1<<30:
		return 0, 0, badArgument("page_no不合法")
	case !sizeOK || size < 1:
		return 0, 0, badArgument("page_size不合法")
	case size > maxPage && s.faults.Modes().LargePages == "reject":
		return 0, 0, badArgument("page_size不能超过100")
	}
	return page, min(size, maxPage), nil
}

func number(text string, usual int) (int, bool) {
	if text == "" {
		return usual, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func (c call) hasWindow() bool {
	return c.params["start_time"] != "" || c.params["end_time"] != ""
}

// window reads start_time and end_time, both of which are part of the range.
func (c call) window() (from, to time.Time, refused *refusal) {
	from, fromOK := parseTime(c.params["start_time"])
	to, toOK := parseTime(c.params["end_time"])
	switch {
	case !fromOK || !toOK:
		return from, to, badArgument("start_time或end_time格式错误")
	case to.Before(from):
		return from, to, badArgument("end_time不能早于start_time")
	case to.Sub(from) > maxWindow:
		return from, to, badArgument("时间跨度不能超过30天")
	}
	return from, to, nil
}

// spoilPage drops records where a fault says so. middle tells that more records
// follow this page.
func (s *Server) spoilPage(c call, records [][]byte, middle bool) [][]byte {
	if len(records) == 0 {
		return records
	}
	if _, ok := s.faults.Fire(c.endpoint, fault.EmptyPage); ok {
		return nil
	}
	if middle {
		if rule, ok := s.faults.Fire(c.endpoint, fault.ShortPage); ok {
			return records[:max(0, len(records)-rule.ValueOr(1))]
		}
	}
	return records
}

// drift changes the world behind the back of a client that is paging.
func (s *Server) drift(c call, found source) {
	seed := uint64(s.serial.Add(1))
	for _, d := range [...]struct {
		kind   fault.Kind
		change func(int, uint64)
	}{
		{fault.DriftUpdate, found.update},
		{fault.DriftInsert, found.insert},
		{fault.DriftDelete, found.remove},
	} {
		if rule, ok := s.faults.Fire(c.endpoint, d.kind); ok {
			d.change(rule.ValueOr(1), seed)
		}
	}
}
