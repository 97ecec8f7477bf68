package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"runtime/debug"
	"time"

	"pandian/internal/erphttp"
)

// sender calls a target and makes one outcome per document out of what comes
// back, whatever the target does. It belongs to one worker.
type sender struct {
	target Target
	// finder is target where it can look documents up, else nil.
	finder  Finder
	timeout time.Duration
	logger  *slog.Logger

	calls, lookups int
	// failed counts the calls that failed since one succeeded, within a deliver.
	failed int
}

func newSender(target Target, settings Settings) *sender {
	finder, _ := target.(Finder)
	return &sender{target: target, finder: finder, timeout: settings.SendTimeout, logger: settings.Logger}
}

// deliver sends documents and returns one outcome each, in order. A document that
// was not attempted has an outcome without state; then err says why: the target is
// not available, or isGood says that the documents are no longer this worker's.
//
// Documents in doubt are looked up first where the target can do that, and those
// among them whose ID is in overtaken are not sent when it does not have them.
func (s *sender) deliver(ctx context.Context, documents []Document, overtaken map[int64]bool, isGood func() bool) ([]Outcome, error) {
	d := delivery{sender: s, documents: documents, overtaken: overtaken, isGood: isGood, outcomes: make([]Outcome, len(documents))}
	s.failed = 0
	var doubtful, clear []int
	for i, document := range documents {
		if s.finder != nil && document.InDoubt {
			doubtful = append(doubtful, i)
		} else {
			clear = append(clear, i)
		}
	}
	missing, err := d.lookUp(ctx, doubtful)
	if err != nil {
		return d.outcomes, err
	}
	return d.outcomes, d.halve(ctx, append(clear, missing...))
}

// delivery is the state of one deliver. Documents are named by their place.
type delivery struct {
	*sender
	documents []Document
	overtaken map[int64]bool
	isGood    func() bool
	outcomes  []Outcome
	// said is what the last call of the target exchanged with it.
	said *erphttp.Recorder
}

// halve sends the documents in one call, and after a failure in halves, until the
// bad document stands alone. With k bad documents among n that takes at most
// 2·k·log2(n) further calls. When call after call fails, it is not a document that
// is bad but the target: then the rest is left for another attempt.
func (d *delivery) halve(ctx context.Context, places []int) error {
	if len(places) == 0 {
		return nil
	}
	d.calls++
	outcomes, err := d.call(ctx, d.target.Send, places)
	var unavailable *UnavailableError
	switch {
	case err == nil:
		d.failed = 0
		for i, place := range places {
			d.outcomes[place] = outcomes[i]
		}
		return nil
	case errors.As(err, &unavailable), errors.Is(err, errLeaseLost):
		return err
	}
	d.failed++
	isTargetBad := d.failed > 2*bits.Len(uint(len(d.documents)))+2
	if len(places) == 1 || isTargetBad || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		d.leaveUnknown(places, err)
		return nil //nolint:nilerr // what failed is noted with the documents
	}
	if d.finder != nil {
		missing, lookErr := d.lookUp(ctx, places)
		if lookErr != nil {
			d.leaveUnknown(places, err)
			return lookErr
		}
		places = missing
	}
	middle := len(places) / 2
	if err := d.halve(ctx, places[:middle]); err != nil {
		return err
	}
	return d.halve(ctx, places[middle:])
}

// lookUp asks the target about documents in doubt and returns those to be sent,
// because the target does not have them.
func (d *delivery) lookUp(ctx context.Context, places []int) ([]int, error) {
	if len(places) == 0 {
		return nil, nil
	}
	d.lookups++
	outcomes, err := d.call(ctx, d.finder.Lookup, places)
	var unavailable *UnavailableError
	switch {
	case errors.As(err, &unavailable), errors.Is(err, errLeaseLost):
		return nil, err
	case err != nil:
		d.leaveUnknown(places, fmt.Errorf("look up: %w", err))
		return nil, nil
	}
	var missing []int
	for i, place := range places {
		switch {
		case outcomes[i].State != Waiting:
			d.outcomes[place] = outcomes[i]
		case d.overtaken[d.documents[place].ID]:
			d.outcomes[place] = Outcome{State: Superseded}
		default:
			missing = append(missing, place)
		}
	}
	return missing, nil
}

// leaveUnknown gives documents the outcome of a call of which nothing is known.
func (d *delivery) leaveUnknown(places []int, err error) {
	for _, place := range places {
		d.outcomes[place] = d.unknown(err.Error())
		d.outcomes[place].exchange = d.said.Of(d.documents[place].ID)
	}
}

// unknown is InDoubt, or Waiting where sending again does no harm.
func (s *sender) unknown(message string) Outcome {
	if s.finder == nil {
		return Outcome{State: Waiting, Message: message}
	}
	return Outcome{State: InDoubt, Message: message}
}

// call runs one method of the target within its time and turns panics and broken
// promises into errors.
func (d *delivery) call(ctx context.Context, method func(context.Context, []Document) ([]Outcome, error), places []int) (outcomes []Outcome, err error) {
	if !d.isGood() {
		return nil, errLeaseLost
	}
	late := fmt.Errorf("the target did not answer within %s: %w", d.timeout, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, late)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			d.logger.Error("target panicked", "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			outcomes, err = nil, fmt.Errorf("target panicked: %v", value)
		}
	}()
	documents := make([]Document, len(places))
	for i, place := range places {
		documents[i] = d.documents[place]
	}
	ctx, d.said = erphttp.Record(ctx)
	outcomes, err = method(ctx, documents)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, fmt.Errorf("%w: %w", cause, err)
	}
	if err != nil {
		return nil, err
	}
	if len(outcomes) != len(documents) {
		return nil, fmt.Errorf("target returned %d outcomes for %d documents", len(outcomes), len(documents))
	}
	outcomes = d.checked(outcomes)
	for i, document := range documents {
		if outcomes[i].State != Sent { // only trouble is kept with what was said
			outcomes[i].exchange = d.said.Of(document.ID)
		}
	}
	return outcomes, nil
}

// checked replaces outcomes with a state that a target must not return.
func (d *delivery) checked(outcomes []Outcome) []Outcome {
	for i, outcome := range outcomes {
		switch outcome.State {
		case Sent, Waiting, InDoubt, Rejected:
			outcomes[i] = storable(outcome)
		default:
			outcomes[i] = d.unknown(fmt.Sprintf("target returned the unknown state %q", outcome.State))
		}
	}
	return outcomes
}
