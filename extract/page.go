package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// maxPageBytes is where a response without paging is cut although it has fewer
// records than a page may have, so that memory stays flat. The cut depends on
// the records alone, so an unchanged response is cut in the same places.
const maxPageBytes = 8 << 20

// page is one page of records on its way to staging.page. Its buffers are used
// again for later pages.
type page struct {
	no int // as the platform counts; places of a snapshot count from 0
	// records is a JSON array, each element with its bytes as received.
	records []byte
	count   int   // records in it
	hash    int64 // xxh3-64 of records
	read    int   // records that came, those in rejects included
	bytes   int   // bytes of the records that came
	rejects []reject
	foreign int // rejected records that are not UTF-8

	request, envelope []byte
	total             *int64
	// after is the cursor that the page was asked for with, next the one that it
	// gave, doubt the source's own.
	after string
	next  *string
	doubt string

	// broken is why the response could not be read to its end; nil if it was.
	broken *BodyError

	// Set for snapshots: the place is to be noted, or stands as it stood.
	place     bool
	unchanged bool

	id int64 // in staging.page; of the page that stands, if unchanged
}

func (p *page) reset() {
	*p = page{
		records: p.records[:0], rejects: p.rejects[:0],
		request: p.request[:0], envelope: p.envelope[:0],
	}
}

// fill reads records until the response ends (true), or holds at least most
// records or maxPageBytes; most 0 reads to the end whatever comes. before is the
// number of records that came earlier in the same response.
//
// A body that cannot be read to its end ends the page too: the page keeps what
// came, with broken set. Any other error is the source's and is returned.
func (p *page) fill(response Response, most, before int) (ended bool, err error) {
	p.records = append(p.records, '[')
	for most == 0 || p.read < most && len(p.records) < maxPageBytes {
		record, err := response.Next()
		if errors.Is(err, io.EOF) {
			ended = true
			break
		}
		if errors.As(err, &p.broken) {
			p.rejects = append(p.rejects, bodyReject(response, p.broken))
			ended = true
			break
		}
		if err != nil {
			return true, err
		}
		p.add(record, before+p.read+1)
	}
	if p.broken == nil && p.isForeign() {
		p.broken = &BodyError{Reason: ReasonEncoding, Records: int64(p.read)}
		p.rejects = append(p.rejects, bodyReject(response, p.broken))
		ended = true
	}
	p.records = append(p.records, ']')
	p.hash = int64(xxh3.Hash(p.records))
	p.describe(response.Envelope())
	return ended, nil
}

// add takes a record at its place in the response, counted from 1.
func (p *page) add(record Record, place int) {
	p.read++
	p.bytes += len(record.Raw)
	if record.Problem == "" && !storableText(record.Raw) {
		record.Problem = "the record is not UTF-8 or holds a NUL byte, which Postgres cannot store: correct it at the platform"
	}
	if record.Problem != "" {
		if !utf8.Valid(record.Raw) {
			p.foreign++
		}
		p.rejects = append(p.rejects, recordReject(record, place))
		return
	}
	if p.count > 0 {
		p.records = append(p.records, ',')
	}
	p.records = append(p.records, record.Raw...)
	p.count++
}

// isForeign is true for a page of which every record is in another encoding: that
// is the answer's fault and not the records', which are fine and would be missed.
// One such record alone may be just that.
func (p *page) isForeign() bool { return p.read > 1 && p.foreign == p.read }

// describe copies the envelope, such that Postgres can hold it.
func (p *page) describe(envelope Envelope) {
	p.total, p.next, p.doubt = envelope.Total, envelope.Next, envelope.Doubt
	p.envelope = append(p.envelope, storedEnvelope(envelope.JSON)...)
	p.request = append(p.request, storedRequest(envelope.Request)...)
}

func storedEnvelope(text []byte) []byte {
	switch {
	case len(text) == 0:
		return []byte("{}")
	case storableText(text):
		return text
	default:
		return []byte(cleanText(text))
	}
}

// storedRequest returns the request if jsonb can hold it. A request is made
// here and not by a platform, so what is left out is a mistake of the client's.
func storedRequest(text []byte) []byte {
	var object map[string]any
	if bytes.Contains(text, []byte(nulEscape)) || !storableText(text) || json.Unmarshal(text, &object) != nil {
		return []byte("{}")
	}
	return text
}

// mark is what tells this page from its neighbour.
func (p *page) mark() pageMark { return pageMark{no: p.no, hash: p.hash, count: p.count} }

// size is roughly the memory that the page holds, in bytes.
func (p *page) size() int {
	size := len(p.records) + len(p.envelope)
	for i := range p.rejects {
		size += len(p.rejects[i].record) + len(p.rejects[i].raw)
	}
	return size
}

// rejectedRecords counts the rejects that are records, not the body itself.
func (p *page) rejectedRecords() int { return p.read - p.count }

// bodyOnly is true for an answer of which no record could be stored: there is no
// page then, only rejects.
func (p *page) bodyOnly() bool { return p.broken != nil && p.count == 0 }

// storableText is true for bytes that a text column can hold.
func storableText(text []byte) bool {
	return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0
}

func cleanText(text []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\x00", "\uFFFD")
}
