package load_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"pandian/load"
)

// ledger is an erp that can look documents up by their key.
type ledger struct {
	erp
	looked []int64
}

func (l *ledger) Lookup(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		l.looked = append(l.looked, document.ID)
		outcomes[i].State = load.Waiting
		if l.sent[document.ID] > 0 {
			outcomes[i] = load.Outcome{State: load.Sent, TargetDocumentNo: "found"}
		}
	}
	return outcomes, nil
}

// fault 3: a worker is frozen while it sends, another takes its documents over,
// and then the first one wakes. Written out step by step.
func TestDrain_drops_the_results_of_a_worker_that_was_frozen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(3)
	inside, thaw := make(chan struct{}), make(chan struct{})
	frozen := &erp{answer: func(context.Context, []load.Document) ([]load.Outcome, error) {
		close(inside)
		<-thaw
		return slices.Repeat([]load.Outcome{{State: load.Rejected, Message: "stale"}}, 3), nil
	}}
	var counts load.Counts
	var drain sync.WaitGroup
	drain.Go(func() { counts = f.drain(frozen, alone()) })
	<-inside
	f.wantStates("sending", "sending", "sending")

	f.exec(`update outbox.claim set lease_until = now() - interval '1 second'`) // as if a lease had passed
	second := &erp{}
	if taken := f.drain(second, quick()); taken.TakenOver != 3 || taken.Sent != 3 {
		t.Errorf("got %+v, want 3 taken over and sent", taken)
	}
	close(thaw)
	drain.Wait()

	if counts.Lost != 3 || counts.Rejected != 0 {
		t.Errorf("got %+v of the frozen worker, want 3 lost", counts)
	}
	f.wantStates("sent", "sent", "sent")
	if n := f.number(`select count(*) from outbox.result`); n != 3 {
		t.Errorf("got %d results, want 3", n)
	}
	if n := f.number(`select count(*) from outbox.retry`); n != 0 {
		t.Errorf("got %d documents in trouble, want none", n)
	}
}

// fault 3, on the other queue: documents in trouble are fenced row by row.
func TestDrain_drops_the_results_of_a_worker_that_was_frozen_over_a_retry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(2)
	f.drain(&erp{answer: always(load.Outcome{State: load.Waiting})}, quick())
	time.Sleep(50 * time.Millisecond)
	inside, thaw := make(chan struct{}), make(chan struct{})
	frozen := &erp{answer: func(context.Context, []load.Document) ([]load.Outcome, error) {
		close(inside)
		<-thaw
		return slices.Repeat([]load.Outcome{{State: load.Rejected, Message: "stale"}}, 2), nil
	}}
	var counts load.Counts
	var drain sync.WaitGroup
	drain.Go(func() { counts = f.drain(frozen, alone()) })
	<-inside
	f.exec(`update outbox.retry set lease_until = now() - interval '1 second' where document_id = 1`)
	f.drain(&erp{answer: always(load.Outcome{State: load.Waiting, Message: "fresh", RetryAfter: time.Hour})}, quick())
	close(thaw)
	drain.Wait()
	if counts.Lost != 1 || counts.Rejected != 1 {
		t.Errorf("got %+v of the frozen worker, want 1 lost, and 1 that was still its own", counts)
	}
	f.wantStates("waiting", "rejected")
}

// A worker died: its claim is taken over after the lease, and only what has no
// result is sent.
func TestDrain_takes_over_what_a_dead_worker_left(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(4)
	f.exec(`insert into outbox.claim values ('wdt-main', 'stock-compare', 1, 4, 99, 'dead', 1, now() + interval '1 hour')`)
	f.exec(`update outbox.cursor set next_document_id = 5`)
	f.exec(`insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome) values ('wdt-main', 'stock-compare', 1, 1, 'sent')`)
	if counts := f.drain(target, quick()); counts.Taken() != 0 {
		t.Errorf("got %+v while the lease holds, want nothing taken", counts)
	}
	f.exec(`update outbox.claim set lease_until = now() - interval '1 second'`)
	if counts := f.drain(target, quick()); counts.TakenOver != 3 || counts.Sent != 3 {
		t.Errorf("got %+v, want 3 taken over", counts)
	}
	target.wantEachOnce(t, 3)
	f.wantStates("sent", "sent", "sent", "sent")
	if n := f.number(`select count(*) from outbox.result where attempt = 2`); n != 3 {
		t.Errorf("got %d second attempts, want 3", n)
	}
}

// fault 23: the answer was lost after the target had kept the documents. They are
// found, not sent again.
func TestDrain_asks_the_target_before_it_sends_a_taken_over_document(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &ledger{}
	f.putMany(4)
	f.exec(`insert into outbox.claim values ('wdt-main', 'stock-compare', 1, 4, 99, 'dead', 1, now() - interval '1 second')`)
	f.exec(`update outbox.cursor set next_document_id = 5`)
	target.keep(load.Document{ID: 1})
	target.keep(load.Document{ID: 3})
	counts := f.drain(target, quick())
	if counts.Sent != 4 || counts.Lookups != 1 || counts.Calls != 1 {
		t.Errorf("got %+v, want 4 sent with one look-up and one call", counts)
	}
	target.wantEachOnce(t, 4)
	if n := f.number(`select count(*) from outbox.delivery where target_document_no = 'found'`); n != 2 {
		t.Errorf("got %d documents found, want 2", n)
	}
}

// fault 23: a lost answer puts the document in doubt; the next attempt looks first.
func TestDrain_keeps_a_document_in_doubt_until_the_target_is_asked(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &ledger{}
	f.putMany(1)
	target.answer = func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		target.mutex.Lock()
		defer target.mutex.Unlock()
		target.keep(documents[0])
		return nil, errors.New("connection reset by peer")
	}
	settings := quick()
	settings.BaseBackoff, settings.MaxBackoff = time.Hour, time.Hour
	if counts := f.drain(target, settings); counts.InDoubt != 1 {
		t.Errorf("got %+v, want 1 in doubt", counts)
	}
	f.wantStates("in_doubt")
	f.put("k1", "newer") // waits behind the doubt
	settings.OrderPatience = time.Millisecond
	if counts := f.drain(target, settings); counts.Deferred != 1 {
		t.Errorf("got %+v, want the newer revision deferred", counts)
	}
	target.answer = nil
	f.exec(`update outbox.retry set run_at = now() where state = 'in_doubt'`)
	f.drain(target, settings)
	f.exec(`update outbox.retry set run_at = now()`)
	f.drain(target, settings)
	f.wantStates("sent", "sent")
	target.wantEachOnce(t, 2)
	if !slices.Equal(target.looked, []int64{1}) {
		t.Errorf("got look-ups of %v, want of document 1 alone", target.looked)
	}
}

func TestDrain_renews_the_lease_while_a_target_is_slow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(2)
	settings := quick()
	settings.Lease = 600 * time.Millisecond
	slow := &erp{answer: func(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
		time.Sleep(2 * settings.Lease)
		return always(load.Outcome{State: load.Sent})(ctx, documents)
	}}
	var drain sync.WaitGroup
	drain.Go(func() {
		if counts := f.drain(slow, settings); counts.Sent != 2 || counts.Lost != 0 {
			t.Errorf("got %+v, want 2 sent, none lost", counts)
		}
	})
	for range 2 {
		time.Sleep(settings.Lease * 4 / 5)
		if counts := f.drain(&erp{}, settings); counts.TakenOver != 0 {
			t.Errorf("got %+v, want nothing taken over from a living worker", counts)
		}
	}
	drain.Wait()
	slow.wantEachOnce(t, 2)
}

// fault 4: stop while documents are being sent. What is under way comes to its
// end, the rest goes back uncounted, and the next drain sends exactly that.
func TestDrain_gives_back_what_it_has_not_sent_when_it_is_stopped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(100)
	ctx, stop := context.WithCancel(f.Context())
	calls := 0
	target := &erp{}
	target.answer = func(sendCtx context.Context, documents []load.Document) ([]load.Outcome, error) {
		if calls++; calls == 3 {
			stop()
			time.Sleep(20 * time.Millisecond)
			if sendCtx.Err() != nil {
				t.Error("the call under way was cut off, want it to have its grace")
			}
		}
		return always(load.Outcome{State: load.Sent})(sendCtx, documents)
	}
	settings := quick()
	settings.BatchSize, settings.SendSize, settings.Workers = 50, 10, 1
	counts, err := load.Drain(ctx, f.pool, f.outbox, target, settings)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	f.balanced(counts)
	if counts.Sent != 30 || counts.GivenBack != 20 {
		t.Errorf("got %+v, want 30 sent, 20 given back", counts)
	}
	if n := f.number(`select count(*) from outbox.delivery where state = 'pending'`); n != 70 {
		t.Errorf("got %d pending, want 70", n)
	}
	if backlog, err := load.ReadBacklog(f.Context(), f.pool, f.outbox); err != nil || backlog.Pending != 70 || backlog.Sending != 0 {
		t.Errorf("got %+v and error %v, want 70 pending", backlog, err)
	}
	next := &ledger{erp: erp{sent: target.sent}}
	if counts := f.drain(next, quick()); counts.Sent != 70 || counts.Lookups != 0 {
		t.Errorf("got %+v, want 70 sent, and no doubt about any", counts)
	}
	next.wantEachOnce(t, 100)
	if n := f.number(`select max(attempt) from outbox.result`); n != 1 {
		t.Errorf("got %d attempts, want the stop not counted", n)
	}
}

// fault 4: the grace has its end, and then nobody knows what the target did.
func TestDrain_leaves_a_call_in_doubt_that_outlasts_its_grace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(1)
	ctx, stop := context.WithCancel(f.Context())
	target := &ledger{erp: erp{answer: func(sendCtx context.Context, _ []load.Document) ([]load.Outcome, error) {
		stop()
		<-sendCtx.Done()
		return nil, sendCtx.Err()
	}}}
	settings := quick()
	settings.Grace = 20 * time.Millisecond
	counts, err := load.Drain(ctx, f.pool, f.outbox, target, settings)
	if !errors.Is(err, context.Canceled) || counts.InDoubt != 1 {
		t.Errorf("got %+v and error %v, want 1 in doubt and context.Canceled", counts, err)
	}
	f.wantStates("in_doubt")
}

// fault 26: while the target is away no attempt is burnt.
func TestDrain_stops_uncounted_when_the_target_is_not_available(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(20)
	cause := errors.New("circuit open")
	target := &erp{answer: func(context.Context, []load.Document) ([]load.Outcome, error) {
		return nil, &load.UnavailableError{Cause: cause}
	}}
	settings := alone()
	for range 5 {
		counts, err := load.Drain(f.Context(), f.pool, f.outbox, target, settings)
		if !errors.Is(err, cause) || counts.GivenBack != 20 {
			t.Errorf("got %+v and error %v, want 20 given back and the cause", counts, err)
		}
		f.balanced(counts)
	}
	target.answer = nil
	f.drain(target, quick())
	target.wantEachOnce(t, 20)
	if n := f.number(`select max(attempt) from outbox.result`); n != 1 {
		t.Errorf("got %d attempts, want none burnt", n)
	}
}

// A document that ends the process each time is isolated and then given up.
func TestDrain_gives_up_a_document_that_no_worker_comes_back_from(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(3)
	settings := quick()
	settings.MaxAttempts = 4
	f.exec(`insert into outbox.claim values ('wdt-main', 'stock-compare', 1, 3, 99, 'dead', 4, now() - interval '1 second')`)
	f.exec(`update outbox.cursor set next_document_id = 4`)
	if counts := f.drain(target, settings); counts.Abandoned != 1 || counts.Sent != 2 || counts.Calls != 2 {
		t.Errorf("got %+v, want 1 abandoned and 2 sent one by one", counts)
	}
	f.wantStates("abandoned", "sent", "sent")
}
