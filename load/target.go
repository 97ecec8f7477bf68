package load

import (
	"context"
	"time"

	"pandian/internal/erphttp"
)

// Document is one revision of one document for a target.
type Document struct {
	// ID numbers the documents of an outbox in order of writing.
	ID int64
	// Key is the business key, as in "spec_id@warehouse_id"; a target makes its
	// own natural key from it.
	Key string
	// Revision counts from 1 per key.
	Revision int
	// Payload is JSON text, as sql/outbox wrote it.
	Payload []byte
	// Attempt counts from 1 and includes this one. It never goes back, so that it
	// names one result for good.
	Attempt int
	// Forgiven is how many of the attempts a person's retry forgave: they do not
	// count towards Settings.MaxAttempts.
	Forgiven int
	// InDoubt says that an earlier attempt may have reached the target: it was
	// not answered, or its worker never came back.
	InDoubt bool
}

// State is what came of one attempt, as in outbox.result.outcome.
type State string

const (
	// Sent is final: the target has the document.
	Sent State = "sent"
	// Waiting means that the target certainly does not have the document, and
	// that another attempt may succeed.
	Waiting State = "waiting"
	// InDoubt means that nobody knows whether the target has the document.
	InDoubt State = "in_doubt"
	// Rejected means that the target refuses the document and will refuse it
	// again: a person must act.
	Rejected State = "rejected"
	// Abandoned means that the attempts are used up. Targets do not return it.
	Abandoned State = "abandoned"
	// Superseded means that a newer revision exists. Targets do not return it.
	Superseded State = "superseded"
)

// Outcome is what a target says about one document.
type Outcome struct {
	// State is Sent, Waiting, InDoubt or Rejected.
	State State
	// TargetDocumentID and TargetDocumentNo are the target's own names for the
	// document, as far as it told them.
	TargetDocumentID, TargetDocumentNo string
	// Message is what the target said, in words for a person, with secrets and
	// personal data masked. It is cut after 2,000 characters.
	Message string
	// RetryAfter is how long the target asks to be left alone; 0 leaves the wait
	// to the backoff. Waiting and InDoubt only.
	RetryAfter time.Duration
	// Writeback is what to keep beside source rows. Sent only.
	Writeback []Writeback

	// exchange is what was last said about the document, where the target calls by
	// erphttp. The drain fills it in.
	exchange erphttp.Exchange
}

// Writeback is one field to keep beside a source row (回写 primaryWriteback).
type Writeback struct {
	// Dataset is the source's, as in "wdt.stock".
	Dataset string
	// RecordKey names the source row, as in "spec_id@warehouse_id".
	RecordKey string
	// Field is the field's name, as in "currentqty".
	Field string
	// Value is the value as text; nil clears it, because the counterpart is gone.
	Value *string
}

// Target takes documents.
//
// A Target that does not implement Lookup promises that sending a document
// twice has the effect of sending it once; such documents are simply sent again
// when nobody knows what became of the last attempt.
//
// It is called by several goroutines at once.
type Target interface {
	// Send delivers documents and returns one outcome each, in order. An error
	// means that nothing is known about any of them, unless it is or wraps an
	// *UnavailableError. After any other error the batch is halved until the bad
	// document stands alone. Send must come back soon after ctx ends.
	Send(ctx context.Context, documents []Document) ([]Outcome, error)
}

// Finder is a Target that can find out whether it has a document, by a natural
// key of its own.
type Finder interface {
	Target
	// Lookup is asked about documents in doubt before they are sent again and
	// returns one outcome each, in order: Sent where the target has the document,
	// Waiting where it certainly does not (it is then sent at once), InDoubt where
	// that is still unknown, Rejected where a person must look. An error leaves
	// all of them in doubt.
	Lookup(ctx context.Context, documents []Document) ([]Outcome, error)
}

// counted is the attempt by which it is decided whether another one follows.
func (d Document) counted() int { return d.Attempt - d.Forgiven }

// UnavailableError says that nothing was sent and that nothing can be sent for
// now: a circuit is open, a login fails, a quota is used up. Drain then gives the
// documents back without counting an attempt, and stops.
type UnavailableError struct {
	// Cause is why; errors.Is and errors.As see it.
	Cause error
}

// Error names the cause.
func (e *UnavailableError) Error() string {
	return "target is not available: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Cause }
