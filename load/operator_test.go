package load_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/load"
)

// newOperatorFixture is an outbox with the operator's functions.
func newOperatorFixture(t *testing.T) fixture {
	t.Helper()
	f := newFixture(t)
	for _, name := range []string{"view/report_open_document.sql", "function/ops_settings.sql", "function/ops_judge.sql", "function/ops_outbox.sql", "function/outbox_hold.sql"} {
		text, err := os.ReadFile("../sql/" + name)
		if err != nil {
			t.Fatal(err)
		}
		f.exec(string(text))
	}
	return f
}

// decision is what a verb says it did.
type decision struct{ Done, Busy, Refused, Unchanged int64 }

// decide calls one of the operator's functions; filters are its named arguments.
func (f fixture) decide(verb, filters string, args ...any) decision {
	f.Helper()
	rows, err := f.pool.Query(f.Context(),
		fmt.Sprintf("select done, busy, refused, unchanged from ops.%s('stock-compare', 'because', by_whom => '李雷', %s)", verb, filters), args...)
	if err != nil {
		f.Fatalf("%s: %v", verb, err)
	}
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[decision])
	if err != nil {
		f.Fatalf("%s: %v", verb, err)
	}
	return got
}

func (f fixture) wantDecision(got, want decision) {
	f.Helper()
	if got != want {
		f.Errorf("got %+v, want %+v", got, want)
	}
}

// state is that of the newest document of a key.
func (f fixture) state(id int64) (state string) {
	f.Helper()
	err := f.pool.QueryRow(f.Context(), `
		select coalesce(
			(select state from report.open_document where document_id = $1),
			(select state from outbox.delivery where document_id = $1)
		)`, id).Scan(&state)
	if err != nil {
		f.Fatal(err)
	}
	return state
}

// inState writes a document and brings it into a state.
func (f fixture) inState(state string) int64 {
	f.Helper()
	id := f.put("k", "{}")
	trouble := func(state, more string) {
		f.exec(`update outbox.cursor set next_document_id = $1 + 1`, id)
		f.exec(fmt.Sprintf(`
			insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message, decided_by, held_state, is_doubtful)
			values ('wdt-main', 'stock-compare', $1, $2, 3, now() + interval '1 hour', 'no', %s)`, more), id, state)
		for attempt := 1; attempt <= 3; attempt++ {
			f.result(id, attempt, "waiting")
		}
	}
	claimed := func(lease string) {
		f.exec(`update outbox.cursor set next_document_id = $1 + 1`, id)
		f.exec(`
			insert into outbox.claim (connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until)
			values ('wdt-main', 'stock-compare', $1, $1, 7, 'host:1', 1, now() + $2::text::interval)`, id, lease)
	}
	switch state {
	case "pending":
	case "sending":
		claimed("1 minute")
	case "left":
		claimed("-1 second")
	case "waiting", "rejected", "abandoned":
		trouble(state, "null, null, false")
	case "in_doubt":
		trouble(state, "null, null, true")
	case "abandoned in doubt":
		trouble("abandoned", "null, null, true")
	case "held":
		trouble(state, "'韩梅梅', 'rejected', false")
	case "held in doubt":
		trouble("held", "'韩梅梅', 'in_doubt', true")
	case "discarded":
		trouble(state, "'韩梅梅', null, false")
	case "withdrawn":
		trouble("discarded", "'pandian', null, false")
	case "lost":
		f.exec(`update outbox.cursor set next_document_id = $1 + 1`, id)
	case "sent":
		f.exec(`update outbox.cursor set next_document_id = $1 + 1`, id)
		f.result(id, 1, "sent")
	case "superseded":
		f.exec(`update outbox.cursor set next_document_id = $1 + 1`, id)
		f.result(id, 1, "superseded")
	case "rejected, with a newer revision":
		trouble("rejected", "null, null, false")
		f.put("k", "{}")
	default:
		f.Fatalf("no way into the state %s", state)
	}
	return id
}

func (f fixture) result(id int64, attempt int, outcome string) {
	f.Helper()
	f.exec(`
		insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome)
		values ('wdt-main', 'stock-compare', $1, $2, $3)`, id, attempt, outcome)
}

// Each state times each verb: what it becomes, or why it stays.
func TestOperator_states_times_verbs(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	const busy, refused, unchanged = "busy", "refused", "unchanged"
	verbs := []string{"retry", "hold", "release", "discard"}
	for state, want := range map[string][4]string{
		"pending":                         {unchanged, "held", refused, "discarded"},
		"sending":                         {busy, busy, refused, busy},
		"left":                            {unchanged, "held", refused, "discarded"},
		"waiting":                         {"waiting", "held", refused, "discarded"},
		"in_doubt":                        {"in_doubt", "held", refused, "discarded"},
		"rejected":                        {"waiting", "held", refused, "discarded"},
		"abandoned":                       {"waiting", "held", refused, "discarded"},
		"abandoned in doubt":              {"in_doubt", "held", refused, "discarded"},
		"held":                            {refused, unchanged, "rejected", "discarded"},
		"held in doubt":                   {refused, unchanged, "in_doubt", "discarded"},
		"discarded":                       {"waiting", refused, refused, unchanged},
		"withdrawn":                       {refused, refused, refused, unchanged},
		"lost":                            {"in_doubt", "held", refused, "discarded"},
		"sent":                            {refused, refused, refused, refused},
		"superseded":                      {refused, refused, refused, refused},
		"rejected, with a newer revision": {refused, refused, refused, "discarded"},
	} {
		for i, verb := range verbs {
			f.forget()
			id := f.inState(state)
			before := f.state(id)
			got := f.decide(verb, "ids => array[$1::bigint]", id)
			after := f.state(id)
			wantCount, wantState := decision{}, before
			switch want[i] {
			case busy:
				wantCount.Busy = 1
			case refused:
				wantCount.Refused = 1
			case unchanged:
				wantCount.Unchanged = 1
			default:
				wantCount.Done, wantState = 1, want[i]
			}
			if got != wantCount || after != wantState {
				t.Errorf("%s of %s: got %+v and %s, want %+v and %s", verb, state, got, after, wantCount, wantState)
			}
			f.wantAudit(verb, id, wantCount, before, after)
		}
	}
}

// forget empties the outbox, not the audit.
func (f fixture) forget() {
	f.Helper()
	for _, table := range []string{"document", "head", "claim", "result", "retry", "exchange"} {
		f.exec("delete from outbox." + table)
	}
	f.exec(`update outbox.cursor set next_document_id = 0`)
}

// wantAudit holds that exactly what was done, or could not be because a worker was
// at it, stands in ops.audit.
func (f fixture) wantAudit(verb string, id int64, counts decision, before, after string) {
	f.Helper()
	var got []string
	rows, err := f.pool.Query(f.Context(), `
		select concat_ws(' ', verb, verdict, old_state, new_state, decided_by, reason, document_count, account = session_user)
		from ops.audit where document_id = $1`, id)
	if err == nil {
		got, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		f.Fatal(err)
	}
	var want []string
	switch {
	case counts.Done > 0:
		want = []string{fmt.Sprintf("%s done %s %s 李雷 because 1 t", verb, before, after)}
	case counts.Busy > 0:
		want = []string{fmt.Sprintf("%s busy %s %s 李雷 because 0 t", verb, before, before)}
	}
	if !slices.Equal(got, want) {
		f.Errorf("%s of %s: got audit %q, want %q", verb, before, got, want)
	}
}

func TestOperator_needs_a_reason_and_a_filter(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	for sql, want := range map[string]string{
		`select ops.retry('stock-compare', ' ', states => '{rejected}')`:          "a reason is needed",
		`select ops.discard('stock-compare', 'because')`:                          "name the documents",
		`select ops.hold('stock-compar', 'because', states => '{rejected}')`:      "there is no pipeline stock-compar",
		`insert into ops.audit default values`:                                    "null value",
		`update ops.audit set reason = 'another'`:                                 "append-only",
		`delete from ops.audit`:                                                   "append-only",
		`truncate ops.audit`:                                                      "append-only",
		`select ops.retry('stock-compare', null, states => '{rejected}')`:         "a reason is needed",
		`select ops.release('stock-compare', 'because', by_whom => session_user)`: "name the documents",
	} {
		if _, err := f.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", sql, err, want)
		}
	}
}

func TestOperator_filters_are_anded(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(6)
	f.drain(&erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		var outcomes []load.Outcome
		for _, document := range documents {
			outcomes = append(outcomes, load.Outcome{State: load.Rejected, Message: "no customer for " + document.Key})
		}
		return outcomes, nil
	}}, alone())
	f.exec(`update outbox.document set created_at = now() - interval '3 days' where business_key in ('k1', 'k2')`)
	f.exec(`update outbox.retry set state = 'abandoned' where message like '%k6'`)
	for filters, want := range map[string]int64{
		`states => '{rejected}'`:                                     5,
		`states => '{rejected}', keys => '{k1,k6}'`:                  1,
		`older_than => '2 days'`:                                     2,
		`older_than => '2 days', message_like => '%k2'`:              1,
		`message_like => 'no customer%'`:                             6,
		`states => '{rejected,abandoned}', connection => 'another'`:  0,
		`keys => '{k3}', older_than => '2 days'`:                     0,
		`keys => '{nobody}'`:                                         0,
		`states => '{rejected,abandoned}', connection => 'wdt-main'`: 6,
	} {
		var got int64
		err := f.pool.QueryRow(t.Context(), `select count(*) from ops.judge('discard', 'stock-compare', `+filters+`) where verdict = 'done'`).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%s: got %d documents and %v, want %d", filters, got, err, want)
		}
	}
}

// fault 27: what used up its attempts, or was refused, is tried again with all its
// attempts before it, and its history stays.
func TestOperator_retry_forgives_the_attempts(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(2)
	id := f.number(`select min(document_id) from outbox.document`)
	settings := alone()
	settings.MaxAttempts = 3
	target := &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		var outcomes []load.Outcome
		for _, document := range documents {
			outcome := load.Outcome{State: load.Rejected, Message: "refused"}
			if document.ID == int64(id) {
				outcome = load.Outcome{State: load.Waiting, Message: "full"}
			}
			outcomes = append(outcomes, outcome)
		}
		return outcomes, nil
	}}
	for range 3 {
		f.drain(target, settings)
		time.Sleep(50 * time.Millisecond)
	}
	f.wantStates("abandoned", "rejected")

	f.wantDecision(f.decide("retry", "states => '{abandoned,rejected}'"), decision{Done: 2})
	f.wantStates("waiting", "waiting")
	for range 3 {
		f.drain(target, settings)
		time.Sleep(50 * time.Millisecond)
	}
	f.wantStates("abandoned", "rejected")
	if n := f.number(`select max(attempt) from outbox.result where document_id = $1`, id); n != 6 {
		t.Errorf("got %d attempts, want 3 and 3 more", n)
	}

	f.wantDecision(f.decide("retry", "states => '{abandoned,rejected}'"), decision{Done: 2})
	mended := &erp{}
	f.drain(mended, settings)
	mended.wantEachOnce(t, 2)
	f.wantStates("sent", "sent")
	if n := f.number(`select count(*) from outbox.retry`); n != 0 {
		t.Errorf("got %d documents in trouble, want none", n)
	}
	if n := f.number(`select count(*) from outbox.result where outcome = 'sent' and attempt in (7, 3)`); n != 2 {
		t.Errorf("got %d results at the attempts 7 and 3, want both", n)
	}
}

// Nothing that may be at the target is sent again before it was looked up there.
func TestOperator_retry_looks_up_what_is_in_doubt(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	f.putMany(2)
	settings := alone()
	settings.MaxAttempts = 1
	target := &ledger{}
	target.answer = func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		target.mutex.Lock()
		defer target.mutex.Unlock()
		target.keep(documents[0]) // it arrives, and nobody hears of it; the second one does not arrive
		return slices.Repeat([]load.Outcome{{State: load.InDoubt, Message: "silence"}}, len(documents)), nil
	}
	f.drain(target, settings)
	f.wantStates("abandoned", "abandoned")
	target.answer = nil
	f.wantDecision(f.decide("hold", "states => '{abandoned}'"), decision{Done: 2})
	f.wantDecision(f.decide("discard", "states => '{held}'"), decision{Done: 2})
	f.wantDecision(f.decide("retry", "states => '{discarded}'"), decision{Done: 2})
	f.wantStates("in_doubt", "in_doubt")
	f.drain(target, settings)
	f.wantStates("sent", "sent")
	target.wantEachOnce(t, 2)
	if len(target.looked) != 2 {
		t.Errorf("got %d looked up, want both", len(target.looked))
	}
}

// A person who looked at the target says so, where the target cannot be asked.
func TestOperator_retry_takes_a_persons_word_that_it_is_not_there(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	id := f.inState("abandoned in doubt")
	f.wantDecision(f.decide("retry", "not_at_target => true, ids => array[$1::bigint]", id), decision{Done: 1})
	target := &ledger{}
	f.drain(target, alone())
	if f.state(id) != "sent" || len(target.looked) != 0 {
		t.Errorf("got %s and %d looked up, want it to be sent without", f.state(id), len(target.looked))
	}
}

func TestOperator_hold_stops_a_pending_document_and_release_gives_it_back(t *testing.T) {
	t.Parallel()
	for name, passes := range map[string]bool{"before the cursor has passed it": false, "after the cursor has passed it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newOperatorFixture(t)
			f.putMany(5)
			f.wantDecision(f.decide("hold", "keys => '{k2,k4}'"), decision{Done: 2})
			target := &erp{}
			if passes {
				if counts := f.drain(target, quick()); counts.Sent != 3 || counts.Parked != 2 {
					t.Errorf("got %+v, want 3 sent and 2 passed over", counts)
				}
				f.wantStates("sent", "held", "sent", "held", "sent")
			}
			f.wantDecision(f.decide("release", "keys => '{k2,k4}'"), decision{Done: 2})
			f.drain(target, quick())
			target.wantEachOnce(t, 5)
			f.wantStates(slices.Repeat([]string{"sent"}, 5)...)
		})
	}
}

// All at once, without a limit.
func TestOperator_retries_ten_thousand(t *testing.T) {
	t.Parallel()
	f := newOperatorFixture(t)
	const all = 10_000
	f.putMany(all)
	f.drain(&erp{answer: always(load.Outcome{State: load.Rejected, Message: "no"})}, quick())
	f.wantDecision(f.decide("retry", "states => '{rejected}'"), decision{Done: all})
	target := &erp{}
	f.drain(target, quick())
	target.wantEachOnce(t, all)
}
