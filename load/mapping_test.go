package load_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"pandian/load"
)

// newMappingFixture is an outbox with the functions by which mappings write.
func newMappingFixture(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t)
	for _, name := range []string{"ops_settings", "outbox_hold", "outbox_contested", "outbox_proposal"} {
		text, err := os.ReadFile("../sql/function/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		f.exec(string(text))
	}
	return f
}

// mapping is a run's transform under way, in a transaction on a connection of its
// own. It proposes; sql/function/outbox_proposal.sql decides.
type mapping struct{ writer }

// begin starts a mapping. It is the only writer of the outbox until it ends.
func (f fixture) beginMapping() mapping {
	f.Helper()
	m := mapping{f.begin()}
	var run int64
	err := m.tx.QueryRow(f.Context(), `
		insert into ops.run (pipeline_code, command, params, host, process_id, program_version)
		values ($1, 'run', jsonb_build_object('source_connection', $2::text), 'test', 1, 'test')
		returning run_id`, f.outbox.Pipeline, f.outbox.Connection).Scan(&run)
	if err != nil {
		f.Fatal(err)
	}
	m.exec(fmt.Sprintf(`set local pandian.run_id = '%d'`, run))
	m.exec(`select outbox.open_proposals()`)
	return m
}

func (m mapping) propose(key, payload string) {
	m.Helper()
	m.exec(`insert into proposal (business_key, payload) values ($1, $2)`, key, payload)
}

func (m mapping) withdraw(key string) {
	m.Helper()
	m.exec(`insert into proposal (business_key, withdrawn_because) values ($1, 'cancelled at the source')`, key)
}

// decide turns the proposals into documents, for a target that takes no changes.
func (m mapping) decide(ctx context.Context) error {
	_, err := m.tx.Exec(ctx, `select outbox.take_proposals(false)`)
	return err
}

// says makes one proposal: a new payload, or that the document is not due any more.
func (m mapping) says(what, key string) {
	m.Helper()
	if what == "withdrawn" {
		m.withdraw(key)
		return
	}
	m.propose(key, `{"is":"changed"}`)
}

// mapped writes one document by a mapping of its own.
func (f fixture) mapped(key, payload string) {
	f.Helper()
	m := f.beginMapping()
	m.propose(key, payload)
	if err := m.decide(f.Context()); err != nil {
		f.Fatal(err)
	}
	m.commit()
}

// untilWaiting waits until a statement waits for a lock.
func (f fixture) untilWaiting(statement string) {
	f.Helper()
	f.until(statement+" waits for a lock", fmt.Sprintf(`select exists (select from pg_stat_activity
		where wait_event_type = 'Lock' and query like '%%%s%%' and pid <> pg_backend_pid() and datname = current_database())`, statement))
}

// keyed is a target that takes one document per key and refuses every further one,
// as finance systems do whose documents cannot be changed.
type keyed struct {
	erp
	keys    map[string]int
	refused int
	// isDown says that a call does not get through, isFull that a document is not
	// taken this time.
	isDown, isFull func() bool
}

func (k *keyed) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.isDown != nil && k.isDown() {
		return nil, &load.UnavailableError{Cause: errors.New("down")}
	}
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		if k.keys == nil {
			k.keys = map[string]int{}
		}
		switch {
		case k.isFull != nil && k.isFull():
			outcomes[i] = load.Outcome{State: load.Waiting}
		case k.keys[document.Key] > 0:
			k.refused++
			outcomes[i] = load.Outcome{State: load.Rejected, Message: "there already"}
		default:
			k.keys[document.Key] = document.Revision
			k.keep(document)
			outcomes[i] = load.Outcome{State: load.Sent}
		}
	}
	return outcomes, nil
}
