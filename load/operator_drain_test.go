package load_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"pandian/load"
)

// Decisions of people while a drain is sending.

// What was let go of before the cursor passed it is sent once, whoever gets there
// first: the worker with the claim or the one with the documents in trouble.
func TestDrain_sends_what_is_in_trouble_ahead_of_the_cursor_once(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(4)
	f.exec(`
		insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
		select connection_code, pipeline_code, document_id, 'waiting', 0, now(), 'due again at the source'
		from outbox.document where business_key = 'k4'`)
	target := &erp{}
	settings := alone()
	settings.BatchSize = 1 // the trouble comes second, the document's own place fourth
	f.drain(target, settings)
	target.wantEachOnce(t, 4)
}

// fault 6: an operator decides while a worker is sending.
func TestOperator_leaves_alone_what_is_being_sent(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(2)
	inside, answer := make(chan struct{}), make(chan struct{})
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		close(inside)
		<-answer
		return []load.Outcome{{State: load.Sent}, {State: load.Rejected, Message: "no"}}, nil
	}}
	var drain sync.WaitGroup
	drain.Go(func() { f.drain(target, alone()) })
	<-inside
	f.wantDecision(f.decide("discard", "keys => '{k1,k2}'"), decision{Busy: 2})
	close(answer)
	drain.Wait()
	f.wantStates("sent", "rejected")
	if n := f.number(`select count(*) from ops.audit where verb = 'discard' and verdict = 'busy' and old_state = 'sending'`); n != 2 {
		t.Errorf("got %d rows of audit, want both attempts to be on record", n)
	}
	f.wantDecision(f.decide("discard", "keys => '{k1,k2}'"), decision{Done: 1, Refused: 1})
}

// fault 6, where the worker looked dead and was not: the answer decides, and what
// was held stays on record.
func TestOperator_hold_gives_way_to_an_answer_that_comes_late(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(3)
	inside, answer := make(chan struct{}), make(chan struct{})
	target := &erp{answer: func(context.Context, []load.Document) ([]load.Outcome, error) {
		close(inside)
		<-answer
		return []load.Outcome{{State: load.Sent}, {State: load.Rejected, Message: "no"}, {State: load.Waiting, Message: "full"}}, nil
	}}
	var drain sync.WaitGroup
	drain.Go(func() { f.drain(target, alone()) })
	<-inside
	f.exec(`update outbox.claim set lease_until = now() - interval '1 second'`)
	f.wantDecision(f.decide("hold", "keys => '{k1,k2,k3}'"), decision{Done: 3})
	close(answer)
	drain.Wait()
	f.wantStates("sent", "held", "held")
	f.wantDecision(f.decide("release", "states => '{held}'"), decision{Done: 2})
	f.wantStates("sent", "rejected", "waiting")
}

// Two connections: a person holds documents while a claim waits for the cursor.
func TestOperator_hold_wins_over_a_claim_that_waits_for_the_cursor(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(3)
	person := f.begin()
	person.exec(`select ops.hold('stock-compare', 'because', keys => '{k2}')`)
	target := &erp{}
	var drain sync.WaitGroup
	drain.Go(func() { f.drain(target, alone()) })
	f.until("the claim waits for the cursor", `
		select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%OutboxClaimNext%' and datname = current_database())`)
	person.commit()
	drain.Wait()
	f.wantStates("sent", "held", "sent")
	target.wantEachOnce(t, 2)
}

// The decisions of people in the middle of a drain, again and again: each document
// arrives once in the end, or is where a person left it.
func TestOperator_decides_on_ten_thousand_while_a_drain_is_running(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	const all = 10_000
	f.putMany(all)
	f.exec(`insert into ops.pipeline (pipeline_code, target_connection_code, params) values ('stock-compare', 'erp', '{}') on conflict do nothing`)
	target := &erp{answer: func(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
		time.Sleep(3 * time.Millisecond)
		return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
	}}
	settings := quick()
	settings.BatchSize = 50
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() { f.drain(target, settings) })
	}
	f.until("some are sent", `select count(*) > 500 from outbox.result`)
	held := f.decide("hold", "states => '{pending}'")
	work.Wait()
	if held.Done == 0 || target.arrived() != all-int(held.Done) {
		t.Fatalf("got %+v held and %d arrived of %d", held, target.arrived(), all)
	}
	f.wantDecision(f.decide("release", "older_than => '0 seconds'"), decision{Done: held.Done})
	f.wantDecision(f.decide("hold", "states => '{waiting,pending}'"), decision{Done: held.Done})
	for range 2 {
		work.Go(func() { f.drain(target, settings) })
	}
	f.wantDecision(f.decide("release", "states => '{held}'"), decision{Done: held.Done})
	work.Wait()
	f.drain(target, settings)
	target.wantEachOnce(t, all)
	if n := f.number(`select count(*) from ops.audit where document_count = $1`, held.Done); n != 4*int(held.Done) {
		t.Errorf("got %d rows of audit, want %d for each of 4 decisions", n, held.Done)
	}
}
