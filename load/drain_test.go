package load_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pandian/load"
)

func TestDrain_twice_at_once_sends_each_document_exactly_once(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(5000)
	settings := quick()
	settings.BatchSize, settings.Workers = 100, 3

	var total atomic.Int64
	var drains sync.WaitGroup
	for range 2 {
		drains.Go(func() {
			counts, err := load.Drain(f.Context(), f.pool, f.outbox, target, settings)
			if err != nil {
				t.Error(err)
			}
			f.balanced(counts)
			total.Add(int64(counts.Sent))
		})
	}
	drains.Wait()
	target.wantEachOnce(t, 5000)
	if total.Load() != 5000 {
		t.Errorf("got %d sent by the counts, want 5000", total.Load())
	}
	if n := f.number(`select count(*) from outbox.result where outcome = 'sent'`); n != 5000 {
		t.Errorf("got %d results, want 5000", n)
	}
	if n := f.number(`select count(*) from outbox.claim`); n != 0 {
		t.Errorf("got %d claims left over, want none", n)
	}
}

func TestDrain_of_an_outbox_that_nobody_wrote_to_does_nothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.outbox.Pipeline = "other"
	if counts := f.drain(&erp{}, quick()); counts != (load.Counts{}) {
		t.Errorf("got %+v, want nothing", counts)
	}
}

// fault 28: what a newer revision has overtaken is not sent.
func TestDrain_sends_only_the_newest_revision(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.put("a", "1")
	f.put("b", "1")
	f.put("a", "2")
	f.put("a", "3")
	counts := f.drain(target, load.Settings{BatchSize: 2, Workers: 1})
	if counts.Sent != 2 || counts.Superseded != 2 {
		t.Errorf("got %+v, want 2 sent, 2 superseded", counts)
	}
	if want := []string{"b/1", "a/3"}; !slices.Equal(target.order, want) {
		t.Errorf("got %v sent, want %v", target.order, want)
	}
	f.wantStates("superseded", "sent", "superseded", "sent")
}

// fault 28: a newer revision waits for an older one that another worker is sending.
func TestDrain_does_not_let_a_newer_revision_overtake_an_older_one_under_way(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inside, release := make(chan struct{}), make(chan struct{})
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		if documents[0].Key == "a" && documents[0].Revision == 1 {
			close(inside)
			<-release
		}
		return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
	}}
	f.put("a", "1")
	var drains sync.WaitGroup
	settings := alone()
	drains.Go(func() { f.drain(target, settings) })
	<-inside
	w := f.begin()
	w.lock()
	w.put("a", "2")
	w.put("b", "1")
	w.commit()
	drains.Go(func() { f.drain(target, settings) })
	f.until("the newer revision is claimed", `select exists (select from outbox.claim where first_document_id > 1)`)
	for target.arrived() < 1 {
		time.Sleep(time.Millisecond) // b does not wait for a
	}
	time.Sleep(20 * time.Millisecond)
	close(release)
	drains.Wait()
	if at := slices.Index(target.order, "a/2"); at < slices.Index(target.order, "a/1") {
		t.Errorf("got order %v, want a/1 before a/2", target.order)
	}
	target.wantEachOnce(t, 3)
	f.wantStates("sent", "sent", "sent")
}

// fault 28: when patience runs out the newer revision is left for later, uncounted.
func TestDrain_defers_a_newer_revision_when_the_older_one_takes_too_long(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inside, release := make(chan struct{}), make(chan struct{})
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		if documents[0].Revision == 1 {
			close(inside)
			<-release
		}
		return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
	}}
	f.put("a", "1")
	settings := alone()
	var drain sync.WaitGroup
	drain.Go(func() { f.drain(target, settings) })
	<-inside
	f.put("a", "2")
	impatient := settings
	impatient.OrderPatience, impatient.BaseBackoff, impatient.MaxBackoff = 10*time.Millisecond, time.Hour, time.Hour
	if counts := f.drain(target, impatient); counts.Deferred != 1 || counts.Sent != 0 {
		t.Errorf("got %+v, want 1 deferred", counts)
	}
	f.wantStates("sending", "waiting")
	close(release)
	drain.Wait()
	f.exec(`update outbox.retry set run_at = now()`)
	f.drain(target, quick())
	if want := []string{"a/1", "a/2"}; !slices.Equal(target.order, want) {
		t.Errorf("got order %v, want %v", target.order, want)
	}
	if n := f.number(`select max(attempt) from outbox.result`); n != 1 {
		t.Errorf("got %d attempts, want the deferral not counted", n)
	}
}

// fault 24: a batch with bad rows settles row by row.
func TestDrain_settles_a_batch_row_by_row(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		outcomes := make([]load.Outcome, len(documents))
		for i, document := range documents {
			outcomes[i] = load.Outcome{State: load.Sent, TargetDocumentID: "id" + document.Key, TargetDocumentNo: "no" + document.Key}
			switch document.Key {
			case "k3":
				outcomes[i] = load.Outcome{State: load.Rejected, Message: "客户不存在"}
			case "k5":
				outcomes[i] = load.Outcome{State: load.Waiting, Message: "busy", RetryAfter: time.Hour}
			}
		}
		return outcomes, nil
	}}
	f.putMany(6)
	counts := f.drain(target, quick())
	if counts.Sent != 4 || counts.Rejected != 1 || counts.Waiting != 1 {
		t.Errorf("got %+v, want 4 sent, 1 rejected, 1 waiting", counts)
	}
	f.wantStates("sent", "sent", "rejected", "sent", "waiting", "sent")
	if n := f.number(`select count(*) from outbox.delivery where state = 'rejected' and message = '客户不存在' and attempt_count = 1`); n != 1 {
		t.Errorf("got %d rejected documents with the target's message, want 1", n)
	}
	if n := f.number(`select count(*) from outbox.delivery where target_document_no = 'no' || business_key and target_document_id = 'id' || business_key`); n != 4 {
		t.Errorf("got %d documents with the target's names, want 4", n)
	}
	if again := f.drain(target, quick()); again != (load.Counts{}) {
		t.Errorf("got %+v in a second drain, want nothing: one waits for a person, one for its time", again)
	}
}

// fault 24, fault 5: without a word about the row, the batch is halved; a panic too.
func TestDrain_isolates_the_document_that_fails_the_batch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		for _, document := range documents {
			if document.Key == "k9" {
				panic("nil payload")
			}
			if document.Key == "k40" {
				return nil, errors.New("refused without saying why")
			}
		}
		return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
	}}
	f.putMany(50)
	settings := quick()
	settings.BaseBackoff, settings.MaxBackoff = time.Hour, time.Hour
	counts := f.drain(target, settings)
	if counts.Sent != 48 || counts.Waiting != 2 || counts.Calls > 1+2*2*6 {
		t.Errorf("got %+v, want 48 sent, 2 waiting, at most 25 calls", counts)
	}
	target.wantEachOnce(t, 48)
	if n := f.number(`select count(*) from outbox.delivery where state = 'waiting' and business_key in ('k9', 'k40')`); n != 2 {
		t.Errorf("got %d waiting, want k9 and k40", n)
	}
}

// fault 27: a poison document is parked with what was said last, and blocks nobody.
func TestDrain_abandons_a_poison_document_after_its_attempts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var attempts []int
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		for _, document := range documents {
			if document.Key == "k2" {
				if len(documents) == 1 {
					attempts = append(attempts, document.Attempt)
				}
				return nil, errors.New("boom")
			}
		}
		return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
	}}
	f.putMany(3)
	settings := quick()
	settings.MaxAttempts, settings.Workers = 3, 1
	for range 3 {
		f.drain(target, settings)
		time.Sleep(50 * time.Millisecond) // longer than the longest backoff
	}
	if want := []int{1, 2, 3}; !slices.Equal(attempts, want) {
		t.Errorf("got attempts %v, want %v", attempts, want)
	}
	f.wantStates("sent", "abandoned", "sent")
	if again := f.drain(target, settings); again.Taken() != 0 {
		t.Errorf("got %+v, want the abandoned document left alone", again)
	}
	if n := f.number(`select count(*) from outbox.retry where message = 'boom' and attempt = 3 and token is null`); n != 1 {
		t.Errorf("got %d parked documents with their last message, want 1", n)
	}
	if n := f.number(`select count(*) from outbox.result where document_id = 2 and outcome in ('waiting', 'abandoned')`); n != 3 {
		t.Errorf("got %d results of the poison document, want one per attempt: 3", n)
	}
}

func TestDrain_tries_a_waiting_document_again_when_its_time_has_come(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var busy atomic.Bool
	busy.Store(true)
	target := &erp{answer: func(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
		if busy.Load() {
			return always(load.Outcome{State: load.Waiting, Message: "busy", RetryAfter: time.Hour})(ctx, documents)
		}
		return always(load.Outcome{State: load.Sent})(ctx, documents)
	}}
	f.putMany(2)
	f.drain(target, quick())
	busy.Store(false)
	if counts := f.drain(target, quick()); counts.Taken() != 0 {
		t.Errorf("got %+v before the time, want nothing taken", counts)
	}
	f.exec(`update outbox.retry set run_at = now() where document_id = 1`)
	if counts := f.drain(target, quick()); counts.Retried != 1 || counts.Sent != 1 {
		t.Errorf("got %+v at the time of one document, want it retried and sent", counts)
	}
	f.wantStates("sent", "waiting")
	if n := f.number(`select count(*) from outbox.retry`); n != 1 {
		t.Errorf("got %d documents in trouble, want 1: the sent one is out of it", n)
	}
	if n := f.number(`select attempt from outbox.result where document_id = 1 and outcome = 'sent'`); n != 2 {
		t.Errorf("got attempt %d, want 2", n)
	}
}

func TestDrain_supersedes_documents_in_trouble_when_a_newer_revision_came(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		outcomes := make([]load.Outcome, len(documents))
		for i, document := range documents {
			outcomes[i] = map[string]load.Outcome{
				"rejected": {State: load.Rejected}, "waiting": {State: load.Waiting, RetryAfter: time.Hour}, "good": {State: load.Sent},
			}[string(document.Payload)]
		}
		return outcomes, nil
	}}
	f.put("a", "rejected")
	f.put("b", "waiting")
	f.put("c", "rejected")
	f.drain(target, quick())
	f.put("a", "good")
	f.put("b", "good")
	counts := f.drain(target, quick())
	if counts.Swept != 2 || counts.Superseded != 2 || counts.Sent != 2 {
		t.Errorf("got %+v, want 2 swept, 2 sent", counts)
	}
	f.wantStates("superseded", "superseded", "rejected", "sent", "sent")
}

// fault 6: what a person holds is not sent, before it is claimed and after.
func TestDrain_leaves_alone_what_a_person_holds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	hold := `insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message, decided_by)
		values ('wdt-main', 'stock-compare', $1, 'held', 0, now(), 'price is wrong', 'li')`
	f.putMany(3)
	f.exec(hold, 2)
	target := &erp{}
	if counts := f.drain(target, quick()); counts.Sent != 2 || counts.Parked != 1 {
		t.Errorf("got %+v, want 2 sent, 1 parked", counts)
	}
	f.wantStates("sent", "held", "sent")
	f.exec(`update outbox.retry set state = 'waiting', run_at = now()`)
	f.drain(target, quick())
	f.wantStates("sent", "sent", "sent")
	target.wantEachOnce(t, 3)
}

// fault 6: a person decides while the document is being sent. What was sent is
// sent; what was not stays with the person.
func TestDrain_respects_a_decision_made_while_the_document_is_sent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(2)
	f.drain(&erp{answer: always(load.Outcome{State: load.Waiting})}, quick())
	time.Sleep(50 * time.Millisecond)
	target := &erp{answer: func(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
		f.exec(`update outbox.retry set state = 'held', decided_by = 'li'`)
		outcomes := slices.Repeat([]load.Outcome{{State: load.Waiting}}, len(documents))
		outcomes[0].State = load.Sent
		return outcomes, nil
	}}
	f.drain(target, quick())
	f.wantStates("sent", "held")
}

func TestDrain_writes_back_only_what_changes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	// The payload is the value to write back.
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		outcomes := make([]load.Outcome, len(documents))
		for i, document := range documents {
			field := load.Writeback{Dataset: "wdt.stock", RecordKey: document.Key, Field: "currentqty"}
			if value := string(document.Payload); value != "gone" {
				field.Value = &value
			}
			outcomes[i] = load.Outcome{State: load.Sent, Writeback: []load.Writeback{field}}
		}
		return outcomes, nil
	}}
	f.put("1@1", "12.5")
	f.put("2@1", "7")
	f.put("3@1", "gone")
	if counts := f.drain(target, quick()); counts.Sent != 3 || counts.Writebacks != 3 {
		t.Errorf("first: got %+v, want 3 sent, 3 written back", counts)
	}
	before := f.number(`select sum(xmin::text::bigint + document_id) from outbox.writeback`)
	f.put("1@1", "12.5")
	f.put("2@1", "7")
	f.put("3@1", "gone")
	if counts := f.drain(target, quick()); counts.Sent != 3 || counts.Writebacks != 0 {
		t.Errorf("same again: got %+v, want 3 sent, nothing written back", counts)
	}
	if after := f.number(`select sum(xmin::text::bigint + document_id) from outbox.writeback`); after != before {
		t.Errorf("rows were written again although nothing changed")
	}
	f.put("1@1", "gone")
	f.put("3@1", "")
	if counts := f.drain(target, quick()); counts.Writebacks != 2 {
		t.Errorf("changed: got %+v, want 2 written back", counts)
	}
	if n := f.number(`select count(*) from outbox.writeback where (record_key, coalesce(value, '<null>')) in (('1@1', '<null>'), ('2@1', '7'), ('3@1', ''))`); n != 3 {
		t.Errorf("got %d of 3 values as written", n)
	}
}

func TestReadBacklog_counts_what_is_left(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.putMany(3)
	f.drain(&erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		return []load.Outcome{{State: load.Sent}, {State: load.Rejected}, {State: load.Waiting, RetryAfter: time.Hour}}, nil
	}}, quick())
	f.put("x", "1")
	f.put("y", "1")
	got, err := load.ReadBacklog(f.Context(), f.pool, f.outbox)
	if err != nil {
		t.Fatal(err)
	}
	got.OldestAge = 0
	if want := (load.Backlog{Pending: 2, Rejected: 1, Waiting: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f.outbox.Pipeline = "other"
	if got, err := load.ReadBacklog(f.Context(), f.pool, f.outbox); err != nil || got != (load.Backlog{}) {
		t.Errorf("unknown outbox: got %+v and error %v, want nothing", got, err)
	}
}

func TestDrain_refuses_settings_that_make_no_sense(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, err := load.Drain(f.Context(), f.pool, f.outbox, &erp{}, load.Settings{Workers: -1, BaseBackoff: time.Hour, MaxBackoff: time.Second})
	if err == nil || !strings.Contains(err.Error(), "workers is -1") || !strings.Contains(err.Error(), "shorter than base backoff") {
		t.Errorf("got %v, want both faults named", err)
	}
}

func TestDrain_with_a_limit_sends_that_many_and_leaves_the_rest_for_later(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(25)
	limited := quick()
	limited.BatchSize, limited.SendSize, limited.Workers, limited.Limit = 10, 4, 3, 7
	for run, want := range []int{7, 14, 21, 25, 25} {
		counts := f.drain(target, limited)
		f.balanced(counts)
		if target.arrived() != want {
			t.Errorf("after drain %d: got %d documents at the target, want %d", run+1, target.arrived(), want)
		}
	}
	target.wantEachOnce(t, 25)
}

// A claim that a dead worker left is larger than the limit.
func TestDrain_with_a_limit_gives_back_what_it_took_over_and_may_not_send(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(20)
	f.exec(`update outbox.cursor set next_document_id = (select max(document_id) + 1 from outbox.document)`)
	f.exec(`insert into outbox.claim (connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until)
		select connection_code, pipeline_code, min(document_id), max(document_id), 1, 'dead', 1, clock_timestamp() - interval '1 minute'
		from outbox.document group by connection_code, pipeline_code`)
	limited := quick()
	limited.Limit = 3
	f.drain(target, limited)
	if target.arrived() != 3 {
		t.Errorf("got %d documents at the target, want 3", target.arrived())
	}
	f.drain(target, quick())
	target.wantEachOnce(t, 20)
}
