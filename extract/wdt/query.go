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

// query is what the platform's paged queries share: pages count from 0, all
// values are strings, and how many records there are stands on page 0 alone.
type query struct {
	client *client
	method method
	spec   extract.Spec
	// pass are the parameters that make the dataset what it is, filter those that
	// narrow it; empty ones are not sent.
	pass, filter map[string]string
	// counted says that the query answers total_count.
	counted bool
}

// Spec implements [extract.Source].
func (q *query) Spec() extract.Spec { return q.spec }

// Fetch implements [extract.Source]. The page is in memory when it returns, so
// a body that was cut off has been fetched again already.
func (q *query) Fetch(ctx context.Context, req extract.Request) (extract.Response, error) {
	if err := q.check(req); err != nil {
		return nil, err
	}
	params := q.params(req, q.spec.PageSize, q.pass, q.filter)
	answer, err := q.client.call(ctx, q.method, params)
	if err != nil {
		return nil, err
	}
	return q.response(answer.Body, req, params)
}

func (q *query) check(req extract.Request) error {
	span := req.Window.To.Sub(req.Window.From)
	windowed := q.spec.Kind == extract.Windowed
	switch {
	case windowed && (req.Window.From.IsZero() || req.Window.To.IsZero()):
		return fmt.Errorf("fetch %s: a window is needed", q.spec.Dataset)
	case windowed && span < 0:
		return fmt.Errorf("fetch %s: the window ends before it begins", q.spec.Dataset)
	case windowed && span > q.spec.MaxSpan:
		return fmt.Errorf("fetch %s: the window spans %s, more than the %s allowed", q.spec.Dataset, span, q.spec.MaxSpan)
	case !windowed && !req.Window.IsZero():
		return fmt.Errorf("fetch %s: it is always read whole and takes no window", q.spec.Dataset)
	case req.Page < 0:
		return fmt.Errorf("fetch %s: page %d is below 0, the first one", q.spec.Dataset, req.Page)
	}
	return nil
}

// params are the business parameters of one page.
func (q *query) params(req extract.Request, pageSize int, more ...map[string]string) map[string]string {
	params := map[string]string{
		"page_no":   strconv.Itoa(req.Page),
		"page_size": strconv.Itoa(pageSize),
	}
	if q.spec.Kind == extract.Windowed {
		params["start_time"] = formatTime(req.Window.From)
		params["end_time"] = formatTime(req.Window.To)
	}
	for _, m := range more {
		maps.Copy(params, m)
	}
	maps.DeleteFunc(params, func(_, value string) bool { return value == "" })
	return params
}

func (q *query) response(body []byte, req extract.Request, params map[string]string) (extract.Response, error) {
	envelope, err := extract.ScanEnvelope(body, q.client.layout)
	if err != nil {
		return nil, err
	}
	total, err := readEnvelope(q.spec.Dataset, envelope)
	if err != nil {
		return nil, err
	}
	if req.Page != 0 || !q.counted {
		total = nil
	}
	params["route"], params["method"] = string(q.client.conn.Route), q.method.qimen
	request, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("describe request for %s: %w", q.spec.Dataset, err)
	}
	return &page{
		reader:   extract.NewRecordReader(bytes.NewReader(body), q.client.layout),
		envelope: extract.Envelope{JSON: envelope, Request: request, Total: total},
	}, nil
}

// Check asks for a single row and says in words what is wrong with the
// credentials or the clock. It takes two attempts at most.
func (q *query) Check(ctx context.Context) erphttp.Health {
	now := q.client.clock.now()
	params := q.params(extract.Request{
		Window: extract.Window{From: now.Add(-2 * time.Minute), To: now.Add(-time.Minute)},
	}, 1, q.pass)
	answer, err := q.client.hurried().call(ctx, q.method, params)
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
