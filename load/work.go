package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pandian/internal/db"
)

// settlement is what is to be written about one document.
type settlement struct {
	document Document
	outcome  Outcome
	decision Decision
	// deferred documents were not sent and get no result, only a place in
	// outbox.retry.
	deferred bool
}

// standing sorts the documents of a batch by whether they may be sent.
type standing struct {
	ready []Document
	// overtaken are those of ready that may only be looked up.
	overtaken map[int64]bool
	// blocked wait for an older revision that another worker is sending.
	blocked []Document
	// closed need nothing but a result.
	closed []settlement
}

// work sends a batch and writes its results. An error means that the results could
// not be written.
func (w *worker) work(ctx context.Context, taken *batch) error {
	kept := w.keep(ctx, taken.lease, taken.since)
	defer kept.stop()

	stands, err := w.stand(ctx, taken, taken.documents)
	if err != nil {
		w.count(Counts{Lost: len(taken.documents) + len(taken.spent)})
		return err
	}
	done := append(w.giveUp(taken.spent), stands.closed...)
	queue, blocked := stands.ready, stands.blocked
	allowed := w.allowance(len(queue))
	queue, surplus := slices.Clip(queue[:allowed]), slices.Clip(queue[allowed:])
	w.sent += allowed
	for ctx.Err() == nil && kept.ctx.Err() == nil && len(queue)+len(blocked) > 0 {
		if len(queue) == 0 {
			if stands, err = w.awaitTurn(ctx, taken, blocked); err != nil {
				break // what is written down is safe; the blocked go back
			}
			done = append(done, stands.closed...)
			done = append(done, w.postpone(stands.blocked)...)
			allowed := w.allowance(len(stands.ready))
			w.sent += allowed
			surplus = append(surplus, stands.ready[allowed:]...)
			queue, blocked = stands.ready[:allowed], nil
			continue
		}
		chunk := queue[:min(taken.sendSize, len(queue))]
		settled, unsent, stopped := w.send(kept, chunk, stands.overtaken)
		done = append(done, settled...)
		queue = append(unsent, queue[len(chunk):]...)
		if stopped != nil {
			if !errors.Is(stopped, errLeaseLost) {
				w.stop(stopped)
			}
			break
		}
		if len(queue)+len(blocked) > 0 {
			if isHeld, err := w.complete(ctx, taken, done, nil, false); err != nil || !isHeld {
				w.count(Counts{Lost: len(queue) + len(blocked)})
				return err
			}
			done = nil
		}
	}
	_, completeErr := w.complete(ctx, taken, done, slices.Concat(queue, surplus, blocked), true)
	return errors.Join(err, completeErr)
}

// send hands documents to the target. It returns those that were not attempted,
// and why when nothing more should be attempted.
func (w *worker) send(kept *keeper, documents []Document, overtaken map[int64]bool) (settled []settlement, unsent []Document, stopped error) {
	calls, lookups := w.sender.calls, w.sender.lookups
	outcomes, stopped := w.sender.deliver(kept.ctx, documents, overtaken, kept.isGood)
	w.count(Counts{Calls: w.sender.calls - calls, Lookups: w.sender.lookups - lookups})
	for i, outcome := range outcomes {
		if outcome.State == "" {
			unsent = append(unsent, documents[i])
			continue
		}
		settled = append(settled, w.settle(documents[i], outcome))
	}
	return settled, unsent, stopped
}

func (w *worker) settle(document Document, outcome Outcome) settlement {
	return settlement{
		document: document,
		outcome:  outcome,
		decision: Decide(document.ID, outcome, document.counted(), w.settings),
	}
}

// giveUp settles documents that ended one worker after the other.
func (w *worker) giveUp(spent []Document) []settlement {
	var settled []settlement
	for _, document := range spent {
		outcome := w.sender.unknown(fmt.Sprintf("no worker came back from the last of %d attempts", document.counted()-1))
		settled = append(settled, w.settle(document, outcome))
	}
	return settled
}

// postpone leaves documents for later without counting an attempt.
func (w *worker) postpone(documents []Document) []settlement {
	var settled []settlement
	for _, document := range documents {
		state := Waiting
		if document.InDoubt {
			state = InDoubt
		}
		document.Attempt--
		settled = append(settled, settlement{
			document: document,
			outcome:  Outcome{State: state, Message: "waits for an older revision that is under way"},
			decision: Decision{State: state, Wait: w.settings.BaseBackoff},
			deferred: true,
		})
	}
	return settled
}

// stand asks which documents may be sent. It is asked only where a document may
// have another revision.
func (w *worker) stand(ctx context.Context, taken *batch, documents []Document) (standing, error) {
	if !taken.mustAsk || len(documents) == 0 {
		return standing{ready: documents}, nil
	}
	asked := db.OutboxDocumentStandingParams{
		ConnectionCode:  w.outbox.Connection,
		PipelineCode:    w.outbox.Pipeline,
		DocumentIds:     idsOf(documents),
		Token:           taken.lease.token(),
		IsDoubtBlocking: w.sender.finder != nil,
	}
	for _, document := range documents {
		asked.BusinessKeys = append(asked.BusinessKeys, document.Key)
		asked.Revisions = append(asked.Revisions, int32(document.Revision))
	}
	var rows []db.OutboxDocumentStandingRow
	err := w.inDatabase(ctx, func(ctx context.Context, _ int) (err error) {
		rows, err = db.New(w.pool).OutboxDocumentStanding(ctx, asked)
		return err
	})
	if err != nil {
		return standing{}, fmt.Errorf("ask which documents may be sent: %w", err)
	}
	return w.sort(documents, rows), nil
}

// sort divides documents by what is known against sending them, and keeps of
// several revisions of one key only the newest.
func (w *worker) sort(documents []Document, against []db.OutboxDocumentStandingRow) standing {
	isSuperseded, isBlocked := map[int64]bool{}, map[int64]bool{}
	for _, row := range against {
		isSuperseded[row.DocumentID] = row.IsSuperseded
		isBlocked[row.DocumentID] = !row.IsSuperseded
	}
	newest := map[string]int{}
	for _, document := range documents {
		newest[document.Key] = max(newest[document.Key], document.Revision)
	}
	sorted := standing{overtaken: map[int64]bool{}}
	for _, document := range documents {
		isOvertaken := isSuperseded[document.ID] || document.Revision < newest[document.Key]
		switch {
		case isOvertaken && document.InDoubt && w.sender.finder != nil:
			sorted.overtaken[document.ID] = true
			sorted.ready = append(sorted.ready, document)
		case isOvertaken:
			sorted.closed = append(sorted.closed, w.settle(document, Outcome{State: Superseded}))
		case isBlocked[document.ID]:
			sorted.blocked = append(sorted.blocked, document)
		default:
			sorted.ready = append(sorted.ready, document)
		}
	}
	return sorted
}

// awaitTurn waits until the older revisions of all documents are settled, for as
// long as the patience lasts. What is blocked then stays so.
func (w *worker) awaitTurn(ctx context.Context, taken *batch, blocked []Document) (standing, error) {
	giveUp := time.Now().Add(w.settings.OrderPatience)
	pause := time.NewTicker(max(w.settings.OrderPatience/100, time.Millisecond))
	defer pause.Stop()
	for {
		stands, err := w.stand(ctx, taken, slices.Clone(blocked))
		if err != nil || len(stands.blocked) == 0 || time.Now().After(giveUp) {
			return stands, err
		}
		select {
		case <-ctx.Done():
			return stands, nil
		case <-pause.C:
		}
	}
}
