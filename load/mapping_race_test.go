package load_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"pandian/internal/db"
	"pandian/load"
)

// unsent are the ways in which a document can stand before a load, not sent and
// certainly not at the target.
var unsent = map[string]func(f fixture){
	"pending": func(fixture) {},
	"waiting": func(f fixture) {
		f.drain(&erp{answer: always(load.Outcome{State: load.Waiting})}, alone())
		f.exec(`update outbox.retry set run_at = now() - interval '1 second'`)
	},
	"given_back": func(f fixture) {
		gone := &load.UnavailableError{Cause: errors.New("down")}
		_, err := load.Drain(f.Context(), f.pool, f.outbox, &erp{answer: func(context.Context, []load.Document) ([]load.Outcome, error) {
			return nil, gone
		}}, alone())
		if !errors.Is(err, gone) {
			f.Fatalf("got error %v, want %v", err, gone)
		}
	},
}

// fault 28: the mapping was first, and the load meets its locks, whatever way it
// came to the document. What went on with an old snapshot must not send the old
// revision either.
func TestMapping_that_is_first_keeps_the_old_revision_from_being_sent(t *testing.T) {
	t.Parallel()
	for way, bring := range unsent {
		for what, want := range map[string]struct{ states, arrived []string }{
			"revised":   {[]string{"superseded", "sent"}, []string{"k/2"}},
			"withdrawn": {[]string{"discarded"}, nil},
		} {
			t.Run(way+"_"+what, func(t *testing.T) {
				t.Parallel()
				f, target := newMappingFixture(t), &keyed{}
				f.mapped("k", "{}")
				bring(f)
				m := f.beginMapping()
				m.says(what, "k")
				if err := m.decide(f.Context()); err != nil {
					t.Fatal(err)
				}
				var drain sync.WaitGroup
				drain.Go(func() { f.drain(target, alone()) })
				f.untilWaiting("OutboxClaimNext")
				m.commit()
				drain.Wait()
				f.drain(target, alone())
				if !slices.Equal(target.order, want.arrived) {
					t.Errorf("got %v at the target, want %v", target.order, want.arrived)
				}
				f.wantStates(want.states...)
				if n := f.number(`select count(*) from outbox.late_change`); n != 0 {
					t.Errorf("got %d late changes, want none", n)
				}
			})
		}
	}
}

// fault 28: the load was first, after the mapping had looked and before it had its
// locks. The mapping is late and says so.
func TestMapping_that_is_second_is_late(t *testing.T) {
	t.Parallel()
	for way, bring := range unsent {
		for _, what := range []string{"revised", "withdrawn"} {
			t.Run(way+"_"+what, func(t *testing.T) {
				t.Parallel()
				f, target := newMappingFixture(t), &keyed{}
				f.mapped("k", "{}")
				bring(f)
				var drain sync.WaitGroup
				f.meetAtTheCursor(what, func(claim writer) {
					if way == "pending" {
						claim.claimNext()
						return
					}
					drain.Go(func() { f.drain(target, alone()) })
					f.untilWaiting("OutboxClaimNext") // and what was in trouble is sent
				})
				drain.Wait()
				f.exec(`update outbox.claim set lease_until = now() - interval '1 second'`)
				f.drain(target, alone())
				if !slices.Equal(target.order, []string{"k/1"}) {
					t.Errorf("got %v at the target, want k/1", target.order)
				}
				f.wantStates("sent")
				if n := f.number(`select count(*) from outbox.late_change`); n != 1 {
					t.Errorf("got %d late changes, want 1", n)
				}
			})
		}
	}
}

// fault 28, where nobody heard the answer: the document was waiting when the mapping
// looked, and is in doubt when it has its locks.
func TestMapping_is_late_for_what_came_into_doubt_meanwhile(t *testing.T) {
	t.Parallel()
	f := newMappingFixture(t)
	f.mapped("k", "{}")
	unsent["waiting"](f)
	f.meetAtTheCursor("revised", func(writer) {
		f.exec(`update outbox.retry set state = 'in_doubt', is_doubtful = true, run_at = now() + interval '1 hour'`)
	})
	f.wantStates("in_doubt")
	if n := f.number(`select count(*) from outbox.late_change`); n != 1 {
		t.Errorf("got %d late changes, want 1", n)
	}
}

// meetAtTheCursor lets a mapping read the states and then wait for the cursor, which
// somebody else holds, who does what meanwhile says.
func (f fixture) meetAtTheCursor(what string, meanwhile func(claim writer)) {
	f.Helper()
	claim := f.begin()
	claim.exec(`select from outbox.cursor for update`)
	m := f.beginMapping()
	m.says(what, "k")
	decided := make(chan error)
	go func() { decided <- m.decide(f.Context()) }()
	f.untilWaiting("take_proposals")
	meanwhile(claim)
	claim.commit()
	if err := <-decided; err != nil {
		f.Fatal(err)
	}
	m.commit()
}

// claimNext is the claim of a load, in a transaction that is still open.
func (w writer) claimNext() {
	w.Helper()
	rows, err := db.New(w.tx).OutboxClaimNext(w.Context(), db.OutboxClaimNextParams{
		ConnectionCode: w.outbox.Connection, PipelineCode: w.outbox.Pipeline, BatchSize: 10, Token: 7, Worker: "other",
		Lease: pgtype.Interval{Microseconds: 60_000_000, Valid: true},
	})
	if err != nil || len(rows) != 1 {
		w.Fatalf("got %d documents and error %v, want one claimed", len(rows), err)
	}
}

// fault 28: mappings revise, withdraw and take up again what several loads are
// sending. The target takes one document per key; had an old revision gone out, the
// newer one would be refused.
func TestMapping_and_loads_at_once_send_each_key_once(t *testing.T) {
	t.Parallel()
	const rounds, fresh = 12, 30
	f := newMappingFixture(t)
	mood := rand.New(rand.NewPCG(28, 1))
	var allowed atomic.Int64 // fewer than come, so that there is always something to revise
	target := &keyed{isFull: func() bool { return mood.IntN(10) == 0 }}
	target.isDown = func() bool { return mood.IntN(10) == 0 || len(target.keys) > int(allowed.Load()) }
	settings := alone()
	settings.BatchSize, settings.MaxAttempts, settings.OrderPatience = 4, 1000, 5*time.Millisecond
	settings.BaseBackoff, settings.MaxBackoff = time.Millisecond, 2*time.Millisecond
	ctx, stop := context.WithCancel(f.Context())
	var loads sync.WaitGroup
	for range 3 {
		loads.Go(func() {
			for ctx.Err() == nil {
				counts, _ := load.Drain(f.Context(), f.pool, f.outbox, target, settings) // the target is down now and then
				f.balanced(counts)
				time.Sleep(time.Millisecond)
			}
		})
	}
	draw := rand.New(rand.NewPCG(28, 2))
	for round := range rounds {
		allowed.Add(fresh * 2 / 3)
		m := f.beginMapping()
		for n := max(0, (round-3)*fresh); n < (round+1)*fresh; n++ {
			key := strconv.Itoa(n)
			switch draw.IntN(5) {
			case 0:
				m.withdraw(key)
			case 1:
				m.propose(key, "{}") // perhaps what it was
			default:
				m.propose(key, strconv.Itoa(round))
			}
		}
		if err := m.decide(f.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		m.commit()
	}
	stop()
	loads.Wait()
	target.isDown, target.isFull = nil, nil
	f.drain(target, settings)
	time.Sleep(3 * time.Millisecond)
	f.exec(`update outbox.retry set run_at = now() where state = 'waiting'`)
	f.drain(target, settings)

	if target.refused != 0 {
		t.Errorf("got %d documents refused as there already, want 0", target.refused)
	}
	if n := f.number(`select count(*) from outbox.delivery where state not in ('sent', 'superseded', 'discarded')`); n != 0 {
		t.Errorf("got %d documents that are open, want none", n)
	}
	newest := f.number(`select count(*) from outbox.head inner join outbox.delivery using (document_id) where delivery.state = 'sent'`)
	if newest != len(target.keys) {
		t.Errorf("got %d keys whose newest document is sent, want the %d at the target", newest, len(target.keys))
	}
	made := f.number(`select count(*) from outbox.delivery where state = 'superseded'`)
	late := f.number(`select coalesce(sum(value), 0)::integer from ops.tally where name = 'late'`)
	t.Logf("%d keys, %d sent, %d superseded, %d late", rounds*fresh, len(target.keys), made, late)
	if made < 10 || late < 10 {
		t.Errorf("got %d superseded and %d late, want enough of both to test anything", made, late)
	}
}
