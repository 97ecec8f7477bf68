package load_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/load"
)

// newPendingFixture is an outbox with what counts its pending documents.
func newPendingFixture(t *testing.T) fixture {
	t.Helper()
	f := newOperatorFixture(t)
	f.exec(`insert into ops.pipeline (pipeline_code, target_connection_code) values ('stock-compare', 'qeasy')`)
	f.sql("view/outbox_pending.sql", "view/outbox_claimed.sql", "view/report_outbox_state.sql", "function/outbox_recount.sql")
	return f
}

func (f fixture) sql(names ...string) {
	f.Helper()
	for _, name := range names {
		text, err := os.ReadFile("../sql/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.exec(string(text))
	}
}

// pendingWalk counts by going through the log what view outbox.pending counts without
// it, and when the first of it was written: the oldest, but for a mapping that began
// before another one and got the writers' lock after it. $1 is the connection.
const pendingWalk = `
	select count(document.document_id), (array_agg(document.created_at order by document.document_id))[1]
	from outbox.cursor
	left join outbox.document
		on document.connection_code = cursor.connection_code
		and document.pipeline_code = cursor.pipeline_code
		and document.document_id >= cursor.next_document_id
		and not exists (
			select from outbox.retry
			where
				retry.connection_code = document.connection_code
				and retry.pipeline_code = document.pipeline_code
				and retry.document_id = document.document_id
		)
	where cursor.connection_code = $1`

// pending is how many documents no load has taken, and when the oldest was written.
type pending struct {
	count    int64
	oldestAt *time.Time
}

func (p pending) String() string { return fmt.Sprint(p.count, " since ", p.oldestAt) }

func (p pending) equals(other pending) bool { return p.String() == other.String() }

// comparePending asks view and log, which must be one snapshot, and tells what differs.
func (f fixture) comparePending(ctx context.Context, conn db.DBTX) (counted pending, err error) {
	var walked pending
	if err := conn.QueryRow(ctx, `
		select pending.document_count, pending.oldest_at, walked.*
		from outbox.pending
		cross join (`+pendingWalk+`) as walked
		where pending.connection_code = $1`, f.outbox.Connection,
	).Scan(&counted.count, &counted.oldestAt, &walked.count, &walked.oldestAt); err != nil {
		return counted, err
	}
	if !counted.equals(walked) {
		return counted, fmt.Errorf("counted %s, in the log %s", counted, walked)
	}
	return counted, f.compareClaimed(ctx, conn)
}

// claimedWalk looks at each document that a claim names, where view outbox.claimed counts
// along the keys. $1 is the connection.
const claimedWalk = `
	select
		count(*) filter (where claim.attempt > 0) as taken_count,
		count(*) filter (where claim.attempt = 0) as given_back_count,
		(array_agg(document.created_at order by document.document_id))[1] as oldest_at
	from outbox.claim
	inner join outbox.document
		on document.connection_code = claim.connection_code
		and document.pipeline_code = claim.pipeline_code
		and document.document_id >= claim.first_document_id
		and document.document_id <= claim.last_document_id
	where
		claim.connection_code = $1
		and not exists (
			select from outbox.result
			where
				result.connection_code = claim.connection_code
				and result.pipeline_code = claim.pipeline_code
				and result.document_id = document.document_id
		)
		and not exists (
			select from outbox.retry
			where
				retry.connection_code = claim.connection_code
				and retry.pipeline_code = claim.pipeline_code
				and retry.document_id = document.document_id
		)`

// compareClaimed asks view and log, in one snapshot, and tells what differs. Whether a
// lease has ended is another matter a moment later, so sending and left are one here.
func (f fixture) compareClaimed(ctx context.Context, conn db.DBTX) error {
	var counted, walked string
	err := conn.QueryRow(ctx, `
		select
			row(
				coalesce(claimed.sending_count + claimed.left_count, 0), coalesce(claimed.given_back_count, 0), claimed.oldest_at
			)::text,
			row(walked.taken_count, walked.given_back_count, walked.oldest_at)::text
		from (`+claimedWalk+`) as walked
		left join outbox.claimed on claimed.connection_code = $1`, f.outbox.Connection).Scan(&counted, &walked)
	if err == nil && counted != walked {
		err = fmt.Errorf("claimed and not answered: counted %s, in the log %s", counted, walked)
	}
	return err
}

// wantPending holds that every way of asking says the same number.
func (f fixture) wantPending(want int64) {
	f.Helper()
	got, err := f.comparePending(f.Context(), f.pool)
	if err != nil {
		f.Error(err)
	}
	backlog, err := load.ReadBacklog(f.Context(), f.pool, f.outbox)
	if err != nil {
		f.Error(err)
	}
	state := f.number(`
		select coalesce(sum(document_count), 0) from report.outbox_state
		where connection_code = $1 and state = 'pending'`, f.outbox.Connection)
	if got.count != want || backlog.Pending != want || int64(state) != want {
		f.Errorf("got %d pending in outbox.pending, %d in the backlog, %d in report.outbox_state; want %d", got.count, backlog.Pending, state, want)
	}
}

// fault 14: what is pending is counted without reading it, and as if it had been read,
// whatever is done to it.
func TestPending_is_what_the_log_has_before_the_cursor(t *testing.T) {
	t.Parallel()
	f, target := newPendingFixture(t), &erp{}
	f.wantPending(0)
	f.putMany(10)
	f.wantPending(10)
	one := alone()
	one.BatchSize, one.SendSize, one.Limit = 3, 3, 3
	f.drain(target, one)
	f.wantPending(7)
	f.decide("hold", `keys => '{k4,k5,k9}'`)
	f.wantPending(4)
	if at := f.number(`
		select count(*) from outbox.pending inner join outbox.document on document.created_at = pending.oldest_at
		where document.business_key = 'k6'`); at != 1 {
		t.Error("the oldest is not the first that nobody holds")
	}
	f.decide("release", `keys => '{k5}'`)
	f.wantPending(5)
	f.decide("discard", `keys => '{k6}'`)
	f.wantPending(4)
	f.decide("retry", `keys => '{k6}'`)
	f.wantPending(5)
	f.drain(target, one)
	f.drain(target, alone())
	f.wantPending(0)
	f.put("k1", "2")
	f.wantPending(1)
	f.drain(target, alone())
	f.wantPending(0)
}

// fault 14: whoever writes the log or moves the cursor by hand cannot forget to count.
func TestPending_is_right_whatever_SQL_wrote_the_log_or_moved_the_cursor(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	other := f
	other.outbox.Connection = "wdt-other"
	f.exec(`select outbox.lock_writers('stock-compare', 'wdt-other')`)
	f.putMany(5)
	for _, step := range []struct {
		what, sql    string
		mine, others int64
	}{
		{"two outboxes in one statement", `
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select case when n % 3 = 0 then 'wdt-other' else 'wdt-main' end, 'stock-compare', 'x' || n, 1, '{}', 0, 1
			from generate_series(1, 9) as n`, 11, 3},
		{"no documents", `
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select 'wdt-main', 'stock-compare', 'y', 1, '{}', 0, 1 where false`, 11, 3},
		{"a cursor moved on without counting", `update outbox.cursor set next_document_id = 4 where connection_code = 'wdt-main'`, 8, 3},
		{"a place that stays", `update outbox.cursor set next_document_id = next_document_id`, 8, 3},
		{"cursors moved beyond the end", `update outbox.cursor set next_document_id = 4000000`, 0, 0},
		{"a document behind the cursor, which nobody will take", `
			insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id)
			values ('wdt-main', 'stock-compare', 3999999, 'z', 1, '{}', 0, 1)`, 0, 0},
		{"cursors moved back to the beginning", `update outbox.cursor set next_document_id = 0`, 12, 3},
		{"and on a little", `update outbox.cursor set next_document_id = 3 where connection_code = 'wdt-main'`, 10, 3},
		{"documents deleted behind the cursor and before it", `delete from outbox.document where document_id in (1, 2, 3, 4, 5)`, 7, 3},
		{"documents that the statement that writes them also passes", `
			with written as (
				insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
				select 'wdt-other', 'stock-compare', 'w' || n, 1, '{}', 0, 1 from generate_series(1, 4) as n
				returning *
			)
			update outbox.cursor set next_document_id = (select max(document_id) + 1 from written) where connection_code = 'wdt-other'`, 7, 0},
	} {
		f.exec(step.sql)
		f.wantPending(step.mine)
		other.wantPending(step.others)
		if f.Failed() {
			f.Fatalf("after %s", step.what)
		}
	}
	conn := f.begin()
	if _, err := conn.tx.CopyFrom(f.Context(), pgx.Identifier{"outbox", "document"},
		[]string{"connection_code", "pipeline_code", "business_key", "revision", "payload", "payload_hash", "run_id"},
		pgx.CopyFromRows([][]any{{"wdt-main", "stock-compare", "c1", 1, "{}", 0, 1}, {"wdt-main", "stock-compare", "c2", 1, "{}", 0, 1}})); err != nil {
		t.Fatal(err)
	}
	conn.commit()
	f.wantPending(9)
}

// fault 13: what a killed writer did not commit was never counted, and neither was a
// claim that came to nothing.
func TestPending_counts_nothing_that_was_rolled_back(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	f.putMany(4)
	killed := f.begin()
	killed.lock()
	killed.put("lost", "1")
	if got, err := f.comparePending(f.Context(), killed.tx); err != nil || got.count != 5 {
		t.Errorf("the writer itself: got %s and %v, want 5", got, err)
	}
	f.wantPending(4)
	var pid int
	if err := killed.tx.QueryRow(f.Context(), `select pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	f.exec(`select pg_terminate_backend($1, 10000)`, pid)
	f.wantPending(4)

	undone := f.begin()
	undone.exec(`update outbox.cursor set next_document_id = 3`)
	if got, err := f.comparePending(f.Context(), undone.tx); err != nil || got.count != 2 {
		t.Errorf("whoever moves the cursor: got %s and %v, want 2", got, err)
	}
	if err := undone.tx.Rollback(f.Context()); err != nil {
		t.Fatal(err)
	}
	f.wantPending(4)

	part := f.begin()
	part.lock()
	part.exec(`savepoint here`)
	part.put("lost", "2")
	part.exec(`rollback to savepoint here`)
	part.put("kept", "1")
	part.commit()
	f.wantPending(5)
}

// fault 10: whoever reads with an old snapshot sees the number of then, not a pair of
// counts of different moments.
func TestPending_is_that_of_the_snapshot(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	f.putMany(6)
	old, err := f.pool.BeginTx(f.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Rollback(context.Background()) }()
	for range 3 {
		if got, err := f.comparePending(f.Context(), old); err != nil || got.count != 6 {
			t.Errorf("got %s and %v, want the 6 of before", got, err)
		}
		some := alone()
		some.Limit = 5
		f.drain(&erp{}, some)
		f.put("new", fmt.Sprint(f.number(`select count(*) from outbox.document`)))
	}
	f.wantPending(1)
}

// fault 31: a count that went wrong, as when rows were loaded without triggers, is
// found and mended beside whoever writes.
func TestPending_that_is_wrong_is_counted_anew(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	f.putMany(4)
	if n := f.number(`select count(*) from outbox.recount()`); n != 0 {
		t.Errorf("got %d outboxes corrected, want none", n)
	}
	unseen := f.begin()
	unseen.exec(`set local session_replication_role = 'replica'`)
	unseen.put("unseen", "1")
	unseen.put("unseen", "2")
	unseen.exec(`update outbox.cursor set next_document_id = 2`)
	unseen.commit()
	writing := f.begin()
	writing.lock()
	writing.put("under way", "1")
	ended := make(chan error, 1)
	go func() {
		var before, now int
		err := f.pool.QueryRow(f.Context(), `select counted_before, counted_now from outbox.recount()`).Scan(&before, &now)
		if err == nil && (before != 4 || now != 5) {
			err = fmt.Errorf("got %d corrected to %d, want 4 to 5", before, now)
		}
		ended <- err
	}()
	f.until("the recount waits for the mapping", `
		select exists (select from pg_stat_activity where datname = current_database() and query like '%outbox.recount()%' and wait_event_type = 'Lock')`)
	writing.commit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	f.wantPending(6)
	if n := f.number(`select count(*) from outbox.recount()`); n != 0 {
		t.Errorf("got %d outboxes corrected the second time, want none", n)
	}
}
