package load_test

import (
	"context"
	"errors"
	"testing"

	"pandian/load"
)

// in is settings of a drain in a life of the database.
func in(epochs ...load.Epoch) load.Settings {
	settings := quick()
	settings.Workers = 1
	asked := 0
	settings.Epoch = func(context.Context) (load.Epoch, error) {
		epoch := epochs[min(asked, len(epochs)-1)]
		asked++
		return epoch, nil
	}
	return settings
}

// fault 15: what was sent after the dump is found at the target; the rest is sent.
func TestDrain_looks_every_document_up_in_a_restored_database(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &ledger{}
	f.putMany(4)
	target.keep(load.Document{ID: 1})
	target.keep(load.Document{ID: 3})
	counts := f.drain(target, in(load.Epoch{Number: 2, MustLookUp: true}))
	if counts.Sent != 4 || counts.Lookups != 1 || counts.Calls != 1 {
		t.Errorf("got %+v, want 4 sent with one look-up and one call", counts)
	}
	target.wantEachOnce(t, 4)
	if n := f.number(`select count(*) from outbox.delivery where target_document_no = 'found'`); n != 2 {
		t.Errorf("got %d documents found, want 2", n)
	}
}

// fault 15: once a person trusts the database nothing is looked up, and what a person
// looked for already is sent all the same.
func TestDrain_does_not_look_up_what_is_known(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &ledger{}
	f.putMany(3)
	if counts := f.drain(target, in(load.Epoch{Number: 2})); counts.Sent != 3 || counts.Lookups != 0 {
		t.Errorf("got %+v, want 3 sent and nothing looked up", counts)
	}
	id := f.put("other", "{}")
	f.exec(`
		insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
		values ('wdt-main', 'stock-compare', $1, 'waiting', 1, now(), '')`, id)
	if counts := f.drain(target, in(load.Epoch{Number: 2, MustLookUp: true})); counts.Sent != 1 || counts.Lookups != 0 {
		t.Errorf("got %+v, want the document sent that a person looked for", counts)
	}
}

// fault 15: a database that is replaced under a drain ends it before anything is sent;
// the next one looks up.
func TestDrain_ends_when_the_database_is_replaced(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &ledger{}
	f.putMany(3)
	counts, err := load.Drain(t.Context(), f.pool, f.outbox, target, in(load.Epoch{Number: 1}, load.Epoch{Number: 2, MustLookUp: true}))
	if !errors.Is(err, load.ErrOtherEpoch) || counts.Calls != 0 || counts.Balance() != nil {
		t.Errorf("got %+v and %v, want it to end before a call", counts, err)
	}
	f.exec(`update outbox.claim set lease_until = now() - interval '1 second'`)
	if counts := f.drain(target, in(load.Epoch{Number: 2, MustLookUp: true})); counts.Sent != 3 || counts.Lookups == 0 {
		t.Errorf("got %+v, want all looked up and sent", counts)
	}
	target.wantEachOnce(t, 3)
}
