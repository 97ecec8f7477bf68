package jdy

import (
	"context"
	"errors"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
)

// delivery is the state of one call of Send or Lookup.
type delivery struct {
	*Target
	outcomes []load.Outcome
	// items are those documents that can be read.
	items []item
	// hasSent says that something may have been written, so that what follows
	// cannot undo the call as a whole.
	hasSent bool
}

// haltError says why no further call is made.
type haltError struct {
	cause error
	// isBarred says that nothing can be sent for now; else the caller gave up.
	isBarred bool
}

func (e *haltError) Error() string { return e.cause.Error() }

func (e *haltError) Unwrap() error { return e.cause }

// newDelivery reads the documents and rejects those that cannot be read, and
// those whose number another one of the call has: they would undo each other.
func newDelivery(t *Target, documents []load.Document) *delivery {
	d := &delivery{Target: t, outcomes: make([]load.Outcome, len(documents))}
	seen := map[string]string{}
	for place, document := range documents {
		read, err := t.schema.readItem(place, document)
		if err != nil {
			d.outcomes[place] = load.Outcome{State: load.Rejected, Message: err.Error()}
			continue
		}
		if key, isTaken := seen[read.number]; isTaken {
			d.set(read, load.Rejected, "", "number (商品编码): "+read.number+" is that of the document "+key+" too")
			continue
		}
		seen[read.number] = document.Key
		d.items = append(d.items, read)
	}
	return d
}

// about says of which documents the calls are, for the record of what was said.
func about(ctx context.Context, items []item) context.Context {
	ids := make([]int64, len(items))
	for i, one := range items {
		ids[i] = one.documentID
	}
	return erphttp.About(ctx, ids...)
}

func (d *delivery) set(one item, state load.State, id, message string) {
	d.outcomes[one.place] = load.Outcome{State: state, TargetDocumentID: id, TargetDocumentNo: one.number, Message: message}
}

// stop ends the call. Documents that were not sent wait; where nothing was sent
// and nothing can be, the call as a whole is unavailable.
func (d *delivery) stop(err error) ([]load.Outcome, error) {
	var halt *haltError
	if errors.As(err, &halt) && halt.isBarred && !d.hasSent {
		return nil, &load.UnavailableError{Cause: halt.cause}
	}
	for place := range d.outcomes {
		if d.outcomes[place].State == "" {
			d.outcomes[place] = load.Outcome{State: load.Waiting, Message: "not sent: " + err.Error(), RetryAfter: 30 * time.Second}
		}
	}
	return d.outcomes, nil
}

// prepare looks the items up and returns those to be written, with the id of what
// exists. One that cannot be looked up waits: it might be made a second time.
func (d *delivery) prepare(ctx context.Context, items []item) ([]item, error) {
	var ready []item
	for _, one := range items {
		found, fate, err := d.client.find(about(ctx, []item{one}), one.number)
		switch {
		case fate == barred || fate == unsent || fate == keptOut:
			return nil, &haltError{cause: err, isBarred: fate != unsent}
		case err != nil:
			d.set(one, load.Waiting, "", "not sent, because the look-up failed: "+err.Error())
			continue
		case found != nil && one.id != "" && one.id != found.id:
			d.set(one, load.Rejected, found.id, "id (商品id): is "+one.id+", but the material "+one.number+" has "+found.id)
			continue
		case found != nil:
			one.id = found.id
		}
		ready = append(ready, one)
	}
	return ready, nil
}

// save writes items in one call, and in halves where the answer does not say whose
// fault a refusal is. With k bad items among n that takes at most 2·k·log2(n) calls.
func (d *delivery) save(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	ctx = about(ctx, items)
	answer, fate, err := d.client.call(ctx, saveMethod, wrap(items), true)
	for attempt := 1; fate == keptOut && attempt < d.client.conn.HTTP.MaxAttempts; attempt++ {
		if items, err = d.again(ctx, items, attempt); err != nil || len(items) == 0 {
			return err
		}
		answer, fate, err = d.client.call(ctx, saveMethod, wrap(items), true)
	}
	switch fate {
	case barred, unsent, keptOut:
		return &haltError{cause: err, isBarred: fate != unsent}
	case lost:
		d.hasSent = true
		for _, one := range items {
			d.set(one, load.InDoubt, one.id, err.Error())
		}
		return nil
	case refused:
		if len(items) > 1 {
			return d.halve(ctx, items)
		}
		d.refuse(ctx, items[0], wordsOf(err))
		return nil
	default:
		d.hasSent = true
		return d.settle(ctx, items, answer.Body)
	}
}

// again waits after a call that the gateway kept out, and looks the items up once
// more: nobody but the gateway says that nothing was written.
func (d *delivery) again(ctx context.Context, items []item, attempt int) ([]item, error) {
	settings := d.client.conn.HTTP
	wait := min(settings.BaseDelay<<min(attempt-1, 10), settings.MaxDelay)
	if erphttp.Sleep(ctx, wait) != nil {
		return nil, &haltError{cause: context.Cause(ctx)}
	}
	return d.prepare(ctx, items)
}

func (d *delivery) halve(ctx context.Context, items []item) error {
	middle := len(items) / 2
	if err := d.save(ctx, items[:middle]); err != nil {
		return err
	}
	return d.save(ctx, items[middle:])
}

// settle reads what the answer says about each item.
func (d *delivery) settle(ctx context.Context, items []item, body []byte) error {
	results, isReadable := readSaved(body)
	each, isPaired := pair(results, len(items))
	if !isReadable || !isPaired && len(items) == 1 {
		for _, one := range items {
			d.set(one, load.InDoubt, one.id, "the answer does not say what was saved")
		}
		return nil
	}
	if !isPaired {
		return d.readBack(ctx, items)
	}
	for i, one := range items {
		if !each[i].isSaved {
			d.refuse(ctx, one, words{message: each[i].message})
			continue
		}
		if len(each[i].ids) > 0 {
			one.id = each[i].ids[0]
		}
		d.set(one, load.Sent, one.id, "")
	}
	return nil
}

// readBack finds out by number which items were saved, where the answer is about
// all of them at once, and writes the others in halves.
func (d *delivery) readBack(ctx context.Context, items []item) error {
	var left []item
	for _, one := range items {
		found, _, err := d.client.find(ctx, one.number)
		switch {
		case err != nil:
			d.set(one, load.InDoubt, one.id, "the look-up failed: "+err.Error())
		case found != nil && d.schema.isIn(one, found):
			d.set(one, load.Sent, found.id, "found by its number")
		case found != nil:
			one.id = found.id
			left = append(left, one)
		default:
			left = append(left, one)
		}
	}
	if len(left) > 1 {
		return d.halve(ctx, left)
	}
	return d.save(ctx, left)
}

// words are what the platform said about a refusal.
type words struct {
	status        int
	code, message string
	advice        string
}

func wordsOf(err error) words {
	failed := erphttp.AsError(err)
	if failed == nil {
		return words{message: err.Error()}
	}
	return words{status: failed.Status, code: failed.Code, message: failed.Message, advice: failed.Advice}
}
