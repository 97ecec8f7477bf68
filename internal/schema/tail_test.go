package schema_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

// beforeTail is the newest migration that does not count what is pending.
const beforeTail = 21

// outboxes are three: one with documents done, in somebody's hands, in trouble before
// their turn and pending; one that is empty; one of which nothing is done.
const outboxes = `
	select outbox.lock_writers('p', connection) from unnest(array['busy', 'empty', 'new']) as connection;
	insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
	select case when n % 4 = 0 then 'new' else 'busy' end, 'p', 'k' || n, 1, '{}', 0, 1
	from generate_series(1, 40) as n;
	insert into outbox.claim values ('busy', 'p', 11, 15, 1, 'worker', 1, now() + interval '1 hour');
	insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message, decided_by)
	values ('busy', 'p', 3, 'rejected', 1, now(), 'no', null), ('busy', 'p', 18, 'held', 0, now(), 'wait', 'Li');
	update outbox.cursor set next_document_id = 16 where connection_code = 'busy'`

// counted is outbox.pending by connection.
func counted(t *testing.T, conn *pgx.Conn) (list map[string]int) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select connection_code, document_count from outbox.pending")
	if err != nil {
		t.Fatal(err)
	}
	list = map[string]int{}
	var name string
	var count int
	if _, err := pgx.ForEachRow(rows, []any{&name, &count}, func() error { list[name] = count; return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func wantCounted(t *testing.T, conn *pgx.Conn, busy, empty, fresh int) {
	t.Helper()
	got := counted(t, conn)
	if got["busy"] != busy || got["empty"] != empty || got["new"] != fresh {
		t.Errorf("got %v pending, want %d, %d and %d", got, busy, empty, fresh)
	}
}

// fault 31: a database that has a backlog when it is migrated counts it right from then
// on, again after the way back and forth.
func TestMigration_counts_the_backlog_that_is_there(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	m := newMigrator(t, schema.Options{URL: url})
	mustUp(t, m)
	if _, err := m.DownTo(t.Context(), beforeTail); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	exec(t, conn, outboxes)
	mustUp(t, m)
	wantCounted(t, conn, 17, 0, 10) // 16 to 40, less seven of the new one and the one that is held
	exec(t, conn, "update outbox.cursor set next_document_id = 21 where connection_code = 'busy'")
	exec(t, conn, "insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id) values ('empty', 'p', 'k', 1, '{}', 0, 1)")
	wantCounted(t, conn, 15, 1, 10)
	if _, err := m.DownTo(t.Context(), beforeTail); err != nil {
		t.Fatal(err)
	}
	mustUp(t, m)
	wantCounted(t, conn, 15, 1, 10)
}

// fault 31: what is written and taken between the first count, which locks nothing, and
// the locks is counted too.
func TestMigration_counts_what_comes_and_goes_meanwhile(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	m := newMigrator(t, schema.Options{URL: url, LockTimeout: time.Minute})
	mustUp(t, m)
	if _, err := m.DownTo(t.Context(), beforeTail); err != nil {
		t.Fatal(err)
	}
	conn, watch := connect(t, url), connect(t, url)
	exec(t, conn, outboxes)
	exec(t, conn, `
		begin;
		select outbox.lock_writers('p', 'newest');
		insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
		select unnest(array['busy', 'new', 'newest', 'newest']), 'p', 'late', 1, '{}', 0, 1;
		update outbox.cursor set next_document_id = 26 where connection_code = 'busy';
		update outbox.cursor set next_document_id = 44 where connection_code = 'newest'`)
	ended := make(chan error, 1)
	go func() { _, err := m.Up(t.Context()); ended <- err }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var waits bool
		err := watch.QueryRow(t.Context(), `
			select exists (
				select from pg_locks
				where relation = 'outbox.cursor'::regclass and mode = 'AccessExclusiveLock' and not granted
			)`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the migration did not come to wait for the cursor")
		}
	}
	exec(t, conn, "commit")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	wantCounted(t, conn, 12, 0, 11) // 26 to 40, less four of the new one, and the late one
	if got := counted(t, conn)["newest"]; got != 1 {
		t.Errorf("got %d pending of an outbox that was not there at first, want 1", got)
	}
}
