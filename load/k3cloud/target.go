package k3cloud

import (
	"context"
	"errors"
	"fmt"

	"pandian/internal/erphttp"
	"pandian/load"
)

// Target writes documents as bills. A document's payload is
//
//	{"FormId":"SAL_OUTSTOCK","Operation":"BatchSave", …options…, "Model":{…,"FBillNo":"…",…}}
//
// and goes out with Model byte for byte, because the platform replays the fields of
// a bill in their order.
//
// It creates bills and does not change them: a revision after the first whose
// number the platform has already is left to a person.
type Target struct {
	client *client
}

var _ load.Finder = (*Target)(nil)

// New makes the target. Nothing is sent before Send, Lookup or Check.
func New(conn Connection, deps erphttp.Deps) (*Target, error) {
	client, err := newClient(conn, deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 金蝶云星空: %w", err)
	}
	return &Target{client: client}, nil
}

// Send implements [load.Target]. Documents of one form and with the same options
// go out together, as many at once as there are sessions.
//
// A batch that half succeeds is settled bill by bill; a batch that is refused
// without naming a bill is halved here. What nobody heard an answer to is InDoubt.
func (t *Target) Send(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	r := newRound(t, documents)
	bills := r.askFirst(ctx, r.withoutTwins(r.read(documents)))
	r.each(batches(bills, t.client.conn.BatchSize), func(batch []*bill) { r.send(ctx, batch) })
	return r.end()
}

// Lookup implements [load.Finder]: it asks for the documents' numbers, and takes the
// steps that are missing for bills which are there. Where the proof does not agree,
// somebody else has used the number, and the outcome is Rejected.
func (t *Target) Lookup(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	r := newRound(t, documents)
	bills := r.read(documents)
	there, err := t.find(ctx, bills)
	var refused *refusedQuery
	switch {
	case errors.As(err, &refused) && refused.row.Decision == Final:
		r.say(bills, load.Outcome{State: load.Rejected, Message: refused.Error()})
		return r.end()
	case err != nil:
		return nil, t.unavailable(err)
	}
	var mine []*saved
	for _, one := range bills {
		at, isThere := there[one]
		if !isThere {
			r.say([]*bill{one}, load.Outcome{State: load.Waiting, Message: "the platform does not have the bill"})
			continue
		}
		mine = append(mine, r.claim(one, at)...)
	}
	r.finishAll(ctx, mine)
	return r.end()
}

// unavailable turns the error of a read into *load.UnavailableError where nothing
// can be sent for now; an error that may be this one call's stays as it is.
func (t *Target) unavailable(err error) error {
	var unsent *unsentError
	var refused *refusedQuery
	isRefusal := errors.As(err, &refused) && refused.row.Decision != Final && refused.row.isOver()
	failed := erphttp.AsError(err)
	switch {
	case errors.As(err, &unsent), isRefusal:
		return &load.UnavailableError{Cause: err}
	case failed == nil:
		return err
	case isDown(failed):
		return &load.UnavailableError{Cause: err}
	}
	switch failed.Kind {
	case erphttp.CircuitOpen, erphttp.Unpaced, erphttp.Unreachable, erphttp.Throttled, erphttp.Refused:
		return &load.UnavailableError{Cause: err}
	default:
		return err
	}
}

// checkedForm is what Check reads: the bill that this target is for.
const checkedForm = "SAL_OUTSTOCK"

// Check logs in and reads one number of 销售出库单, and says in words what is wrong
// with the address, the credentials, the rights or the clock. A right to read that
// is limited to some organisations cannot be seen.
func (t *Target) Check(ctx context.Context) erphttp.Health {
	quick := &Target{client: t.client.hurried()}
	answer, head, err := quick.client.do(ctx, call{
		method:     "ExecuteBillQuery",
		parameters: []string{`{"FormId":"` + checkedForm + `","FieldKeys":"FBillNo","FilterString":"","Limit":1}`},
	})
	if err == nil && answer.result != nil {
		response := answer.result.ResponseStatus
		err = &refusedQuery{row: response.code(), message: t.client.show(response.message())}
	}
	return erphttp.CheckUp(head.Skew, err)
}

// Close logs out of the sessions, and waits for calls under way, both until ctx ends.
func (t *Target) Close(ctx context.Context) error {
	if err := t.client.close(ctx); err != nil {
		return fmt.Errorf("log out of 金蝶云星空: %w", err)
	}
	return nil
}
