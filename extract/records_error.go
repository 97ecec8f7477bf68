package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Reason says what is wrong with a whole response.
type Reason string

const (
	// ReasonEmpty: there is not a single byte.
	ReasonEmpty Reason = "empty"
	// ReasonMarkup: it is HTML or XML.
	ReasonMarkup Reason = "markup"
	// ReasonNotJSON: it is something else, or breaks JSON's rules between records.
	ReasonNotJSON Reason = "not_json"
	// ReasonCutOff: it ends before its end.
	ReasonCutOff Reason = "cut_off"
	// ReasonShape: it is JSON, but no answer of this platform.
	ReasonShape Reason = "shape"
	// ReasonEncoding: none of its records is UTF-8.
	ReasonEncoding Reason = "encoding"
	// ReasonRead: reading it failed; Err says how.
	ReasonRead Reason = "read"
)

// BodyError is a response that cannot be read to its end. The records before it
// are valid, but the response is not complete.
type BodyError struct {
	Reason Reason
	// Records is how many records came before.
	Records int64
	// Offset is the place in the body where it went wrong, in bytes from 0.
	Offset int64
	// Detail says more, where there is more to say.
	Detail string
	// Err is the cause where reading failed.
	Err error
}

// Error says what is wrong, where, and what to do.
func (e *BodyError) Error() string {
	place := fmt.Sprintf(" at byte %d, after %d records", e.Offset, e.Records)
	switch e.Reason {
	case ReasonEmpty:
		return "the answer is empty: fetch it again"
	case ReasonMarkup:
		return "the answer is " + e.Detail + ", not JSON: a gateway or login page stands in the way, or the address is wrong"
	case ReasonCutOff:
		return "the answer is cut off" + place + ": fetch it again"
	case ReasonShape:
		return "the answer is JSON but not of this dataset: " + e.Detail
	case ReasonEncoding:
		return fmt.Sprintf("none of its %d records is UTF-8 (GBK, perhaps): ask the platform for UTF-8", e.Records)
	case ReasonRead:
		return "reading the answer failed" + place + ": " + e.Err.Error()
	default:
		return "the answer is not valid JSON" + place + ": " + e.Detail
	}
}

// Unwrap gives the cause of a failed read.
func (e *BodyError) Unwrap() error { return e.Err }

// Retryable says whether fetching the response again may help. All but a failed
// read do; there the cause knows.
func (e *BodyError) Retryable() bool {
	var cause interface{ Retryable() bool }
	if e.Reason == ReasonRead && errors.As(e.Err, &cause) {
		return cause.Retryable()
	}
	return e.Reason != ReasonRead
}

func (r *RecordReader) fail(reason Reason, detail string) error {
	return &BodyError{Reason: reason, Records: r.records, Offset: r.scan.offset(), Detail: detail}
}

// broken is an error of the underlying reader, or its end at the wrong place.
func (r *RecordReader) broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fail(ReasonCutOff, "")
	}
	return &BodyError{Reason: ReasonRead, Records: r.records, Offset: r.scan.offset(), Err: err}
}

// whatIsIt tells from its first bytes what a body is that is no JSON container.
func whatIsIt(start []byte) (Reason, string) {
	lower := bytes.ToLower(start)
	switch {
	case bytes.HasPrefix(lower, []byte("<?xml")), bytes.HasPrefix(lower, []byte("<response")), bytes.HasPrefix(lower, []byte("<error_response")):
		return ReasonMarkup, "XML"
	case start[0] == '<':
		return ReasonMarkup, "HTML"
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return ReasonNotJSON, "it is compressed with gzip: unpack it first"
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return ReasonNotJSON, "it is UTF-16: convert it to UTF-8 first"
	case start[0] == '"', start[0] == '-', start[0] >= '0' && start[0] <= '9',
		bytes.HasPrefix(start, []byte("null")), bytes.HasPrefix(start, []byte("true")), bytes.HasPrefix(start, []byte("false")):
		return ReasonShape, "it is " + kindOf(start)
	case !utf8.Valid(start[:1]) || start[0] < ' ':
		return ReasonNotJSON, "it begins with binary data"
	default:
		return ReasonNotJSON, fmt.Sprintf("it begins with %q", start[:1])
	}
}
