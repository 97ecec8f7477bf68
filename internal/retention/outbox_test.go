package retention_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
	"pandian/internal/retention"
)

func TestDropOutbox(t *testing.T) {
	t.Parallel()

	t.Run("drops what is done and old, and what became of it is still known", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.oldWorld()
		o.sent(60, "k00", 450) // the newer revision of one
		o.sent(150, "young", 10)
		o.written(151, "k01", 0) // and one that is under way
		before := o.answers()
		dropped := o.drop()
		if dropped.Count != 1 || dropped.Walked != 61 || len(dropped.Kept)+len(dropped.Busy)+len(dropped.Unfinished) > 0 {
			t.Errorf("got %+v, want one dropped, 61 documents gone through, nothing kept", dropped)
		}
		for _, table := range []string{"document", "result"} {
			want := []string{table + "_000001", table + "_000002", table + "_000003", table + "_000004"}
			if diff := cmp.Diff(want, o.partitions(table)); diff != "" {
				t.Errorf("%s (want -, got +)\n%s", table, diff)
			}
		}
		if diff := cmp.Diff(before, o.answers()); diff != "" {
			t.Errorf("what became of the newest documents (before -, after +)\n%s", diff)
		}
		if got, want := o.delivery()[1], "2 k02 1 sent NO-2 archived: taken for W** without payload"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if again := o.drop(); !again.IsEmpty() {
			t.Errorf("a second time: got %+v, want nothing", again)
		}
	})

	t.Run("keeps the newest of each key and the newest that the target got, until a newer one comes", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.reached(200)
		o.sent(1, "replaced", 600)
		o.sent(2, "delivered before", 600)
		o.sent(3, "newest", 600)
		o.sent(4, "replaced", 500)
		o.written(5, "replaced", 500)
		o.answered(5, "superseded", 500)
		o.sent(101, "replaced", 450)
		o.written(102, "delivered before", 450)
		o.troubled(102, "discarded", "pandian", 450)
		o.written(103, "delivered before", 450)
		o.troubled(103, "discarded", "pandian", 450)
		o.drop()
		want := []string{
			"2 delivered before 1 sent NO-2 archived: taken for W** without payload",
			"3 newest 1 sent NO-3 archived: taken for W** without payload",
			"101 replaced 4 sent NO-101 archived: taken for W** without payload",
			"103 delivered before 3 discarded pandian archived: no longer shipped without payload",
		}
		if diff := cmp.Diff(want, o.delivery()); diff != "" {
			t.Errorf("the archive (want -, got +)\n%s", diff)
		}
		if left := list(t, o.pool, "select document_id::text from outbox.retry union all select document_id::text from outbox.exchange"); len(left) > 0 {
			t.Errorf("of discarded documents that are gone there is still %v", left)
		}
		o.sent(201, "delivered before", 420)
		o.reached(300)
		o.drop()
		want = []string{want[1], want[2], "201 delivered before 4 sent NO-201 archived: taken for W** without payload"}
		if diff := cmp.Diff(want, o.delivery()); diff != "" {
			t.Errorf("the archive after a newer one (want -, got +)\n%s", diff)
		}
	})

	// fault 27: a poison row is never lost by retention before it is looked at.
	t.Run("keeps a partition with a document that is not done, and says which and why", func(t *testing.T) {
		t.Parallel()
		for _, state := range []string{"waiting", "in_doubt", "rejected", "abandoned", "held"} {
			t.Run(state, func(t *testing.T) {
				t.Parallel()
				o := newOutbox(t)
				o.sent(1, "a", 2000)
				o.written(2, "b", 2000)
				o.troubled(2, state, map[string]string{"held": "lilei"}[state], 2000)
				o.sent(101, "c", 1000)
				o.reached(200)
				dropped := o.drop()
				want := retention.OutboxDropped{Count: 1, Walked: 1, Kept: []string{"outbox.document_000000: 1 " + state}}
				if diff := cmp.Diff(want, dropped); diff != "" {
					t.Errorf("(want -, got +)\n%s", diff)
				}
				if got := o.delivery(); len(got) != 3 || !strings.Contains(got[1], state) {
					t.Errorf("got %v, want all three", got)
				}
				o.exec("delete from outbox.retry")
				o.answered(2, "sent", 1999)
				if dropped := o.drop(); dropped.Count != 1 {
					t.Errorf("got %+v once it is done, want it dropped", dropped)
				}
			})
		}
	})

	for name, story := range map[string]struct {
		given func(outbox)
		kept  string
	}{
		"not claimed":                 {func(o outbox) { o.exec("update outbox.cursor set next_document_id = 2") }, "p of wdt has not taken its documents yet"},
		"claimed":                     {func(o outbox) { o.claimed(2, 2) }, "p of wdt: somebody is sending"},
		"claimed across it":           {func(o outbox) { o.claimed(2, 120) }, "p of wdt: somebody is sending"},
		"answered lately":             {func(o outbox) { o.answered(2, "sent", 10) }, "document 2 of p was answered or discarded only lately"},
		"discarded lately":            {func(o outbox) { o.troubled(2, "discarded", "lilei", 10) }, "1 discarded only lately"},
		"lost":                        {func(outbox) {}, "document 2 of p is not done"},
		"of an outbox with no cursor": {func(o outbox) { o.answered(2, "sent", 999); o.exec("delete from outbox.cursor") }, ""},
	} {
		t.Run("what is "+name, func(t *testing.T) {
			t.Parallel()
			o := newOutbox(t)
			o.sent(1, "a", 1000)
			o.written(2, "b", 1000)
			story.given(o)
			for range 2 {
				var want []string
				if story.kept != "" {
					want = []string{"outbox.document_000000: " + story.kept}
				}
				dropped := o.drop()
				if diff := cmp.Diff(want, dropped.Kept); diff != "" {
					t.Errorf("kept (want -, got +)\n%s", diff)
				}
			}
			wantPartitions := 5
			if story.kept == "" {
				wantPartitions = 4
			}
			if got := o.partitions("document"); len(got) != wantPartitions {
				t.Errorf("got %v, want %d", got, wantPartitions)
			}
		})
	}

	t.Run("never drops a partition that ids are still drawn from, and never makes a dropped one again", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.sent(1, "a", 1000)
		o.sent(250, "b", 1000)
		o.reached(299)
		o.drop()
		if diff := cmp.Diff([]string{"document_000002", "document_000003", "document_000004"}, o.partitions("document")); diff != "" {
			t.Errorf("(want -, got +)\n%s", diff)
		}
		o.exec("select outbox.lock_writers('p', 'wdt')")
		if got := o.partitions("document"); got[0] != "document_000002" {
			t.Errorf("got %v after outbox.lock_writers, want none that was dropped", got)
		}
		_, err := o.pool.Exec(t.Context(), `
			insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id)
			values ('wdt', 'p', 3, 'late', 1, '{}', 0, 1)`)
		if err == nil {
			t.Error("a document fell into a dropped partition")
		}
	})

	t.Run("goes on where it stopped", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.oldWorld()
		few := settings()
		few.Batches = 5
		for range 2 {
			before := o.answers()
			dropped, err := retention.DropOutbox(t.Context(), o.pool, few, o.now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, o.answers()); diff != "" {
				t.Errorf("while it is archived (before -, after +)\n%s", diff)
			}
			if dropped.Count == 1 {
				return
			}
			if dropped.Walked != 35 || len(dropped.Unfinished) != 1 {
				t.Fatalf("got %+v, want 35 documents and one unfinished", dropped)
			}
		}
		t.Error("two calls did not do it")
	})

	t.Run("a longer retention than that it was archived for holds", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		o.oldWorld()
		few, longer := settings(), settings()
		few.Batches, longer.Keep = 5, 600*24*time.Hour
		for range 2 {
			if _, err := retention.DropOutbox(t.Context(), o.pool, few, o.now); err != nil {
				t.Fatal(err)
			}
			few = longer
		}
		if got := o.partitions("document"); got[0] != "document_000000" {
			t.Errorf("got %v, want all", got)
		}
	})

	t.Run("is refused to who may not, and to keep nothing", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t)
		_, err := retention.DropOutbox(t.Context(), asReader(t, o.pool), settings(), o.now)
		var forbidden *fault.Error
		if !errors.As(err, &forbidden) || forbidden.Code != fault.DatabaseForbidden || forbidden.Suggestion == "" {
			t.Errorf("got %v, want %s with a suggestion", err, fault.DatabaseForbidden)
		}
		if _, err := retention.DropOutbox(t.Context(), o.pool, retention.DefaultOutboxSettings(), o.now); err == nil {
			t.Error("got no error for a retention of nothing")
		}
		o.oldWorld()
		if _, err := o.pool.Exec(t.Context(), "select outbox.drop_partition(0, now())"); err == nil {
			t.Error("the function drops what was written a moment ago")
		}
	})
}

// claimed is a range that a worker has.
func (o outbox) claimed(first, last int) {
	o.Helper()
	o.exec(fmt.Sprintf(`
		insert into outbox.claim (connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until)
		values ('wdt', 'p', %d, %d, 1, 'somebody', 1, now())`, first, last))
}
