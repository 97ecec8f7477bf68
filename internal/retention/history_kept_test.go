package retention_test

import (
	"fmt"
	"strings"
	"testing"
)

// keptStory is something that stays, however old it is.
type keptStory struct {
	// given makes it, 500 days ago; run 1 of pipeline p is there unless ownRun.
	given  string
	ownRun bool
	// keeps holds as long as it is there, and not once the reason is gone.
	keeps string
	// shows is what a view shows of it while it is there; empty where keeps says so.
	shows string
	// release takes the reason away.
	release string
}

func keptRuns() map[string]keptStory {
	const isThere = `exists (select from report.run where run_id = 1)`
	return map[string]keptStory{
		"the newest run of a pipeline": {
			given: `select given_run(1, 'dead', 'run', 'failed', 500)`, ownRun: true,
			keeps: isThere, release: `select given_run(9002, 'dead', 'run', 'failed', 0)`,
		},
		"the newest run of a pipeline that went well": {
			given: `update ops.run set state = 'failed' where run_id = 9001;`,
			keeps: isThere, shows: `(select last_good_at < now() - interval '499 days' from report.pipeline)`,
			release: `select given_run(9002, 'p', 'run', 'ok', 0)`,
		},
		"the newest run that compared": {
			given: `
				insert into ops.step_run (run_id, step_code, state, started_at, finished_at)
				values (1, 'p/compare/discrepancy', 'ok', '2024-01-01', '2024-01-01'), (9001, 'p/compare/discrepancy', 'ok', now(), now());
				insert into ops.finding (run_id, subject, code, found_count, message) values (9001, 'x', 'not_comparable', 1, 'x');` + discrepancy,
			keeps: isThere, shows: `(select last_seen_at = '2024-01-01' from report.discrepancy)`,
			release: `delete from ops.finding where code = 'not_comparable'`,
		},
		"a run that is running": {
			given: `select given_run(1, 'p', 'run', 'running', 500)`, ownRun: true,
			keeps: isThere, release: `update ops.run set state = 'interrupted', finished_at = started_at where run_id = 1`,
		},
		"the run of a page that is still there": {
			given: page("1"), keeps: isThere, release: `delete from staging.page`,
		},
		"a run that may have written to change feeds which are still there": {
			given: `select ops.make_day_partitions('wdt.stock_change', current_date - 502, current_date - 502)`, keeps: isThere,
			release: `select ops.drop_day_partitions('wdt.stock_change', current_date - 400)`,
		},
		"the run that outcomes rest on": {
			given:   `insert into compare.basis (connection_code, pipeline_code, basis_hash, run_id, compared_at) values ('wdt', 'p', '', 1, now())`,
			keeps:   isThere,
			release: `delete from compare.basis`,
		},
		"the run of a reject that stands": {
			given: reject(1, "'S@W'", 5, "a"), keeps: isThere, release: `delete from staging.reject`,
		},
		"the run of a window that is kept": {
			given: reading("snapshot", "complete", 0, 0), keeps: isThere,
			release: strings.NewReplacer("end, 1,", "end, 9001,").Replace(reading("snapshot", "complete", 0, 0)),
		},
		"the run that wrote a document that is still there": {
			given: document + `update ops.run set balance = '{"documents": {"made": 1}}' where run_id = 1`,
			keeps: isThere, release: `delete from outbox.document`,
		},
		"a run that was killed while a document was there that is there still": {
			given: document + `update ops.run set balance = null where run_id = 1`,
			keeps: isThere, release: `delete from outbox.document`,
		},
		"the run that tried an open document, long after that was written": {
			given: document + `
				update outbox.document set created_at = created_at - interval '100 days', run_id = 9001;
				insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message) values ('wdt', 'p', 1, 'rejected', 1, now(), 'no');
				insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, run_id) values ('wdt', 'p', 1, 1, 'rejected', 1);`,
			keeps: isThere, release: `delete from outbox.retry`,
		},
		"the run whose records the balance of another one counts": {
			given: `
				insert into ops.tally (run_id, subject, name, value)
				values (1, 'wdt.stock', 'landed', 7), (9001, 'wdt.stock', 'landed', 1), (9001, 'wdt.stock', 'taken', 8), (9001, 'wdt.stock', 'new', 7);
				insert into ops.step_input (step_code, input_run_id, run_id) values ('source/wdt_stock', 1, 9001);`,
			keeps: isThere, shows: `(select bool_and(is_balanced) and count(*) = 2 from report.balance where run_id = 9001)`,
			release: `update ops.run set is_full = true where run_id = 9001`,
		},
	}
}

func keptRejectsAndEvents() map[string]keptStory {
	return map[string]keptStory{
		"all that was wrong with a record that did not come since": {
			given: reject(1, "'S@W'", 5, "a") + reject(1, "'S@W'", 5, "b") + reject(1, "'T@W'", 5, "c"),
			keeps: `(select count(*) >= 2 from report.reject)`, shows: `(select count(*) = 3 from report.reject)`,
			release: stock,
		},
		"a reject of a record that came well only before": {
			given: reject(1, "'S@W'", 7, "a") + stock,
			keeps: `exists (select from report.reject)`, release: `update wdt.stock set page_id = 8`,
		},
		"the newest reject of a record": {
			given: reject(1, "'S@W'", 5, "a") + reject(1, "'S@W'", 6, "a"),
			keeps: `exists (select from report.reject where page_id = 6)`, shows: `(select count(*) = 1 from report.reject)`,
			release: strings.ReplaceAll(reject(9001, "'S@W'", 8, "a"), "500 days", "1 day"),
		},
		"a reject of a record without a key, until the very same comes again": {
			given:   reject(1, "null", 5, "a"),
			keeps:   `exists (select from report.reject where page_id = 5)`,
			release: strings.ReplaceAll(reject(9001, "null", 8, "a"), "500 days", "1 day"),
		},
		"changes of a discrepancy that is open": {
			given: discrepancy + event, keeps: `exists (select from compare.discrepancy_event)`,
			release: `update compare.discrepancy set state = 'resolved', resolved_at = now()`,
		},
		"changes of a discrepancy that is acknowledged": {
			given: discrepancy + event + `update compare.discrepancy set state = 'acknowledged', decided_by = 'lilei', decided_at = now(), reason = 'known';`,
			keeps: `exists (select from compare.discrepancy_event)`, release: `update compare.discrepancy set state = 'resolved', resolved_at = now()`,
		},
		"the last fire of a schedule": {
			given: fire("500 days"), keeps: `exists (select from ops.job_fire where fire_at < now() - interval '499 days')`,
			release: fire("1 day"),
		},
	}
}

func keptWindows() map[string]keptStory {
	return map[string]keptStory{
		"a window that was never closed": {
			given: reading("window", "open", 1, 2), keeps: `exists (select from ops."window" where state <> 'complete')`,
			shows:   `(select open_window_count = 1 from report.pipeline)`,
			release: `update ops."window" set state = 'incomplete', reason = 'x', closed_at = opened_at;` + reading("window", "complete", 1, 2),
		},
		"a window that was not proved": {
			given: reading("window", "complete", 0, 1) + reading("window", "incomplete", 1, 2), keeps: `exists (select from ops."window" where state <> 'complete')`,
			shows:   `(select open_window_count = 1 from report.pipeline) and (select not is_complete from ops.dataset_state)`,
			release: reading("window", "complete", 0, 2),
		},
		"a window that was not proved, and that two later ones cover only together": {
			given: reading("window", "incomplete", 1, 3) + reading("window", "complete", 1, 2) + reading("window", "complete", 2, 3),
			keeps: `(select count(*) = 3 from ops."window")`, shows: `(select open_window_count = 1 from report.pipeline)`,
			release: reading("window", "complete", 1, 3),
		},
		"a window that was made up for beyond a gap": {
			given: reading("window", "complete", 1, 2) + reading("window", "incomplete", 5, 6) + reading("window", "complete", 5, 6),
			keeps: `exists (select from ops."window" where state <> 'complete')`, shows: `(select not is_complete from ops.dataset_state)`,
			release: reading("window", "complete", 1, 6),
		},
		"windows with a gap between them": {
			given: reading("window", "complete", 1, 2) + reading("window", "complete", 5, 6),
			keeps: `(select count(*) = 2 from ops."window")`, release: reading("window", "complete", 2, 5),
		},
		"the newest complete snapshot, although a later one failed": {
			given: reading("snapshot", "complete", 0, 0) + reading("snapshot", "incomplete", 0, 0),
			keeps: `(select count(*) = 2 from ops."window")`, shows: `(select not is_complete from ops.dataset_state)`,
			release: reading("snapshot", "complete", 0, 0),
		},
		"the newest snapshot that changed something, beside one that found all of it standing": {
			given: reading("snapshot", "complete", 0, 0) + reading("snapshot", "complete", 0, 0) + `update ops."window" set pages_landed = 0 where window_id = 2`,
			keeps: `(select count(*) = 2 from ops."window")`, release: reading("snapshot", "complete", 0, 0),
		},
		"recorded files whose pages are still there": {
			given: reading("files", "complete", 0, 0) + reading("files", "complete", 0, 0) + page(`(select min(window_id) from ops."window")`),
			keeps: `(select count(*) = 2 from ops."window")`, release: `delete from staging.page`,
		},
	}
}

// fault 33: what no age takes away.
func TestRemoveHistoryKeeps(t *testing.T) {
	t.Parallel()
	for _, stories := range []map[string]keptStory{keptRuns(), keptRejectsAndEvents(), keptWindows()} {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := newHistory(t)
				if !story.ownRun {
					h.run(1, "p", "run", "ok", 500)
				}
				h.exec(story.given)
				h.remove()
				if !h.holds(story.keeps) || (story.shows != "" && !h.holds(story.shows)) {
					t.Errorf("it was not kept: %s; %s", story.keeps, story.shows)
				}
				h.exec(story.release)
				h.later()
				h.remove()
				if h.holds(story.keeps) {
					t.Error("it was kept although the reason is gone")
				}
			})
		}
	}
}

const (
	// stock is the typed row of record S@W, which page 6 brought.
	stock       = `insert into wdt.stock (connection_code, spec_id, warehouse_id, page_id, place, run_id) values ('wdt', 'S', 'W', 6, 1, 9001);`
	discrepancy = `
		insert into compare.discrepancy (connection_code, pipeline_code, record_key, field, kind, first_seen_at, first_seen_run_id, changed_at, changed_run_id)
		values ('wdt', 'p', 'S@W', 'currentqty', 'different', '2024-01-01', 1, '2024-01-01', 1);`
	event = `
		insert into compare.discrepancy_event (connection_code, pipeline_code, record_key, field, event, kind, run_id, happened_at)
		values ('wdt', 'p', 'S@W', 'currentqty', 'opened', 'different', 1, now() - interval '500 days');`
	document = `
		insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id, created_at)
		values ('wdt', 'p', 1, 'k', 1, '{}', 0, 1, now() - interval '500 days 90 seconds');
		insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash) values ('wdt', 'p', 'k', 1, 1, 0);`
)

// reject is what was wrong with a field of a record in a page.
func reject(run int, key string, page int, field string) string {
	return fmt.Sprintf(`
		insert into staging.reject (connection_code, dataset, stage, run_id, page_id, place, record_key, field, reason, record, rejected_at)
		values ('wdt', 'wdt.stock', 'type', %d, %d, 1, %s, '%s', 'no number', '{"a": "x"}', now() - interval '500 days');`, run, page, key, field)
}

// reading is one of run 1, of hours of the first day of 2024 where it is a window.
func reading(kind, state string, from, to int) string {
	span := "null, null"
	if kind == "window" {
		span = fmt.Sprintf("timestamptz '2024-01-01' + %d * interval '1 hour', timestamptz '2024-01-01' + %d * interval '1 hour'", from, to)
	}
	return fmt.Sprintf(`
		insert into ops."window" (connection_code, dataset, kind, from_at, to_at, state, reason, run_id, opened_at, closed_at, pages_landed, records_landed)
		select 'wdt', 'wdt.stock', '%[1]s', %[2]s, '%[3]s', case when '%[3]s' = 'incomplete' then 'why' end, 1,
			now() - interval '500 days', case when '%[3]s' <> 'open' then now() - interval '500 days' end, 2, 30;`, kind, span, state)
}

func page(window string) string {
	return fmt.Sprintf(`
		insert into staging.page (connection_code, dataset, run_id, window_id, page_no, record_count, records_hash, records, request, envelope)
		values ('wdt', 'wdt.stock', 1, %s, 1, 0, 0, '[]', '{}', '{}');`, window)
}

// fire is one that ended well.
func fire(ago string) string {
	return fmt.Sprintf(`
		insert into ops.job_fire (pipeline_code, kind, fire_at, covers_from_at, stands_for_count, state, finished_at)
		select 'p', 'run', at, at, 1, 'ok', at from (select now() - interval '%s' as at) as moment;`, ago)
}
