package load_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgtest"
	"pandian/load"
)

// fixture is an outbox in a database of its own, and the hands of everybody who
// works on it.
type fixture struct {
	*testing.T
	pool   *pgxpool.Pool
	outbox load.Outbox
}

// newFixture makes an empty outbox. Its partitions are there, as after a first run.
func newFixture(t *testing.T) fixture {
	t.Helper()
	f := fixture{T: t, pool: pgtest.Pool(t), outbox: load.Outbox{Pipeline: "stock-compare", Connection: "wdt-main"}}
	for _, name := range []string{"function/ops_private.sql", "view/outbox_delivery.sql"} {
		text, err := os.ReadFile("../sql/" + name)
		if err != nil {
			t.Fatal(err)
		}
		f.exec(string(text))
	}
	f.exec(`select outbox.lock_writers('stock-compare', 'wdt-main')`)
	return f
}

func (f fixture) exec(sql string, args ...any) {
	f.Helper()
	if _, err := f.pool.Exec(f.Context(), sql, args...); err != nil {
		f.Fatalf("%s: %v", sql, err)
	}
}

// writer is a transform under way, in a transaction on a connection of its own.
type writer struct {
	fixture
	tx pgx.Tx
}

// begin starts a transform that has not taken outbox.lock_writers yet.
func (f fixture) begin() writer {
	f.Helper()
	tx, err := f.pool.Begin(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return writer{f, tx}
}

func (w writer) exec(sql string, args ...any) {
	w.Helper()
	if _, err := w.tx.Exec(w.Context(), sql, args...); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
}

func (w writer) lock() {
	w.Helper()
	w.exec(`select outbox.lock_writers($1, $2)`, w.outbox.Pipeline, w.outbox.Connection)
}

// put writes the next revision of a document and returns its id.
func (w writer) put(key, payload string) (id int64) {
	w.Helper()
	err := w.tx.QueryRow(w.Context(), `
		with written as (
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select $1, $2, $3, coalesce(max(revision), 0) + 1, $4, hashtextextended($4, 0), 1
			from outbox.head where connection_code = $1 and pipeline_code = $2 and business_key = $3
			returning *
		)
		insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
		select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from written
		on conflict on constraint head_pkey do update
		set document_id = excluded.document_id, revision = excluded.revision, payload_hash = excluded.payload_hash
		returning document_id`, w.outbox.Connection, w.outbox.Pipeline, key, payload).Scan(&id)
	if err != nil {
		w.Fatalf("put %s: %v", key, err)
	}
	return id
}

func (w writer) commit() {
	w.Helper()
	if err := w.tx.Commit(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// put writes one document in a transaction of its own.
func (f fixture) put(key, payload string) int64 {
	f.Helper()
	w := f.begin()
	w.lock()
	id := w.put(key, payload)
	w.commit()
	return id
}

// putMany writes n documents "k1" to "kn".
func (f fixture) putMany(n int) {
	f.Helper()
	w := f.begin()
	w.lock()
	w.exec(`
		with written as (
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select $1, $2, 'k' || n, 1, '{}', 0, 1 from generate_series(1, $3::integer) as n
			returning *
		)
		insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
		select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from written`,
		f.outbox.Connection, f.outbox.Pipeline, n)
	w.commit()
}

// quick are settings whose waits a test can sit out.
func quick() load.Settings {
	return load.Settings{BaseBackoff: 20 * time.Millisecond, MaxBackoff: 40 * time.Millisecond, WorkerName: "test"}
}

// alone are quick settings for a single worker, where a second one would do what the
// test wants to see others do.
func alone() load.Settings {
	settings := quick()
	settings.Workers = 1
	return settings
}

func (f fixture) drain(target load.Target, settings load.Settings) load.Counts {
	f.Helper()
	counts, err := load.Drain(f.Context(), f.pool, f.outbox, target, settings)
	if err != nil {
		f.Fatal(err)
	}
	f.balanced(counts)
	return counts
}

func (f fixture) balanced(counts load.Counts) {
	f.Helper()
	if err := counts.Balance(); err != nil {
		f.Errorf("%v: %+v", err, counts)
	}
}

// wantStates compares the states in outbox.delivery with want, one per document in
// order of writing.
func (f fixture) wantStates(want ...string) {
	f.Helper()
	rows, err := f.pool.Query(f.Context(), `select state from outbox.delivery order by document_id`)
	if err != nil {
		f.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.Fatal(err)
	}
	if !slices.Equal(got, want) {
		f.Errorf("got states %v, want %v", got, want)
	}
}

// number reads one integer.
func (f fixture) number(sql string, args ...any) (n int) {
	f.Helper()
	if err := f.pool.QueryRow(f.Context(), sql, args...).Scan(&n); err != nil {
		f.Fatalf("%s: %v", sql, err)
	}
	return n
}

// until waits for a condition in the database.
func (f fixture) until(what, sql string) {
	f.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var is bool
		if err := f.pool.QueryRow(f.Context(), sql).Scan(&is); err != nil {
			f.Fatal(err)
		}
		if is {
			return
		}
	}
	f.Fatalf("it did not come to pass that %s", what)
}

// erp is a target that keeps the truth about what it was sent. It answers as
// its function says, Sent without one.
type erp struct {
	mutex  sync.Mutex
	sent   map[int64]int
	order  []string
	answer func(ctx context.Context, documents []load.Document) ([]load.Outcome, error)
}

func (e *erp) Send(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	var err error
	for i := range outcomes {
		outcomes[i].State = load.Sent
	}
	if e.answer != nil {
		outcomes, err = e.answer(ctx, documents)
	}
	if err != nil {
		return nil, err
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for i, document := range documents {
		if outcomes[i].State == load.Sent {
			e.keep(document)
		}
	}
	return outcomes, nil
}

func (e *erp) keep(document load.Document) {
	if e.sent == nil {
		e.sent = map[int64]int{}
	}
	e.sent[document.ID]++
	e.order = append(e.order, fmt.Sprintf("%s/%d", document.Key, document.Revision))
}

// arrived is how many documents the target has.
func (e *erp) arrived() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return len(e.sent)
}

// wantEachOnce says which documents arrived not at all or twice.
func (e *erp) wantEachOnce(t *testing.T, n int) {
	t.Helper()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for id, times := range e.sent {
		if times != 1 {
			t.Errorf("document %d arrived %d times, want once", id, times)
		}
	}
	if len(e.sent) != n {
		t.Errorf("%d documents arrived, want %d", len(e.sent), n)
	}
}

// always answers every document with the same outcome.
func always(outcome load.Outcome) func(context.Context, []load.Document) ([]load.Outcome, error) {
	return func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		return slices.Repeat([]load.Outcome{outcome}, len(documents)), nil
	}
}
