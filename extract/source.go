package extract

import (
	"context"
	"time"
)

// Kind says how a dataset can be read.
type Kind int

const (
	// Windowed datasets are filtered by a time window, both ends inclusive, to
	// the second (wdt.stock by its last-modified time).
	Windowed Kind = iota + 1
	// Snapshot datasets are always read whole (yonsuite.current_stock).
	Snapshot
)

// Spec says how one dataset of one platform is read. It holds the vendor's
// rules only; what a user may tune is in Settings.
type Spec struct {
	// Dataset is the vendor's code and thing, as in "wdt.stock".
	Dataset string
	Kind    Kind
	// MaxSpan is the widest window that the vendor accepts; 0 for snapshots.
	MaxSpan time.Duration
	// PageSize is the number of records asked for; 0 where the platform has no
	// paging and answers everything at once.
	PageSize int
	// FirstPage is the number of the first page: 0 at 旺店通.
	FirstPage int
	// Backwards asks for the pages from last to first, so that records which
	// leave the window while it is read cause a harmless repeat, not a gap.
	Backwards bool
	// Cursor says that each page of a window names where the next one begins, and
	// that rows which change while the window is read only move ahead of it, as
	// with the row versions of jst.saleout. There is no total to check then, and
	// Backwards is of no meaning: see [Envelope.Next].
	Cursor bool
}

// Window is a span of source time, both ends inclusive, to the second.
type Window struct {
	From, To time.Time
}

// Request names one response to fetch.
type Request struct {
	// Window is zero for snapshots.
	Window Window
	// Page counts from Spec.FirstPage; it is ignored where there is no paging.
	Page int
	// Cursor is Envelope.Next of the page before; empty for the first page, and
	// where Spec.Cursor is not set.
	Cursor string
}

// Record is one element of a response's record array.
type Record struct {
	// Raw is the record's JSON, bytes as received. It is valid until the next
	// call of Next.
	Raw []byte
	// Problem is empty for a record that Postgres can hold. Else it says why
	// not, in words for a person, such as `field spec_no holds \u0000`.
	Problem string
	// Field is the path of the offending field, where there is one.
	Field string
}

// Envelope is everything of a response but its records.
type Envelope struct {
	// JSON is the response with the record array left out, for a person to
	// read; it holds no secret.
	JSON []byte
	// Request is what was asked, without credentials and signatures, as a flat
	// JSON object.
	Request []byte
	// Total is the number of records that the platform says there are in the
	// window; nil where it does not say (wdt: page 0 only).
	Total *int64
	// Next is the cursor of the next page; nil says that there is none. It is of
	// meaning with Spec.Cursor only, and must differ from every one before it.
	Next *string
	// Doubt is what the source found that keeps this page from being proof of
	// completeness, in words for a person; empty if it found nothing.
	Doubt string
}

// Response is one response being read. Its records come one at a time, so that
// a response without paging needs no more memory than its largest record.
type Response interface {
	// Next returns the next record, or io.EOF after the last one. Any other
	// error means that the response ended early or was no success after all;
	// what was read before it stays valid, but the response is not complete.
	Next() (Record, error)
	// Envelope is complete once Next has returned io.EOF.
	Envelope() Envelope
	// Close gives the connection back. It may be called at any time, twice too.
	Close() error
}

// Source reads one dataset of one connection.
type Source interface {
	Spec() Spec
	// Fetch asks for one page. Signing, rate limits, retries and the
	// platform's own error codes are the source's affair: an error that
	// comes back here is final for this call.
	Fetch(ctx context.Context, req Request) (Response, error)
}
