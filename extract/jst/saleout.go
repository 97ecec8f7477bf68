package jst

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// SaleoutDataset is the name of the dataset that [Saleout] reads.
const SaleoutDataset = "jst.saleout"

// Saleout is the source of sale-out documents (销售出库单): simple query of outbound
// orders on the open platform and the old gateway, jushuitan.saleout.list.query on
// Qimen. A window is about the last change, or with date_type 2 about the outbound
// time; Beijing time, both ends inclusive (assumed), at most 7 days.
//
// With Paging row_version a window is read by the cursor start_ts, which the
// vendor combines with a window; with Paging window by page numbers.
type Saleout struct {
	client *client
	filter SaleoutFilter
}

var _ extract.Source = (*Saleout)(nil)

// NewSaleout makes the source. Nothing is sent before Fetch or Check.
func NewSaleout(conn Connection, filter SaleoutFilter, deps Deps) (*Saleout, error) {
	client, err := newClient(conn, filter, deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 聚水潭: %w", err)
	}
	return &Saleout{client: client, filter: filter}, nil
}

// Spec implements [extract.Source].
func (s *Saleout) Spec() extract.Spec {
	byCursor := s.client.conn.Paging == RowVersion
	return extract.Spec{
		Dataset: SaleoutDataset, Kind: extract.Windowed, MaxSpan: s.client.conn.MaxSpan,
		PageSize: s.client.conn.PageSize, FirstPage: 1, Backwards: !byCursor, Cursor: byCursor,
	}
}

// Fetch implements [extract.Source]. The page is in memory when it returns, so
// a body that was cut off has been fetched again already.
func (s *Saleout) Fetch(ctx context.Context, req extract.Request) (extract.Response, error) {
	start, err := s.check(req)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", SaleoutDataset, err)
	}
	business := s.params(req, start, s.client.conn.PageSize)
	answer, err := s.client.call(ctx, business)
	if err != nil {
		return nil, err
	}
	request, err := s.describe(business)
	if err != nil {
		return nil, err
	}
	if s.client.conn.Paging == RowVersion {
		return s.versions(answer.Body, request, start)
	}
	return s.numbered(answer.Body, request)
}

// check returns the row version to begin at; it is 1 for the first page.
func (s *Saleout) check(req extract.Request) (start int64, err error) {
	span := req.Window.To.Sub(req.Window.From)
	switch {
	case req.Window.From.IsZero() || req.Window.To.IsZero():
		return 0, errors.New("a window is needed")
	case span < 0:
		return 0, errors.New("the window ends before it begins")
	case span > s.client.conn.MaxSpan:
		return 0, fmt.Errorf("the window spans %s, more than the %s allowed", span, s.client.conn.MaxSpan)
	case req.Page < 1:
		return 0, fmt.Errorf("page %d is below 1, the first one", req.Page)
	case req.Cursor == "":
		return firstVersion, nil
	}
	if start, err = strconv.ParseInt(req.Cursor, 10, 64); err != nil || start < firstVersion {
		return 0, fmt.Errorf("the cursor %q is no row version", req.Cursor)
	}
	return start, nil
}

// params are the business parameters. start counts with row versions only, where
// the page number stays 1 for ever.
func (s *Saleout) params(req extract.Request, start int64, pageSize int) params {
	list := s.filter.params()
	begin, end := "modified_begin", "modified_end"
	if s.client.conn.Route == Qimen {
		begin, end = "start_time", "end_time"
	}
	list = list.add(begin, qimen.FormatTime(req.Window.From)).add(end, qimen.FormatTime(req.Window.To))
	page := int64(req.Page)
	if s.client.conn.Paging == RowVersion {
		list = list.add("start_ts", start).add("is_get_total", false)
		page = 1
	}
	return list.add("page_index", page).add("page_size", int64(pageSize))
}

// describe is the request as it is kept beside the page, without credentials.
func (s *Saleout) describe(business params) ([]byte, error) {
	flat := business.flat()
	flat["route"], flat["method"] = string(s.client.conn.Route), s.client.conn.Route.operation()
	request, err := json.Marshal(flat)
	if err != nil {
		return nil, fmt.Errorf("describe request for %s: %w", SaleoutDataset, err)
	}
	return request, nil
}

// Check asks for a few rows of a minute and says in words what is wrong with the
// credentials, the clock or the way of paging. It takes two attempts at most for each call.
func (s *Saleout) Check(ctx context.Context) erphttp.Health {
	now := s.client.clock.now()
	window := extract.Window{From: now.Add(-2 * time.Minute), To: now.Add(-time.Minute)}
	business := s.params(extract.Request{Window: window, Page: 1}, firstVersion, min(2, s.client.conn.PageSize))
	answer, err := s.client.hurried().call(ctx, business)
	if err != nil {
		return erphttp.CheckUp(erphttp.Skew{}, err)
	}
	if s.client.conn.Paging == RowVersion {
		_, err = s.versions(answer.Body, nil, firstVersion)
	}
	return erphttp.CheckUp(answer.Skew, err)
}
