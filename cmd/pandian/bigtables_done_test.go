package main

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pandian/internal/metrics"
	"pandian/load"
)

// lookLimit is how long a look at how things stand may take.
const lookLimit = 200 * time.Millisecond

// open gives an outbox documents that are not done: the same whatever is done.
func (m *merchant) open() {
	m.t.Helper()
	if err := m.enqueue(m.t.Context(), 1_000); err != nil {
		m.t.Fatal(err)
	}
	m.exec(`
		insert into ops.pipeline (pipeline_code, target_connection_code) values ('stock-compare', 'qeasy')
		on conflict do nothing`)
	// 140 are being sent, and 60 before them are in trouble.
	m.exec(`
		with oldest as (
			select document_id, row_number() over (order by document_id) as place
			from outbox.document
			where
				(connection_code, pipeline_code) = ('wdt-main', 'stock-compare')
				and document_id >= (
					select next_document_id from outbox.cursor
					where (connection_code, pipeline_code) = ('wdt-main', 'stock-compare')
				)
			order by document_id
			limit 200
		),

		troubled as (
			insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
			select
				'wdt-main', 'stock-compare', document_id, (array['waiting', 'in_doubt', 'rejected', 'abandoned'])[place % 4 + 1],
				1, now() + interval '1 day', 'no answer'
			from oldest
			where place <= 60
		),

		claimed as (
			insert into outbox.claim (
				connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until
			)
			select 'wdt-main', 'stock-compare', min(document_id), max(document_id), 7, 'somebody', 1, now() + interval '1 day'
			from oldest
			where place > 60
		)

		update outbox.cursor
		set next_document_id = (select max(document_id) + 1 from oldest)
		where (connection_code, pipeline_code) = ('wdt-main', 'stock-compare')`)
	// And a revision of what was delivered a little before.
	m.exec(`
		with revised as (
			insert into outbox.document (
				connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id
			)
			select
				connection_code, pipeline_code, nextval('outbox.document_id_seq'), business_key, revision + 1, '{"qty":"3"}', 3, 1
			from outbox.head
			where business_key = 'revised@2'
			returning *
		)

		update outbox.head
		set document_id = revised.document_id, revision = revised.revision
		from revised
		where head.business_key = revised.business_key`)
	m.exec("analyze outbox.retry")
}

// looks are what an operator, a monitor and a scraper look at.
func (m *merchant) looks() map[string]func() {
	all := map[string]func(){
		"pandian status":                   func() { m.must("status") },
		"pandian outbox list":              func() { m.must("outbox", "list") },
		"pandian outbox list --state sent": func() { m.must("outbox", "list", "stock-compare", "--state", "sent") },
		"/metrics":                         m.scrape,
		"load.ReadBacklog (pandian plan)": func() {
			if _, err := load.ReadBacklog(m.t.Context(), m.pool, benchOutbox()); err != nil {
				m.t.Error(err)
			}
		},
	}
	for _, view := range []string{"report.pipeline", "report.schedule", "report.outbox_state", "report.open_document"} {
		all[view] = func() { m.number("select count(whole::text) from " + view + " as whole") }
	}
	// Their earlier revision is near: an older one is found backwards from the newest.
	one := m.namedBy("outbox.head", "business_key = 'revised@1'")
	all["pandian outbox show ID"] = func() { m.must("outbox", "show", one.id, "--pipeline", "stock-compare") }
	all["pandian outbox show KEY"] = func() { m.must("outbox", "show", one.key) }
	all["pandian outbox show KEY --revision 1"] = func() { m.must("outbox", "show", one.key, "--revision", "1") }
	all["pandian outbox retry --id"] = func() { m.leavesAlone("--id", one.id) }
	all["pandian outbox retry --key"] = func() { m.leavesAlone("--key", one.key) }
	return all
}

// revise writes two documents of two revisions each at the end of what is done; all
// are at the target.
func (m *merchant) revise() {
	m.t.Helper()
	m.exec(`
		with written as (
			insert into outbox.document (
				connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id
			)
			select
				'wdt-main', 'stock-compare', nextval('outbox.document_id_seq'), 'revised@' || key, revision,
				'{"qty":"' || revision || '"}', revision, 1
			from generate_series(1, 2) as revision, generate_series(1, 2) as key
			returning *
		),

		answered as (
			insert into outbox.result (
				connection_code, pipeline_code, document_id, attempt, outcome, target_document_no, run_id, done_at
			)
			select connection_code, pipeline_code, document_id, 1, 'sent', 'N' || document_id, 1, now() from written
		),

		newest as (
			insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
			select connection_code, pipeline_code, business_key, document_id, revision, payload_hash
			from written
			where revision = 2
		)

		update outbox.cursor
		set next_document_id = (select max(document_id) + 1 from written)
		where (connection_code, pipeline_code) = ('wdt-main', 'stock-compare')`)
}

// leavesAlone holds that what is at the target is not sent again, and that finding it
// is all that it takes to say so.
func (m *merchant) leavesAlone(filter, value string) {
	m.t.Helper()
	ended := m.pandian("outbox", "retry", "stock-compare", filter, value, "--reason", "look again", "--json")
	if got := decode[decided](m.t, ended.envelope(m.t).Summary); got != (decided{Refused: 1}) {
		m.t.Errorf("got %s, want one document refused", ended)
	}
}

func (m *merchant) scrape() {
	m.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(m.pool, metrics.DefaultSettings(), slog.New(slog.DiscardHandler)))
	families, err := registry.Gather()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "pandian_database_up" && family.GetMetric()[0].GetGauge().GetValue() == 1 {
			return
		}
	}
	m.t.Errorf("got %d families, want a database that is up", len(families))
}

// fault 14: what is done slows down neither a look at how things stand nor a claim.
func TestBigTables(t *testing.T) {
	b := newBench(t)
	empty, full := b.merchant(t), b.merchant(t)
	full.fill(b.rows)
	full.revise()
	full.open()
	empty.exec("insert into ops.pipeline (pipeline_code, target_connection_code) values ('stock-compare', 'qeasy')")
	empty.exec("select outbox.lock_writers('stock-compare', 'wdt-main')")
	empty.revise()
	empty.open()

	t.Run("are read by no look before there are statistics", func(t *testing.T) { b.in(t).looksReadWhatIsOpen(full.in(t)) })
	t.Run("are not read to find one before there are statistics", func(t *testing.T) { b.in(t).namedAreFound(full.in(t)) })
	t.Run("are not read by a mapping before there are statistics", func(t *testing.T) { b.in(t).mappingReadsWhatIsOpen(full.in(t)) })
	full.exec("vacuum analyze")
	empty.exec("vacuum analyze")
	t.Run("are read by no look", func(t *testing.T) { b.in(t).looksReadWhatIsOpen(full.in(t)) })
	t.Run("are not read for what comes next", func(t *testing.T) { b.in(t).nextReadsWhatIsOpen(full.in(t)) })
	t.Run("are not read to find one", func(t *testing.T) { b.in(t).namedAreFound(full.in(t), "wdt", "jst", "staging") })
	t.Run("slow no look down", func(t *testing.T) { b.in(t).looksAreQuick(empty.in(t), full.in(t)) })
	t.Run("and what is pending slow no look down", func(t *testing.T) { b.in(t).backlogIsCountedQuickly(full.in(t)) })
	t.Run("slow no claim down", func(t *testing.T) { b.in(t).claimsAreQuick(empty.in(t), full.in(t)) })
	t.Run("let migrations through", func(t *testing.T) { b.in(t).migrates(full.in(t)) })
}

func (b *bench) in(t *testing.T) *bench {
	inside := *b
	inside.t = t
	return &inside
}

func (m *merchant) in(t *testing.T) *merchant {
	inside := *m
	inside.t = t
	return &inside
}

// looksAreQuick times each look at both databases by turns.
func (b *bench) looksAreQuick(empty, full *merchant) {
	rounds := 2
	if b.isTimed {
		rounds = 15
	}
	emptyLooks, fullLooks := empty.looks(), full.looks()
	names := []string{}
	for name := range fullLooks {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var ofEmpty, ofFull []time.Duration
		for range rounds {
			ofEmpty = append(ofEmpty, timed(emptyLooks[name]))
			ofFull = append(ofFull, timed(fullLooks[name]))
		}
		with, without := quantile(ofFull, 0.5), quantile(ofEmpty, 0.5)
		b.limit(with <= lookLimit, "fault 14: %s with %d documents done: %.1f ms (median of %d; worst %.1f), limit %.0f; with none done %.1f ms",
			name, b.rows, ms(with), rounds, ms(slices.Max(ofFull)), ms(lookLimit), ms(without))
	}
}

func timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

// claimsAreQuick drains the same backlog from both databases by turns.
func (b *bench) claimsAreQuick(empty, full *merchant) {
	rounds, backlog := 2, 2_000
	if b.isTimed {
		rounds, backlog = 12, 50_000
	}
	var claims, rates [2][]float64
	for range rounds {
		for index, m := range []*merchant{empty, full} {
			rates[index] = append(rates[index], m.rate(backlog))
			claims[index] = append(claims[index], ms(quantile(m.watch.since("OutboxClaimNext"), 0.99)))
		}
	}
	ofEmpty, ofFull := quantile(claims[0], 0.5), quantile(claims[1], 0.5)
	b.limit(ofFull <= 1.2*ofEmpty, "fault 14: claim p99 with %d documents done: %.2f ms (median of %d rounds), %.2f of that with none done (%.2f ms), limit 1.20",
		b.rows, ofFull, rounds, ofFull/ofEmpty, ofEmpty)
	reports(b.t, "       fault 14: drain with %d documents done: %.0f documents/s, with none done %.0f", b.rows, quantile(rates[1], 0.5), quantile(rates[0], 0.5))
}

// explained is a node of what explain (format json) prints.
type explained struct {
	NodeType string      `json:"Node Type"`
	Relation string      `json:"Relation Name"`
	Loops    float64     `json:"Actual Loops"`
	Rows     float64     `json:"Actual Rows"`
	Removed  float64     `json:"Rows Removed by Filter"`
	Plans    []explained `json:"Plans"`
}

// read adds up the rows that were read of the logs and heads of the outbox.
func (e explained) read() (rows float64) {
	for _, log := range []string{"document_", "result_", "head"} {
		if strings.HasPrefix(e.Relation, log) {
			rows += e.Loops * (e.Rows + e.Removed)
		}
	}
	for _, inner := range e.Plans {
		rows += inner.read()
	}
	return rows
}

// looksReadWhatIsOpen holds that the rows that each look reads are those that are
// open, with the plan that Postgres makes of the statistics that it has.
func (b *bench) looksReadWhatIsOpen(m *merchant) {
	isOpen := m.number("select count(*) from report.open_document")
	// What is pending is counted without being read, and listed.
	isTaken := isOpen - m.pendingByWalk()
	for view, least := range map[string]int{"report.pipeline": isTaken, "report.outbox_state": isTaken, "report.open_document": isOpen} {
		// A document is looked up in the log, in the results and in the heads, by
		// the list of ids and by the state of each.
		if read := m.rowsRead("select * from " + view); read < float64(least) || read > float64(8*least) {
			b.t.Errorf("%s: got %.0f rows read of the outbox, want between %d, which it is about, and 8 times that", view, read, least)
		}
	}
	flags := outboxListFlags{outboxFilters: outboxFilters{states: []string{"sent"}}, pipeline: benchOutbox().Pipeline}
	where, args, err := flags.where()
	if err != nil {
		b.t.Fatal(err)
	}
	if read := m.rowsRead("select * from "+flags.doneDocuments(where, 50), args...); read < 50 || read > 8*50 {
		b.t.Errorf("outbox list --state sent: got %.0f rows read of the outbox, want those of 50 documents", read)
	}
}

// rowsRead carries a query out and tells how many rows it read of the outbox.
func (m *merchant) rowsRead(query string, args ...any) float64 {
	m.t.Helper()
	var text string
	if err := m.pool.QueryRow(m.t.Context(), "explain (analyze, format json) "+query, args...).Scan(&text); err != nil {
		m.t.Fatalf("%s: %v", query, err)
	}
	var plans []struct{ Plan explained }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		m.t.Fatal(err)
	}
	return plans[0].Plan.read()
}
