package retention_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/retention"
)

func TestDropOutboxMeanwhile(t *testing.T) {
	t.Parallel()

	t.Run("a discarded document that is taken up again keeps its partition", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.sent(1, "a", 1000)
		o.written(2, "b", 1000)
		o.troubled(2, "discarded", "lilei", 1000)
		o.archives()
		o.exec("update outbox.retry set state = 'waiting', decided_by = null")
		o.wantKept("1 waiting")
		// It was sent since, long enough ago to be old: the archive says discarded.
		o.exec("delete from outbox.retry")
		o.answered(2, "sent", 999)
		o.wantKept("a discarded document was taken up again while it was archived")
		before := o.answers()
		if dropped := o.drop(); dropped.Count != 1 || dropped.Walked != 2 {
			t.Errorf("got %+v, want it archived once more and dropped", dropped)
		}
		if diff := cmp.Diff(before, o.answers()); diff != "" {
			t.Errorf("what became of the documents (before -, after +)\n%s", diff)
		}
	})

	t.Run("a document that is discarded between archive and drop is archived too", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.sent(1, "a", 1000)
		o.archives()
		o.exec("update outbox.archive_range set newest_at = '-infinity'")
		o.written(2, "b", 1000)
		o.troubled(2, "discarded", "lilei", 1000)
		o.wantKept("a discarded document was taken up again while it was archived")
		o.drop()
		if got := o.delivery(); len(got) != 2 || !strings.HasPrefix(got[1], "2 b 1 discarded lilei archived") {
			t.Errorf("got %v, want both", got)
		}
	})

	t.Run("gives way to a mapping that has looked, and to another process that archives", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.oldWorld()
		for _, look := range []string{"select count(*) from outbox.delivery", "select from outbox.archive_range where first_document_id = 0 for update"} {
			mapping, err := o.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mapping.Exec(t.Context(), look); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"outbox.document_000000"}, o.drop().Busy); diff != "" {
				t.Errorf("busy during %s (want -, got +)\n%s", look, diff)
			}
			if err := mapping.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if dropped := o.drop(); dropped.Count != 1 {
			t.Errorf("got %+v afterwards, want it dropped", dropped)
		}
	})

	t.Run("several processes at once drop it once", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.oldWorld()
		before := o.answers()
		var group sync.WaitGroup
		counts := make([]int, 4)
		for index := range counts {
			group.Go(func() {
				dropped, err := retention.DropOutbox(t.Context(), o.pool, settings(), o.now)
				if err != nil {
					t.Error(err)
				}
				counts[index] = dropped.Count
			})
		}
		group.Wait()
		if total := counts[0] + counts[1] + counts[2] + counts[3]; total != 1 {
			t.Errorf("got %v dropped, want one", counts)
		}
		if diff := cmp.Diff(before, o.answers()); diff != "" {
			t.Errorf("(before -, after +)\n%s", diff)
		}
	})
}

// fault 1: mid partition rotation. Whatever is cut off, nothing is forgotten or
// shown twice, and the next call goes on.
func TestDropOutboxThatIsCutOff(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.oldWorld()
	o.written(60, "withdrawn", 500)
	o.troubled(60, "discarded", "pandian", 500)
	before := o.answers()
	for _, cut := range []cut{
		{at: "outbox.old_partitions"},
		{at: "set local lock_timeout"},
		{at: "outbox.archive_documents"},
		{at: "outbox.archive_documents", isAnswered: true},
		{at: "commit"},
		{at: "commit", isAnswered: true},
		{at: "outbox.archive_documents", nth: 2, isAnswered: true},
		{at: "outbox.drop_partition"},
		{at: "outbox.drop_partition", isAnswered: true},
		{at: "commit", afterwards: "outbox.drop_partition"},
	} {
		if _, err := retention.DropOutbox(t.Context(), o.cutting(cut), settings(), o.now); err == nil {
			t.Errorf("%+v: it was not cut off", cut)
		}
		if diff := cmp.Diff(before, o.answers()); diff != "" {
			t.Errorf("after %+v (before -, after +)\n%s", cut, diff)
		}
	}
	if dropped := o.drop(); dropped.Count != 1 || dropped.Walked != 0 {
		t.Errorf("got %+v in the end, want it dropped, and nothing gone through twice", dropped)
	}
	if diff := cmp.Diff(before, o.answers()); diff != "" {
		t.Errorf("in the end (before -, after +)\n%s", diff)
	}
	if got := o.partitions("document")[0] + o.partitions("result")[0]; got != "document_000001result_000001" {
		t.Errorf("got %s as the oldest, want them dropped", got)
	}
}

// archives goes through the first partition, and does not drop it.
func (o outbox) archives() {
	o.Helper()
	o.exec("select outbox.archive_documents(0, $1, 1000)", o.ago(400))
}

// wantKept is what a drop of the first partition must answer.
func (o outbox) wantKept(want string) {
	o.Helper()
	var got string
	if err := o.pool.QueryRow(o.Context(), "select outbox.drop_partition(0, $1)", o.ago(400)).Scan(&got); err != nil || got != want {
		o.Errorf("got kept because of %q, %v; want %q", got, err, want)
	}
}

// cut ends the connection beside a statement: before the server hears of it, or
// after it took effect.
type cut struct {
	at string
	// afterwards is a statement that must have come before.
	afterwards string
	// nth of the statements counts, from 1.
	nth        int
	isAnswered bool
}

// cutting is a pool whose connection is cut off once.
func (o outbox) cutting(cut cut) *pgxpool.Pool {
	o.Helper()
	config := o.pool.Config()
	config.MaxConns = 1
	config.ConnConfig.Tracer = &cutter{cut: cut, terminate: func(pid uint32) {
		if _, err := o.pool.Exec(o.Context(), "select pg_terminate_backend($1, 5000)", pid); err != nil {
			o.Error(err)
		}
	}}
	pool, err := pgxpool.NewWithConfig(o.Context(), config)
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(pool.Close)
	return pool
}

// cutter is a pgx.QueryTracer that springs once.
type cutter struct {
	cut       cut
	terminate func(pid uint32)
	seen      int
	isArmed   bool
	isMeant   bool
}

func (c *cutter) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.isArmed = c.isArmed || c.cut.afterwards == "" || strings.Contains(data.SQL, c.cut.afterwards)
	c.isMeant = false
	if !c.isArmed || !strings.Contains(data.SQL, c.cut.at) {
		return ctx
	}
	c.seen++
	c.isMeant = c.seen == max(c.cut.nth, 1)
	if c.isMeant && !c.cut.isAnswered {
		c.terminate(conn.PgConn().PID())
	}
	return ctx
}

func (c *cutter) TraceQueryEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	if c.isMeant && c.cut.isAnswered {
		c.isMeant = false
		c.terminate(conn.PgConn().PID())
	}
}
