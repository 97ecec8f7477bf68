package main

import (
	"slices"
	"time"
)

// backlogIsCountedQuickly looks at an outbox of which a fifth as many documents are
// pending as are done, and takes them away again.
//
// fault 14: what is pending slows down no look that counts it; views that list it are
// as long as their list.
func (b *bench) backlogIsCountedQuickly(m *merchant) {
	backlog, rounds := max(b.rows/5, 1_000), 2
	if b.isTimed {
		rounds = 15
	}
	first := m.number("select last_value + 1 from outbox.document_id_seq")
	before := m.pendingByWalk()
	for left := backlog; left > 0; left -= 50_000 {
		if err := m.enqueue(m.t.Context(), min(left, 50_000)); err != nil {
			m.t.Fatal(err)
		}
	}
	began := time.Now()
	walked := m.pendingByWalk()
	walk := time.Since(began)
	if counted := m.number("select sum(document_count) from outbox.pending"); counted != walked || walked != before+backlog {
		b.t.Errorf("got %d pending by the count and %d by the log, want %d", counted, walked, before+backlog)
	}
	looks := m.looks()
	for _, name := range []string{"pandian status", "/metrics", "load.ReadBacklog (pandian plan)", "report.outbox_state", "report.pipeline", "report.schedule"} {
		var took []time.Duration
		for range rounds {
			took = append(took, timed(looks[name]))
		}
		b.limit(quantile(took, 0.5) <= lookLimit, "fault 14: %s with %d documents pending: %.1f ms (median of %d; worst %.1f), limit %.0f; to go through them takes %.1f ms",
			name, walked, ms(quantile(took, 0.5)), rounds, ms(slices.Max(took)), ms(lookLimit), ms(walk))
	}
	isTaken := m.number("select count(*) from report.open_document") - walked
	for _, view := range []string{"report.pipeline", "report.outbox_state"} {
		if read := m.rowsRead("select * from " + view); read > float64(8*isTaken) {
			b.t.Errorf("%s: got %.0f rows read of the outbox with %d pending and %d taken", view, read, walked, isTaken)
		}
	}
	// What follows drains what it writes itself.
	m.exec("delete from outbox.head where document_id >= $1", first)
	m.exec("delete from outbox.document where document_id >= $1", first)
	if counted, walked := m.number("select sum(document_count) from outbox.pending"), m.pendingByWalk(); counted != before || walked != before {
		b.t.Errorf("after the backlog is gone: got %d pending by the count and %d by the log, want %d", counted, walked, before)
	}
}

// pendingByWalk counts what is pending by going through it.
func (m *merchant) pendingByWalk() int {
	m.t.Helper()
	return m.number(`
		select coalesce(sum(ahead.document_count), 0)
		from outbox.cursor
		cross join lateral (
			select count(*) as document_count
			from (
				select document.document_id
				from outbox.document
				where
					document.connection_code = cursor.connection_code
					and document.pipeline_code = cursor.pipeline_code
					and document.document_id >= cursor.next_document_id
				order by document.document_id
				limit 1000000000
			) as unclaimed
			where not exists (
				select from outbox.retry
				where
					retry.connection_code = cursor.connection_code
					and retry.pipeline_code = cursor.pipeline_code
					and retry.document_id = unclaimed.document_id
			)
		) as ahead`)
}
