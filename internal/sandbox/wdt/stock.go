package wdt

import (
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/world"
)

// beijing is the zone of every time on the wire.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// maxWindow is the widest window, both ends included.
const maxWindow = 30 * 24 * time.Hour

// maxPage and usualPage are page sizes of the stock query.
const (
	maxPage   = 100
	usualPage = 40
)

// stockOperation is 库存查询, wdt.stock.query and stock_query.php.
var stockOperation = operation{list: "stocks", run: (*Server).queryStock}

func parseTime(text string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateTime, text, beijing)
	return t, err == nil
}

// queryStock answers one page of stock rows, ascending by modified time and
// then rec_id. No row of a world is marked as deleted, so is_deleted and
// spec_is_deleted change nothing.
func (s *Server) queryStock(c call) (answer, *refusal) {
	query, refused := stockWindow(c)
	if refused != nil {
		return answer{}, refused
	}
	page, size, refused := s.stockPage(c)
	if refused != nil {
		return answer{}, refused
	}
	query.WarehouseNo, query.SpecNo, query.Barcode = c.params["warehouse_no"], c.params["spec_no"], c.params["barcode"]
	query.Offset, query.Limit = page*size, size
	if page > 0 {
		if _, ok := s.faults.Fire(c.endpoint, fault.RepeatedPage); ok {
			query.Offset -= size
		}
	}
	rows, total := s.world.Stocks(query)
	rows = s.spoilPage(c, rows, query.Offset+size < total)
	got := answer{total: total, page: page}
	for _, row := range rows {
		got.records = append(got.records, appendStock(nil, row, c.style))
	}
	if rule, ok := s.faults.Fire(c.endpoint, fault.LyingTotal); ok && page == 0 {
		got.total += rule.ValueOr(1)
	}
	s.meter.Add(c.endpoint, meter.Pages, 1)
	s.meter.Add(c.endpoint, meter.Records, len(rows))
	s.drift(c)
	return got, nil
}

// stockWindow reads start_time and end_time. A code makes them unnecessary; a
// warehouse alone means the hour before the request.
func stockWindow(c call) (world.StockQuery, *refusal) {
	start, end := c.params["start_time"], c.params["end_time"]
	if start == "" && end == "" {
		switch {
		case c.params["spec_no"] != "" || c.params["barcode"] != "":
			return world.StockQuery{}, nil
		case c.params["warehouse_no"] != "":
			return world.StockQuery{From: c.now.Add(-time.Hour), To: c.now}, nil
		}
		return world.StockQuery{}, badArgument("start_time,end_time,spec_no,barcode,warehouse_no不能同时为空")
	}
	from, fromOK := parseTime(start)
	to, toOK := parseTime(end)
	switch {
	case !fromOK || !toOK:
		return world.StockQuery{}, badArgument("start_time或end_time格式错误")
	case to.Before(from):
		return world.StockQuery{}, badArgument("end_time不能早于start_time")
	case to.Sub(from) > maxWindow:
		return world.StockQuery{}, badArgument("时间跨度不能超过30天")
	}
	return world.StockQuery{From: from, To: to}, nil
}

// stockPage reads page_no, which counts from 0, and page_size. A size over 100
// is taken as 100, or refused in that mode.
func (s *Server) stockPage(c call) (page, size int, refused *refusal) {
	page, pageOK := number(c.params["page_no"], 0)
	size, sizeOK := number(c.params["page_size"], usualPage)
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

// spoilPage drops records where a fault says so. middle tells that more records
// follow this page.
func (s *Server) spoilPage(c call, rows []world.Stock, middle bool) []world.Stock {
	if len(rows) == 0 {
		return rows
	}
	if _, ok := s.faults.Fire(c.endpoint, fault.EmptyPage); ok {
		return nil
	}
	if middle {
		if rule, ok := s.faults.Fire(c.endpoint, fault.ShortPage); ok {
			return rows[:max(0, len(rows)-rule.ValueOr(1))]
		}
	}
	return rows
}

// drift changes the world behind the back of a client that is paging.
func (s *Server) drift(c call) {
	seed := uint64(s.serial.Add(1))
	if rule, ok := s.faults.Fire(c.endpoint, fault.DriftUpdate); ok {
		s.world.Mutate(rule.ValueOr(1), seed, c.now)
	}
	if rule, ok := s.faults.Fire(c.endpoint, fault.DriftInsert); ok {
		s.world.Insert(rule.ValueOr(1), seed, c.now)
	}
	if rule, ok := s.faults.Fire(c.endpoint, fault.DriftDelete); ok {
		s.world.Delete(rule.ValueOr(1), seed)
	}
}
