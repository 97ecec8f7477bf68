package jst

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// firstVersion is below every row version that a platform gives (ts is SQL
// Server's rowversion: unique in the table, larger after each change of a row).
const firstVersion = 1

// page is one answer in memory.
type page struct {
	records  []extract.Record
	end      error // io.EOF, or what the body broke with
	envelope extract.Envelope
	at       int
	closed   bool
}

func (p *page) Next() (extract.Record, error) {
	switch {
	case p.closed:
		return extract.Record{}, io.ErrClosedPipe
	case p.at == len(p.records):
		return extract.Record{}, p.end
	}
	p.at++
	return p.records[p.at-1], nil
}

func (p *page) Envelope() extract.Envelope { return p.envelope }

func (p *page) Close() error {
	p.closed = true
	return nil
}

// read takes an answer apart.
func (s *Saleout) read(body, request []byte) (*page, pageInfo, error) {
	envelope, err := extract.ScanEnvelope(body, s.client.layout)
	if err != nil {
		return nil, pageInfo{}, err
	}
	found := judge(envelope, s.client.conn.Route)
	if found.verdict.Action != erphttp.OK {
		return nil, pageInfo{}, found.verdict.Err(platform, s.client.conn.Route.operation())
	}
	p := &page{envelope: extract.Envelope{JSON: envelope, Request: request}}
	reader := extract.NewRecordReader(bytes.NewReader(body), s.client.layout)
	for {
		record, err := reader.Next()
		if err != nil {
			p.end = err
			return p, found.page, nil //nolint:nilerr // it is what the page ends with, io.EOF as a rule
		}
		record.Raw = bytes.Clone(record.Raw)
		p.records = append(p.records, record)
	}
}

// numbered is a page of a window that is read by page numbers.
func (s *Saleout) numbered(body, request []byte) (extract.Response, error) {
	p, info, err := s.read(body, request)
	if err != nil {
		return nil, err
	}
	p.envelope.Total = info.total
	if info.hasNext != nil && *info.hasNext && len(p.records) < s.client.conn.PageSize {
		p.envelope.Doubt = fmt.Sprintf("it holds %d records of %d, but has_next says that there are more", len(p.records), s.client.conn.PageSize)
	}
	return p, nil
}

// versions is a page of a window that is read by row version. Whether the platform
// gives the row of the cursor itself again is not settled; both are handled, by
// leaving out what is not above the cursor. There is no more when nothing is left.
func (s *Saleout) versions(body, request []byte, start int64) (extract.Response, error) {
	p, info, err := s.read(body, request)
	if err != nil {
		return nil, err
	}
	seen, err := s.behind(p, start)
	if err != nil {
		return nil, err
	}
	hasNext := info.hasNext != nil && *info.hasNext
	switch {
	case seen.isFull && seen.below > 0:
		p.envelope.Doubt = fmt.Sprintf("%d of its rows are below start_ts %d, so the platform does not heed it: set paging: window", seen.below, start)
	case seen.isFull && !seen.isSorted:
		p.envelope.Doubt = "its rows are not in the order of ts, so rows may be missing between pages: set paging: window"
	}
	// A full page without progress, or one that ends although has_next is true, gives
	// its own cursor again: that is no end but a failure, and the landing says so.
	if seen.newest > start || seen.isFull || hasNext {
		next := strconv.FormatInt(seen.newest, 10)
		p.envelope.Next = &next
	}
	return p, nil
}

// versionsSeen is what the row versions of a page come to.
type versionsSeen struct {
	newest   int64 // the cursor where there is none above it
	below    int   // rows below the cursor
	isSorted bool
	isFull   bool
}

// behind leaves the rows above start. A row that cannot be read stays, so that it
// is rejected with its reason.
func (s *Saleout) behind(p *page, start int64) (versionsSeen, error) {
	seen := versionsSeen{newest: start, isSorted: true, isFull: len(p.records) >= s.client.conn.PageSize}
	left := p.records[:0]
	last := int64(0)
	for _, record := range p.records {
		version, ok := rowVersion(record.Raw)
		if !ok && record.Problem == "" {
			return seen, s.noVersion()
		}
		if !ok {
			left = append(left, record)
			continue
		}
		seen.isSorted = seen.isSorted && version >= last
		last = version
		if version < start {
			seen.below++
		}
		if version > start {
			seen.newest = max(seen.newest, version)
			left = append(left, record)
		}
	}
	p.records = left
	return seen, nil
}

func (s *Saleout) noVersion() error {
	return &erphttp.Error{
		Kind: erphttp.BadAnswer, Platform: platform, Operation: s.client.conn.Route.operation(), Status: 200, Attempts: 1,
		Err:    errors.New("its rows carry no ts, which paging by row version needs"),
		Advice: "set paging: window for this connection",
	}
}

// rowVersion finds the member ts of a record, a number or a text.
func rowVersion(record []byte) (int64, bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(record), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != jsontext.KindBeginObject {
		return 0, false
	}
	for decoder.PeekKind() == jsontext.KindString {
		name, err := decoder.ReadToken()
		if err != nil {
			return 0, false
		}
		isVersion := name.String() == "ts"
		value, err := decoder.ReadValue()
		if err != nil {
			return 0, false
		}
		if isVersion {
			version, err := strconv.ParseInt(string(erphttp.ReadText(value)), 10, 64)
			return version, err == nil
		}
	}
	return 0, false
}
