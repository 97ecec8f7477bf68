package tplus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/vault"
	"pandian/load"
)

// createService makes one 销售出库单. It can make them only: there is no update, so
// a voucher that is there is never changed.
const createService = "saleDispatch/Create"

// Target writes 销售出库单. Its natural key is Code, the voucher's number, beside
// which T+ keeps ExternalCode unique.
type Target struct {
	client *client
}

var _ load.Finder = (*Target)(nil)

// New makes the target. name is the connection's, under which store keeps its
// tokens; without a store they live in memory, and a rotated refresh token is lost
// with the process. Nothing is sent before Send, Lookup or Check.
func New(conn Connection, deps erphttp.Deps, name string, store vault.Store) (*Target, error) {
	if err := conn.Validate(); err != nil {
		return nil, fmt.Errorf("connection to 畅捷通T+: %w", err)
	}
	return &Target{client: newClient(conn.withDefaults(), deps, name, store)}, nil
}

// Send implements [load.Target]: one call per document. It does not look first: T+
// refuses a number or ExternalCode that is there, and the refusal is looked into.
func (t *Target) Send(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	hasSent := false
	for i, document := range documents {
		read, err := readPayload(document)
		if err != nil {
			outcomes[i] = load.Outcome{State: load.Rejected, Message: err.Error()}
			continue
		}
		outcome, fate, err := t.create(ctx, document, read)
		switch {
		case fate == barred && !hasSent:
			return nil, &load.UnavailableError{Cause: err}
		case fate == barred || fate == unsent:
			return waiting(outcomes, err), nil
		}
		outcomes[i], hasSent = outcome, true
	}
	return outcomes, nil
}

// waiting lets the documents wait that were not sent.
func waiting(outcomes []load.Outcome, cause error) []load.Outcome {
	for i := range outcomes {
		if outcomes[i].State == "" {
			outcomes[i] = load.Outcome{State: load.Waiting, Message: "not sent: " + cause.Error(), RetryAfter: 30 * time.Second}
		}
	}
	return outcomes
}

// create sends one document. The error is for barred and unsent only.
func (t *Target) create(ctx context.Context, document load.Document, sent voucher) (load.Outcome, fate, error) {
	ctx = erphttp.About(ctx, document.ID)
	answer, fate, err := t.client.call(ctx, createService, wrap(document.Payload), true)
	outcome := load.Outcome{TargetDocumentNo: sent.code}
	switch fate {
	case barred, unsent:
		return load.Outcome{}, fate, err
	case lost:
		outcome.State, outcome.Message = load.InDoubt, err.Error()
		if rowOf(err).IsOutage {
			outcome.RetryAfter = t.client.conn.OutageWait
		}
	case refused:
		outcome = t.refuse(ctx, document, sent, erphttp.AsError(err))
	default:
		outcome.State = load.Sent
		if !isDone(answer.Body) {
			outcome.State, outcome.Message = load.InDoubt, "the answer is neither null nor one with a code: "+t.client.secrets.Clean(string(answer.Body))
		}
	}
	return outcome, fate, nil
}

// isDone says that an answer in which nothing is wrong means that the voucher was
// made: null, or an envelope with a code of success.
func isDone(body []byte) bool {
	body = bytes.TrimSpace(body)
	return bytes.Equal(body, []byte("null")) || len(body) > 0 && body[0] == '{'
}

// refuse settles a document that the platform did not take.
func (t *Target) refuse(ctx context.Context, document load.Document, sent voucher, failed *erphttp.Error) load.Outcome {
	outcome := load.Outcome{State: load.Rejected, TargetDocumentNo: sent.code, Message: wordsOf(failed)}
	if rowOf(failed).Decision != Duplicate {
		return outcome
	}
	if !*t.client.conn.AssumeOpenAPI {
		outcome.Message += "; whose voucher it is cannot be looked up on this server: look for it in T+"
		return outcome
	}
	found := t.look(ctx, sent)
	found.Message = outcome.Message + "; " + found.Message
	found = revised(document, found)
	isFirst := document.Attempt <= 1 && !document.InDoubt
	if found.State == load.Waiting && isFirst {
		found.State = load.Rejected // refused, and not by ourselves
	}
	if found.State == load.Waiting {
		// An attempt that was not heard of may still be at work.
		found.State, found.RetryAfter = load.InDoubt, 30*time.Second
	}
	return found
}

// wordsOf is what the platform said, and what to do about it.
func wordsOf(failed *erphttp.Error) string {
	var parts []string
	for _, part := range []string{strings.TrimSpace(failed.Code + " " + failed.Message), failed.Advice} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "refused without a word"
	}
	return strings.Join(parts, "; ")
}

// Lookup implements [load.Finder]. Where vouchers cannot be read back, documents
// stay in doubt: T+ is said to keep ExternalCode unique, but what it answers is not
// published, and a second voucher costs more than a person's look.
func (t *Target) Lookup(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		sent, err := readPayload(document)
		switch {
		case err != nil:
			outcomes[i] = load.Outcome{State: load.Rejected, Message: err.Error()}
		case !*t.client.conn.AssumeOpenAPI:
			outcomes[i] = load.Outcome{
				State: load.InDoubt, TargetDocumentNo: sent.code,
				Message: "vouchers cannot be read back from this server (open_api): look for it in T+",
			}
		default:
			var fate fate
			about := erphttp.About(ctx, document.ID)
			if outcomes[i], fate, err = t.lookUp(about, sent); fate == barred {
				return nil, &load.UnavailableError{Cause: err}
			}
			outcomes[i] = revised(document, outcomes[i])
		}
	}
	return outcomes, nil
}

// revised leaves it to a person where the voucher is there and the document is a
// later revision: a look-up does not show which of them made it, and T+ takes no
// changes.
func revised(document load.Document, found load.Outcome) load.Outcome {
	if document.Revision > 1 && found.State == load.Sent {
		found.State = load.Rejected
		found.Message = fmt.Sprintf("the voucher %s is there, perhaps as an earlier revision than %d: compare it by hand; %s",
			found.TargetDocumentNo, document.Revision, found.Message)
	}
	return found
}

// look is lookUp where nothing can be stopped any more.
func (t *Target) look(ctx context.Context, sent voucher) load.Outcome {
	outcome, _, _ := t.lookUp(ctx, sent)
	return outcome
}

// lookUp finds out whether T+ has a voucher, and whether it is this document.
func (t *Target) lookUp(ctx context.Context, sent voucher) (load.Outcome, fate, error) {
	shown, fate, err := t.client.find(ctx, sent.code)
	outcome := load.Outcome{TargetDocumentNo: sent.code}
	switch {
	case err != nil:
		outcome.State, outcome.Message = load.InDoubt, "the look-up failed: "+err.Error()
		return outcome, fate, err
	case shown == nil:
		outcome.State, outcome.Message = load.Waiting, "no voucher has the number "+sent.code
		return outcome, fate, nil
	}
	outcome.TargetDocumentID = shown.id
	switch found, why := prove(sent, *shown); found {
	case isOurs:
		outcome.State, outcome.Message = load.Sent, "it was there already: "+why
	case isOther:
		outcome.State, outcome.Message = load.Rejected, "the voucher "+sent.code+" is there and is another one: "+why
	default:
		outcome.State, outcome.Message = load.InDoubt, "the voucher "+sent.code+" is there, but whose it is cannot be told; "+why
	}
	return outcome, fate, nil
}

// Check asks for a warehouse that cannot exist, and says in words what is wrong
// with the credentials or the clock. It may renew a token; it writes nothing.
func (t *Target) Check(ctx context.Context) erphttp.Health {
	config := t.client.http.Config
	config.Settings.MaxAttempts, config.Settings.MaxThrottles = 2, 1
	config.Settings.MaxWait = min(config.Settings.MaxWait, 3*time.Second)
	config.Settings.Timeout = min(config.Settings.Timeout, 20*time.Second)
	hurried := *t.client
	hurried.http, hurried.gate = erphttp.New(config), &gate{}
	answer, fate, err := hurried.call(ctx, "warehouse/Query", []byte(`{"param":{"Code":"pandian-doctor"}}`), false)
	var failed *erphttp.Error
	switch {
	case err == nil:
		return erphttp.CheckUp(answer.Skew, nil)
	case fate == refused && errors.As(err, &failed):
		return erphttp.CheckUp(failed.Skew, nil) // it knows us, and did not find it
	default:
		return erphttp.CheckUp(erphttp.Skew{}, err)
	}
}
