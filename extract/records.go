package extract

import (
	"bytes"
	"errors"
	"io"
)

// Layout says where a response keeps its records, and how big they may be.
type Layout struct {
	// Lists are the names that the record array may have, in any case, as in
	// "stocks". A bare array at top level is always taken, for captures that
	// were saved without their envelope.
	Lists []string
	// Wrappers are the names of objects that the list and the envelope's fields
	// may be in, as in "response".
	Wrappers []string
	// Known are names of which one tells that an answer without a list is the
	// platform's all the same, as in "code".
	Known []string
	// MaxRecord is the largest record that is let through, in bytes; 0 is 1 MiB.
	MaxRecord int
	// MaxDepth is the deepest nesting that is let through, the record's own
	// braces included; 0 is 64.
	MaxDepth int
	// MaxEnvelope is the most that is kept of the envelope, in bytes; 0 is
	// 64 KiB. Members that do not fit are replaced by a remark.
	MaxEnvelope int
}

// RecordReader takes the records out of one response while it streams by. It
// needs memory for the largest record that the layout allows, whatever the
// number of records.
//
// Record boundaries are found by matching brackets outside strings, and each
// record is then checked by itself: a record that is no JSON inside, or that
// Postgres could not hold, comes with a Problem and does not stop the rest.
type RecordReader struct {
	scan     scanner
	layout   Layout
	envelope envelope
	check    checker

	step    func() (Record, bool, error)
	depth   int  // objects open around the cursor: 0, 1, or 2 inside a wrapper
	first   bool // no member or element of the innermost container was read yet
	bare    bool // the top level is an array
	skip    bool // records are passed over, neither kept nor checked
	list    bool // a list was seen, or null in its place
	known   bool // one of Layout.Known was seen
	odd     string
	records int64
	err     error
}

// NewRecordReader reads the response in body. Nothing is read before Next.
func NewRecordReader(body io.Reader, layout Layout) *RecordReader {
	if layout.MaxRecord <= 0 {
		layout.MaxRecord = 1 << 20
	}
	if layout.MaxDepth <= 0 {
		layout.MaxDepth = 64
	}
	if layout.MaxEnvelope <= 0 {
		layout.MaxEnvelope = 64 << 10
	}
	r := &RecordReader{
		scan:     scanner{src: body, start: -1},
		layout:   layout,
		envelope: envelope{limit: layout.MaxEnvelope},
		check:    newChecker(layout),
	}
	r.step = r.begin
	return r
}

// ScanEnvelope passes over the records of body without looking into them and
// returns the envelope, for a first look at an answer. With an error it returns
// what stood before the place where it stopped.
func ScanEnvelope(body []byte, layout Layout) ([]byte, error) {
	r := NewRecordReader(bytes.NewReader(body), layout)
	r.skip = true
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Envelope(), nil
		} else if err != nil {
			return r.Envelope(), err
		}
	}
}

// Next returns the next record, or io.EOF after the last one, or a *BodyError.
// The record's bytes are valid until the next call. After an error every call
// returns it again.
func (r *RecordReader) Next() (Record, error) {
	for r.err == nil {
		record, ok, err := r.step()
		if err != nil {
			r.err = err
		} else if ok {
			r.records++
			return record, nil
		}
	}
	return Record{}, r.err
}

// Records is the number of records that Next has returned.
func (r *RecordReader) Records() int64 { return r.records }

// Envelope is everything but the records, as one JSON object that Postgres can
// hold: bytes that are not UTF-8 and NUL escapes in it are replaced by U+FFFD.
// It is complete once Next has returned io.EOF; before that, and after an
// error, it holds what has been read so far.
func (r *RecordReader) Envelope() []byte { return r.envelope.json() }
