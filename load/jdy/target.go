package jdy

import (
	"context"
	"fmt"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
)

// Target writes 商品 by material_batch_save. Its natural key is the number: a
// material whose number exists is changed, never made a second time.
type Target struct {
	client *client
	schema schema
}

var _ load.Finder = (*Target)(nil)

// New makes the target. Nothing is sent before Send, Lookup or Check.
func New(conn Connection, deps erphttp.Deps) (*Target, error) {
	if err := conn.Validate(); err != nil {
		return nil, fmt.Errorf("connection to 金蝶云星辰: %w", err)
	}
	return &Target{client: newClient(conn.withDefaults(), deps), schema: newSchema()}, nil
}

// Send implements [load.Target]. It asks for each number first, sends the id of
// what it finds, and writes the documents in batches of Connection.BatchSize. A
// batch that is refused without saying for whose sake is halved, so that a bad
// document stands alone in the end.
func (t *Target) Send(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	d := newDelivery(t, documents)
	for at := 0; at < len(d.items); at += t.client.conn.BatchSize {
		batch := d.items[at:min(at+t.client.conn.BatchSize, len(d.items))]
		ready, err := d.prepare(ctx, batch)
		if err == nil {
			err = d.save(ctx, ready)
		}
		if err != nil {
			return d.stop(err)
		}
	}
	return d.outcomes, nil
}

// Lookup implements [load.Finder]. A document is there when the platform shows the
// material of its number with what the document says; where it shows another
// state, an update did not arrive, and the document may be sent again, because
// writing the same material by its id twice has the effect of once.
func (t *Target) Lookup(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	d := newDelivery(t, documents)
	for _, one := range d.items {
		found, fate, err := t.client.find(about(ctx, []item{one}), one.number)
		switch {
		case fate == barred || fate == keptOut:
			return nil, &load.UnavailableError{Cause: err}
		case err != nil:
			d.set(one, load.InDoubt, "", "the look-up failed: "+err.Error())
		case found == nil:
			d.set(one, load.Waiting, "", "no material has the number "+one.number)
		case t.schema.isIn(one, found):
			d.set(one, load.Sent, found.id, "found by its number")
		default:
			d.set(one, load.Waiting, found.id, "the material "+one.number+" does not say yet what the document says")
		}
	}
	return d.outcomes, nil
}

// Check fetches a token, finds the account and asks for a material that cannot
// exist, and says in words what is wrong with the credentials, the account or the
// clock. It writes nothing.
func (t *Target) Check(ctx context.Context) erphttp.Health {
	conn := t.client.conn
	conn.HTTP.MaxAttempts = 2
	conn.HTTP.MaxThrottles = 1
	conn.HTTP.MaxWait = min(conn.HTTP.MaxWait, 3*time.Second)
	conn.HTTP.Timeout = min(conn.HTTP.Timeout, 20*time.Second)
	hurried := newClient(conn, t.client.http.Deps)
	answer, _, err := hurried.call(ctx, detailMethod, []byte(`{"number":"pandian-doctor"}`), false)
	switch {
	case isUnknown(erphttp.AsError(err)):
		return erphttp.CheckUp(erphttp.AsError(err).Skew, nil)
	case err != nil:
		return erphttp.CheckUp(erphttp.Skew{}, err)
	default:
		return erphttp.CheckUp(answer.Skew, nil)
	}
}
