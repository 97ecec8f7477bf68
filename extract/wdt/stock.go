package wdt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// StockDataset is the name of the dataset that [Stock] reads.
const StockDataset = "wdt.stock"

// StockFilter narrows what is read. Zero fields do not.
type StockFilter struct {
	// WarehouseNo is one warehouse's code (仓库编号).
	WarehouseNo string
	// SpecNo is one SKU's merchant code (商家编码).
	SpecNo string
	// Barcode is one SKU's barcode (条码).
	Barcode string
}

// Stock is the source of stock figures (库存查询): wdt.stock.query on Qimen,
// stock_query.php on openapi2. Its window filters on the row's last change,
// Beijing time, both ends inclusive, at most 30 days. total_count stands on
// page 0 only. The order of the result is not documented, and rows that change
// leave the window while it is read; hence page 0 first, then backwards.
type Stock struct {
	client *client
	filter StockFilter
}

var _ extract.Source = (*Stock)(nil)

// NewStock makes the source. Nothing is sent before Fetch or Check.
func NewStock(conn Connection, filter StockFilter, deps erphttp.Deps) (*Stock, error) {
	client, err := newClient(conn, StockLayout(), deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 旺店通: %w", err)
	}
	return &Stock{client: client, filter: filter}, nil
}

// Spec implements [extract.Source].
func (s *Stock) Spec() extract.Spec {
	return extract.Spec{
		Dataset: StockDataset, Kind: extract.Windowed, MaxSpan: s.client.conn.MaxSpan,
		PageSize: s.client.conn.PageSize, FirstPage: 0, Backwards: true,
	}
}

// Fetch implements [extract.Source]. The page is in memory when it returns, so
// a body that was cut off has been fetched again already.
func (s *Stock) Fetch(ctx context.Context, req extract.Request) (extract.Response, error) {
	if err := s.check(req); err != nil {
		return nil, err
	}
	params := s.params(req, s.client.conn.PageSize)
	answer, err := s.client.call(ctx, stockMethod(), params)
	if err != nil {
		return nil, err
	}
	return s.response(answer.Body, req, params)
}

func stockMethod() method {
	return method{qimen: "wdt.stock.query", file: "stock_query.php"}
}

func (s *Stock) check(req extract.Request) error {
	span := req.Window.To.Sub(req.Window.From)
	switch {
	case req.Window.From.IsZero() || req.Window.To.IsZero():
		return fmt.Errorf("fetch %s: a window is needed", StockDataset)
	case span < 0:
		return fmt.Errorf("fetch %s: the window ends before it begins", StockDataset)
	case span > s.client.conn.MaxSpan:
		return fmt.Errorf("fetch %s: the window spans %s, more than the %s allowed", StockDataset, span, s.client.conn.MaxSpan)
	case req.Page < 0:
		return fmt.Errorf("fetch %s: page %d is below 0, the first one", StockDataset, req.Page)
	}
	return nil
}

// params are the business parameters; all values are strings on the wire.
func (s *Stock) params(req extract.Request, pageSize int) map[string]string {
	params := map[string]string{
		"start_time":   formatTime(req.Window.From),
		"end_time":     formatTime(req.Window.To),
		"page_no":      strconv.Itoa(req.Page),
		"page_size":    strconv.Itoa(pageSize),
		"warehouse_no": s.filter.WarehouseNo,
		"spec_no":      s.filter.SpecNo,
		"barcode":      s.filter.Barcode,
	}
	maps.DeleteFunc(params, func(_, value string) bool { return value == "" })
	return params
}

func (s *Stock) response(body []byte, req extract.Request, params map[string]string) (extract.Response, error) {
	envelope, err := extract.ScanEnvelope(body, s.client.layout)
	if err != nil {
		return nil, err
	}
	total, err := ReadEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	if req.Page != 0 {
		total = nil
	}
	params["route"], params["method"] = string(s.client.conn.Route), stockMethod().qimen
	request, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("describe request for %s: %w", StockDataset, err)
	}
	return &page{
		reader:   extract.NewRecordReader(bytes.NewReader(body), s.client.layout),
		envelope: extract.Envelope{JSON: envelope, Request: request, Total: total},
	}, nil
}

// Check asks for a single row and says in words what is wrong with the
// credentials or the clock. It takes two attempts at most.
func (s *Stock) Check(ctx context.Context) erphttp.Health {
	now := s.client.clock.now()
	params := (&Stock{}).params(extract.Request{
		Window: extract.Window{From: now.Add(-2 * time.Minute), To: now.Add(-time.Minute)},
	}, 1)
	answer, err := s.client.hurried().call(ctx, stockMethod(), params)
	if err != nil {
		return erphttp.CheckUp(erphttp.Skew{}, err)
	}
	return erphttp.CheckUp(answer.Skew, nil)
}

// page is one answer in memory.
type page struct {
	reader   *extract.RecordReader
	envelope extract.Envelope
	closed   bool
}

func (p *page) Next() (extract.Record, error) {
	if p.closed {
		return extract.Record{}, io.ErrClosedPipe
	}
	return p.reader.Next()
}

func (p *page) Envelope() extract.Envelope { return p.envelope }

func (p *page) Close() error {
	p.closed = true
	return nil
}
