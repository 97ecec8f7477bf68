package yonsuite

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// maxSummary bounds what is kept of the envelopes of a divided reading, in bytes.
const maxSummary = 64 << 10

// response reads the answers of all parts as one.
type response struct {
	// ctx is the one given to Fetch: later parts belong to the same fetch.
	ctx     context.Context
	source  *CurrentStock
	request []byte

	at       int // the part being read
	stream   *erphttp.Stream
	session  session // with which stream was opened
	reader   *extract.RecordReader
	done     []summary
	size     int // of done, in bytes
	leftOut  int
	finished error
}

// summary is one part's answer without its records.
type summary struct {
	Part    map[string]string `json:"part"`
	Records int64             `json:"records"`
	Answer  json.RawMessage   `json:"answer"`
}

func (r *response) open() error {
	stream, session, err := r.source.open(r.ctx, r.source.parts[r.at].body)
	if err != nil {
		return err
	}
	r.session = session
	r.stream, r.reader = stream, extract.NewRecordReader(stream, StockLayout())
	return nil
}

// Next implements [extract.Response].
func (r *response) Next() (extract.Record, error) {
	for r.finished == nil {
		record, err := r.reader.Next()
		if err == nil {
			return record, nil
		}
		r.finished = r.advance(err)
	}
	return extract.Record{}, r.finished
}

// advance goes to the next part when this one ended well. The code may stand
// behind the records, so it is looked at only now.
func (r *response) advance(err error) error {
	envelope := r.reader.Envelope()
	verdict, known := judge(envelope)
	_ = r.stream.Close() // nothing is left to be read
	switch {
	case known && verdict.Action != erphttp.OK, errors.Is(err, io.EOF) && !known:
		if verdict.Action == erphttp.LoginExpired {
			r.source.login.expire(r.session.token)
		}
		return r.source.http.Failure(CurrentStockDataset, r.stream.Head, verdict)
	case !errors.Is(err, io.EOF):
		return err
	}
	r.note(envelope)
	if r.at++; r.at == len(r.source.parts) {
		return io.EOF
	}
	return r.open()
}

func (r *response) note(envelope []byte) {
	if r.size += len(envelope) + 100; r.size > maxSummary && r.at > 0 {
		r.leftOut++
		return
	}
	r.done = append(r.done, summary{
		Part: r.source.parts[r.at].key, Records: r.reader.Records(), Answer: envelope,
	})
}

// Envelope implements [extract.Response]. Of a divided reading it is
// {"parts":[{"part":…,"records":…,"answer":…}]}.
func (r *response) Envelope() extract.Envelope {
	found := extract.Envelope{Request: r.request}
	if len(r.source.parts) == 1 {
		found.JSON = r.reader.Envelope()
		return found
	}
	text, err := json.Marshal(struct {
		Parts   []summary `json:"parts"`
		LeftOut int       `json:"left_out,omitempty"`
	}{r.done, r.leftOut})
	if err != nil {
		text = []byte("{}") // cannot happen: every answer is JSON already
	}
	found.JSON = text
	return found
}

// Close implements [extract.Response].
func (r *response) Close() error {
	if r.finished == nil {
		r.finished = io.ErrClosedPipe
	}
	return r.stream.Close()
}
