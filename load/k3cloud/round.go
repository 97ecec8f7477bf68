package k3cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pandian/load"
)

// round is one call of Send or Lookup. Its batches run at once; every bill belongs
// to one of them, so outcomes need no lock.
type round struct {
	target   *Target
	outcomes []load.Outcome
	// isSettled says that something is known that must not be given up: a document
	// that came back from the platform with an outcome.
	mutex     sync.Mutex
	isSettled bool
	// unsent is why documents without an outcome were not sent.
	unsent error
}

func newRound(target *Target, documents []load.Document) *round {
	return &round{target: target, outcomes: make([]load.Outcome, len(documents))}
}

// read turns documents into bills. A payload that cannot be sent is rejected.
func (r *round) read(documents []load.Document) []*bill {
	var bills []*bill
	for place, document := range documents {
		one, err := readBill(document, r.target.client.conn)
		if err != nil {
			r.outcomes[place] = load.Outcome{State: load.Rejected, Message: "not sent: " + err.Error()}
			continue
		}
		one.place = place
		bills = append(bills, one)
	}
	return bills
}

// withoutTwins rejects the later of two documents with one number: the platform
// would refuse it, and the look-up that follows could take the first for it.
func (r *round) withoutTwins(bills []*bill) []*bill {
	kept := bills[:0:0]
	first := map[string]*bill{}
	for _, one := range bills {
		key := one.form + "\n" + strings.ToUpper(one.number)
		if twin := first[key]; twin != nil {
			r.outcomes[one.place] = load.Outcome{State: load.Rejected, Message: fmt.Sprintf(
				"not sent: documents %s and %s have the same FBillNo %s", twin.document.Key, one.document.Key, printable(one.number, 60))}
			continue
		}
		first[key] = one
		kept = append(kept, one)
	}
	return kept
}

// each runs work on all batches, as many at once as there are sessions.
func (r *round) each(calls [][]*bill, work func([]*bill)) {
	var running sync.WaitGroup
	free := make(chan struct{}, r.target.client.conn.Sessions)
	for _, batch := range calls {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			work(batch)
		})
	}
	running.Wait()
}

// say gives bills an outcome that came from the platform.
func (r *round) say(bills []*bill, outcome load.Outcome) {
	for _, one := range bills {
		r.outcomes[one.place] = outcome
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.isSettled = r.isSettled || len(bills) > 0
}

// leave notes why bills were not sent.
func (r *round) leave(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.unsent == nil {
		r.unsent = err
	}
}

// hasLeft says that the platform was found not to be available.
func (r *round) hasLeft() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.unsent != nil
}

// end returns the outcomes. Where nothing at all went out it is the error of a
// target that is not available; else what did not go out waits.
func (r *round) end() ([]load.Outcome, error) {
	if r.unsent == nil {
		return r.outcomes, nil
	}
	if !r.isSettled {
		return nil, &load.UnavailableError{Cause: r.unsent}
	}
	for i := range r.outcomes {
		if r.outcomes[i].State == "" {
			r.outcomes[i] = load.Outcome{State: load.Waiting, Message: "not sent: " + r.unsent.Error()}
		}
	}
	return r.outcomes, nil
}

// askFirst looks up the documents that the connection wants looked up and returns
// those that are to be sent.
func (r *round) askFirst(ctx context.Context, bills []*bill) []*bill {
	var asked, toSend []*bill
	for _, one := range bills {
		switch r.target.client.conn.AskFirst {
		case AskAlways:
			asked = append(asked, one)
		case AskRetries:
			if one.document.Attempt > 1 || one.document.InDoubt {
				asked = append(asked, one)
				continue
			}
			toSend = append(toSend, one)
		default:
			toSend = append(toSend, one)
		}
	}
	if len(asked) == 0 {
		return toSend
	}
	there, err := r.target.find(ctx, asked)
	if err != nil {
		r.leaveUnasked(asked, err)
		return toSend
	}
	var mine []*saved
	for _, one := range asked {
		if at, isThere := there[one]; isThere {
			mine = append(mine, r.claim(one, at)...)
		} else {
			toSend = append(toSend, one)
		}
	}
	r.finishAll(ctx, mine)
	return toSend
}

// leaveUnasked is for documents that could not be looked up and so are not sent.
func (r *round) leaveUnasked(bills []*bill, err error) {
	var refused *refusedQuery
	var unavailable *load.UnavailableError
	switch {
	case errors.As(err, &refused) && refused.row.Decision == Final:
		r.say(bills, load.Outcome{State: load.Rejected, Message: "not sent: " + refused.Error()})
	case errors.As(r.target.unavailable(err), &unavailable):
		r.leave(err)
	default:
		for _, one := range bills {
			state := load.Waiting
			if one.document.InDoubt {
				state = load.InDoubt
			}
			r.say([]*bill{one}, load.Outcome{State: state, Message: "not sent, because it could not be looked up: " + err.Error()})
		}
	}
}

// claim decides about a bill that is there: ours, to be finished, or a conflict.
func (r *round) claim(one *bill, at found) []*saved {
	there := fmt.Sprintf("the platform has a bill %s already (id %s, status %s)",
		printable(one.number, 60), printable(at.id, 60), printable(at.status, 60))
	conflict := load.Outcome{State: load.Rejected, TargetDocumentID: at.id, TargetDocumentNo: at.number}
	switch {
	case len(one.proof.wants) == 0:
		conflict.Message = there + ", and the document has no field that could prove it to be ours"
	case !at.isOurs:
		conflict.Message = there + ", which is not ours: " + at.differences
	case one.document.Revision > 1:
		conflict.Message = fmt.Sprintf("%s; whether it holds revision %d nobody can say, and bills are not changed: compare it by hand",
			there, one.document.Revision)
	default:
		return []*saved{{bill: one, id: at.id, number: at.number, status: at.status}}
	}
	r.say([]*bill{one}, conflict)
	return nil
}

// waitOf is how long to stay away, where the user has not said so.
func (r *round) waitOf(row Code) time.Duration {
	if set := r.target.client.conn.HTTP.ThrottleWait; set > 0 && row.Decision == Throttling {
		return set
	}
	return row.Wait
}
