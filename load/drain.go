// Package load empties outboxes: it claims documents, hands them to a target,
// and writes down what came of each.
//
// No transaction is open while a target is called. A claim is committed before
// the call and names a token; results are written in one transaction that begins
// with taking the claim away from under that token, so a worker that was frozen
// and lost its claim writes nothing. What is delivered how often rests on this
// alone, whatever number of workers, processes and machines drain one outbox.
package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// Drain sends the documents of an outbox until nothing is pending or due, and
// returns what it did. Documents whose next attempt lies in the future stay.
//
// When ctx ends, nothing more is claimed, calls under way get settings.Grace to
// come back, and what was not sent goes back without an attempt being counted;
// the error then wraps the cause of ctx. An *UnavailableError of the target stops
// the drain in the same way. Any other error is the database's; documents
// whose results could not be written are taken over after their lease. The counts
// are true in every case.
func Drain(ctx context.Context, pool *pgxpool.Pool, outbox Outbox, target Target, settings Settings) (Counts, error) {
	settings = settings.withDefaults()
	if err := settings.check(); err != nil {
		return Counts{}, fmt.Errorf("drain %s: %w", outbox, err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	shared := tally{progress: settings.Progress}

	newWorker := func() *worker {
		return &worker{
			pool: pool, outbox: outbox, settings: settings, stop: stop, tally: &shared,
			sender: newSender(target, settings),
		}
	}
	epoch, err := newWorker().askEpoch(ctx)
	if err == nil {
		err = newWorker().sweep(ctx)
	}
	if err != nil {
		return shared.counts, fmt.Errorf("drain %s: %w", outbox, err)
	}
	var working sync.WaitGroup
	for range settings.Workers {
		working.Go(func() {
			worker := newWorker()
			worker.epoch = epoch
			if err := worker.run(ctx); err != nil {
				stop(err)
			}
		})
	}
	working.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return shared.counts, fmt.Errorf("drain %s: %w", outbox, cause)
	}
	return shared.counts, nil
}

// worker claims and sends one batch after the other.
type worker struct {
	pool     *pgxpool.Pool
	outbox   Outbox
	settings Settings
	sender   *sender
	// stop ends the work of all workers of the drain.
	stop context.CancelCauseFunc
	*tally
	// epoch is the life of the database in which the drain began.
	epoch Epoch

	lookedForTrouble time.Time
	hadTrouble       bool
	// sent counts towards settings.Limit.
	sent int
}

// tally gathers the counts of all workers of a drain.
type tally struct {
	mutex    sync.Mutex
	counts   Counts
	progress func(Counts)
}

// run works until nothing is left, the context ends or the database fails.
func (w *worker) run(ctx context.Context) error {
	for ctx.Err() == nil && w.allowance(1) > 0 {
		taken, err := w.take(ctx)
		if err != nil {
			return err
		}
		if taken == nil {
			return nil
		}
		if err := w.beware(ctx, taken); err != nil {
			w.count(Counts{Lost: len(taken.documents) + len(taken.spent)})
			return err
		}
		if err := w.work(ctx, taken); err != nil {
			return err
		}
	}
	return nil
}

// allowance is how many of count documents may still be sent.
func (w *worker) allowance(count int) int {
	if w.settings.Limit == 0 {
		return count
	}
	return min(count, w.settings.Limit-w.sent)
}

// sweepSize is how many documents one statement closes: a mapping may have overtaken
// all that an outbox has, and each statement has a deadline.
const sweepSize = 5000

// sweep closes documents in trouble that a newer revision has overtaken.
func (w *worker) sweep(ctx context.Context) error {
	for swept := int32(sweepSize); swept == sweepSize && ctx.Err() == nil; {
		err := w.inDatabase(ctx, func(ctx context.Context, _ int) (err error) {
			swept, err = db.New(w.pool).OutboxRetrySupersede(ctx, db.OutboxRetrySupersedeParams{
				ConnectionCode: w.outbox.Connection,
				PipelineCode:   w.outbox.Pipeline,
				BatchSize:      sweepSize,
				RunID:          w.runID(),
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("close superseded documents: %w", err)
		}
		w.count(Counts{Swept: int(swept), Superseded: int(swept)})
	}
	return nil
}

// databaseTries is how often an exchange with the database is tried while it fails:
// for some two seconds, and longer where it does not answer.
const databaseTries = 5

// inDatabase gives an exchange with the database its deadline, and repeats it when
// it fails, unless the lease is lost. try counts from 1.
//
// The end of the drain does not cut it short: results that are not written would be
// sent again, and a claim whose answer was not heard would count as an attempt.
func (w *worker) inDatabase(ctx context.Context, exchange func(ctx context.Context, try int) error) error {
	for try := 1; ; try++ {
		err := w.tryDatabase(context.WithoutCancel(ctx), func(ctx context.Context) error { return exchange(ctx, try) })
		switch {
		case err == nil || errors.Is(err, errLeaseLost):
			return err
		case try == databaseTries:
			return fmt.Errorf("tried %d times: %w", try, err)
		}
		repeat.Note(ctx, nil, "", try, err) // the line below tells it
		w.settings.Logger.Warn("the database failed, trying again", "outbox", w.outbox.String(), "try", try, "error", err)
		longest := time.Duration(try*try) * 50 * time.Millisecond
		time.Sleep(longest/2 + rand.N(longest/2)) // those who met must not meet again
	}
}

// tryDatabase gives one exchange its deadline.
func (w *worker) tryDatabase(ctx context.Context, exchange func(context.Context) error) error {
	late := fmt.Errorf("the database did not answer within %s", w.settings.DatabaseTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, w.settings.DatabaseTimeout, late)
	defer cancel()
	err := exchange(ctx)
	if err != nil && ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}

// runID is the run as outbox.result wants it: null for none.
func (w *worker) runID() *int64 {
	if w.settings.RunID == 0 {
		return nil
	}
	return &w.settings.RunID
}

// count adds to the counts of the drain and reports progress.
func (t *tally) count(more Counts) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.counts = t.counts.plus(more)
	if t.progress != nil {
		t.progress(t.counts)
	}
}
