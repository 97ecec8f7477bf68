package load_test

import "testing"

// Two transforms write one outbox at once, on two connections, while it is
// drained. The second one waits for the first at the lock, so ids commit in order.
func TestDrain_never_passes_a_document_that_commits_later(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	first, second := f.begin(), f.begin()

	first.lock()
	first.put("a", "1")
	locked := make(chan struct{})
	go func() {
		defer close(locked)
		if _, err := second.tx.Exec(f.Context(), `select outbox.lock_writers($1, $2)`, f.outbox.Pipeline, f.outbox.Connection); err != nil {
			t.Error(err)
		}
	}()
	f.until("the second writer waits", `select exists (select from pg_locks where locktype = 'advisory' and not granted
		and database = (select oid from pg_database where datname = current_database()))`)
	if counts := f.drain(target, quick()); counts.Taken() != 0 {
		t.Errorf("got %+v while nothing is committed, want nothing taken", counts)
	}
	first.put("b", "1")
	first.commit()
	<-locked
	second.put("c", "1")
	if counts := f.drain(target, quick()); counts.Sent != 2 {
		t.Errorf("got %d sent of the first writer, want 2", counts.Sent)
	}
	second.put("d", "1")
	second.commit()
	f.drain(target, quick())

	target.wantEachOnce(t, 4)
	f.wantStates("sent", "sent", "sent", "sent")
}

// Why the lock is there: the same without it, by a writer that draws its id before it
// writes. The row in which outbox.tail counts holds two writers apart only from their
// first document on.
func TestDrain_would_pass_a_document_of_a_writer_without_the_lock(t *testing.T) {
	t.Parallel()
	f, target := newPendingFixture(t), &erp{}
	first, second := f.begin(), f.begin()

	var drawn int64
	if err := first.tx.QueryRow(f.Context(), `select nextval('outbox.document_id_seq')`).Scan(&drawn); err != nil {
		t.Fatal(err)
	}
	second.put("b", "1")
	second.commit()
	f.drain(target, quick())
	first.exec(`
		insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id)
		values ($1, $2, $3, 'a', 1, '1', 0, 1)`, f.outbox.Connection, f.outbox.Pipeline, drawn)
	first.commit()
	f.drain(target, quick())

	target.wantEachOnce(t, 1)
	f.wantStates("lost", "sent")
	f.wantPending(0)
}
