package load_test

import "testing"

// fault 14: what is being sent is counted along the keys, and as if each document had been
// looked at: an answer and a place among those in trouble may come one without the other,
// or both.
func TestClaimed_is_what_has_no_answer_and_is_in_no_trouble(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	f.putMany(9)
	f.exec(`
		update outbox.cursor
		set next_document_id = 1 + (select max(document_id) from outbox.document where connection_code = $1)
		where connection_code = $1`, f.outbox.Connection)
	ids := `(select document_id, row_number() over (order by document_id) as place from outbox.document where connection_code = $1)`
	f.exec(`
		insert into outbox.claim (connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until)
		select $1, $2, min(document_id), max(document_id), 1, 'w', held.attempt, held.lease_until
		from (
			values
				(1, 6, 1, now() + interval '1 hour'),
				(7, 8, 0, '-infinity'),
				(9, 9, 2, now() - interval '1 hour')
		) as held (first_place, last_place, attempt, lease_until)
		inner join `+ids+` as document on document.place between held.first_place and held.last_place
		group by held.attempt, held.lease_until`, f.outbox.Connection, f.outbox.Pipeline)
	f.exec(`
		insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome)
		select $1, $2, document_id, attempt, case when attempt = 2 then 'sent' else 'waiting' end
		from `+ids+` as document
		cross join generate_series(1, 2) as attempt
		where place = 1 or (place = 2 and attempt = 1)`, f.outbox.Connection, f.outbox.Pipeline)
	f.exec(`
		insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
		select $1, $2, document_id, 'waiting', 1, now(), ''
		from `+ids+` as document
		where place in (2, 3)`, f.outbox.Connection, f.outbox.Pipeline)

	if err := f.compareClaimed(t.Context(), f.pool); err != nil {
		t.Error(err)
	}
	for column, want := range map[string]int{"sending_count": 3, "given_back_count": 2, "left_count": 1} {
		if got := f.number("select "+column+" from outbox.claimed where connection_code = $1", f.outbox.Connection); got != want {
			t.Errorf("got %s %d, want %d", column, got, want)
		}
	}
}
