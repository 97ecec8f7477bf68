package retention_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgtest/uptodate"
	"pandian/internal/retention"
)

// history is a database with pipeline p, which reads wdt.stock of connection wdt
// and whose run 9001 went well a minute ago. now is when it is looked at.
type history struct {
	*testing.T
	pool *pgxpool.Pool
	now  time.Time
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{T: t, pool: historyPool(t), now: time.Now()}
	h.exec(`
		insert into ops.connection (connection_code, platform) values ('wdt', 'wdt');
		insert into ops.pipeline (pipeline_code, target_connection_code) values ('p', 'target');
		insert into ops.pipeline_source (pipeline_code, dataset, connection_code, since_at) values ('p', 'wdt.stock', 'wdt', null);
		select ops.make_day_partitions('staging.page', current_date - 1, current_date + 1);
		select ops.make_id_partitions('outbox.document', 299, 100), ops.make_id_partitions('outbox.result', 299, 100);`)
	h.exec(givenRun)
	h.run(9001, "p", "run", "ok", 0)
	return h
}

// historyPool connects to a database that is up to date.
func historyPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return uptodate.Pool(t, "select ops.grant_roles()")
}

func (h *history) exec(text string, args ...any) {
	h.Helper()
	if _, err := h.pool.Exec(h.Context(), text, args...); err != nil {
		h.Fatalf("%s: %v", text, err)
	}
}

// run is a run of a minute, so many days ago, that counted something and whose
// steps took its own input.
func (h *history) run(id int, pipeline, command, state string, days int) {
	h.Helper()
	h.exec("select given_run($1, $2, $3, $4, $5)", id, pipeline, command, state, days)
}

const givenRun = `
	create function given_run(id bigint, pipeline text, command text, state text, days integer)
	returns void
	language sql
	begin atomic
		insert into ops.run (run_id, pipeline_code, command, state, started_at, finished_at, host, process_id, program_version, balance)
		overriding system value
		values (id, pipeline, command, state, now() - days * interval '1 day' - interval '2 minutes',
			case when state <> 'running' then now() - days * interval '1 day' - interval '1 minute' end,
			'here', 1, 'v1', '{"documents": {"made": 0, "sent": 0, "left": 3}}');
		insert into ops.tally (run_id, subject, name, value) values (id, 'wdt.stock', 'unchanged', 1), (id, 'compare.discrepancy', 'opened', 2);
		insert into ops.finding (run_id, subject, code, found_count, message) values (id, 'wdt.stock', 'odd', 1, 'odd');
		insert into ops.step_run (run_id, step_code, state, started_at, finished_at) values (id, 'source/wdt_stock', 'ok', now(), now());
		insert into ops.step_input (step_code, input_run_id, run_id) values ('source/wdt_stock', id, id), ('outbox/x', id, id);
	end;`

// historySettings keep 400 days, and end at no time.
func historySettings() retention.HistorySettings {
	settings := retention.DefaultHistorySettings()
	settings.Keep, settings.Time = 400*24*time.Hour, time.Hour
	return settings
}

// remove removes all that may go, as some runs in a row do.
func (h *history) remove() retention.HistoryRemoved {
	h.Helper()
	return h.removeWith(historySettings())
}

func (h *history) removeWith(settings retention.HistorySettings) retention.HistoryRemoved {
	h.Helper()
	removed, err := retention.RemoveHistory(h.Context(), h.pool, settings, h.now)
	if err != nil {
		h.Fatal(err)
	}
	return removed
}

// later is two hours on, when another sweep is due.
func (h *history) later() { h.now = h.now.Add(2 * time.Hour) }

func (h *history) holds(condition string) bool {
	h.Helper()
	var holds bool
	if err := h.pool.QueryRow(h.Context(), "select "+condition).Scan(&holds); err != nil {
		h.Fatalf("%s: %v", condition, err)
	}
	return holds
}

// reports is what every view of report shows, a line per row, without how long
// ago things were.
func (h *history) reports() map[string][]string {
	h.Helper()
	reports := map[string][]string{}
	for _, view := range list(h.T, h.pool, `
		select pg_class.oid::regclass::text from pg_class
		where relnamespace = 'report'::regnamespace and relkind = 'v' and relname <> 'old_transaction'
		order by 1`) {
		reports[view] = list(h.T, h.pool, fmt.Sprintf("select (to_jsonb(shown) - 'age')::text from %s as shown order by 1", view))
	}
	return reports
}
