package load_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
)

// plan is a node of what explain (format json) prints.
type plan struct {
	NodeType string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []plan  `json:"Plans"`
}

// scans lists the scans that were carried out, as in "Index Scan document_000002".
func (p plan) scans() (all []string) {
	if p.Relation != "" && strings.Contains(p.NodeType, "Scan") && p.Loops > 0 {
		all = append(all, p.NodeType+" "+p.Relation)
	}
	for _, inner := range p.Plans {
		all = append(all, inner.scans()...)
	}
	return all
}

// grown is an outbox with done documents in two partitions, and in a third some
// that are done, claimed, in trouble and pending.
func grown(t *testing.T) (fixture, *pgxpool.Conn) {
	f := newFixture(t)
	for _, sql := range []string{
		`insert into outbox.document
			select 'wdt-main', 'stock-compare', part * 5000000 + n, 'k' || part || '/' || n, 1, '{"payload":"of some length"}', 0, 1
			from generate_series(0, 2) as part cross join generate_series(1, 15000) as n`,
		`insert into outbox.head
			select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from outbox.document`,
		`update outbox.cursor set next_document_id = 10010001`,
		`insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome)
			select connection_code, pipeline_code, document_id, 1, 'sent' from outbox.document where document_id <= 10009000`,
		`insert into outbox.claim values ('wdt-main', 'stock-compare', 10009001, 10009500, 7, 'w', 1, now() + interval '1 hour'),
			('wdt-main', 'stock-compare', 10009501, 10010000, 8, 'w', 1, now() + interval '1 hour')`,
		`insert into outbox.retry select 'wdt-main', 'stock-compare', document_id, 'waiting', 1, now(), null, null, 'busy'
			from outbox.document where document_id between 10008001 and 10008200`,
		`analyze`,
	} {
		f.exec(sql)
	}
	conn, err := f.pool.Acquire(f.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	if _, err := conn.Exec(f.Context(), `set plan_cache_mode = force_generic_plan`); err != nil {
		t.Fatal(err)
	}
	return f, conn
}

// explain carries out a statement that conn has prepared, takes it back, and
// returns the scans of its plan.
func explain(f fixture, conn *pgxpool.Conn, name, args string) []string {
	f.Helper()
	var prepared, text string
	err := conn.QueryRow(f.Context(), `select name from pg_prepared_statements where statement like '-- name: ' || $1 || ' %'`, name).Scan(&prepared)
	if err != nil {
		f.Fatalf("%s is not prepared: %v", name, err)
	}
	tx, err := conn.Begin(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = tx.Rollback(f.Context()) }()
	err = tx.QueryRow(f.Context(), fmt.Sprintf(`explain (analyze, format json) execute %q (%s)`, prepared, args)).Scan(&text)
	if err != nil {
		f.Fatalf("explain %s: %v", name, err)
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		f.Fatal(err)
	}
	return plans[0].Plan.scans()
}

// The statements that run while there is work touch no partition that is done, and
// walk no log, with the plan that Postgres keeps for any parameters.
func TestStatements_do_not_read_what_is_done(t *testing.T) {
	t.Parallel()
	f, conn := grown(t)
	ctx, queries := f.Context(), db.New(conn)
	minute := pgtype.Interval{Microseconds: time.Minute.Microseconds(), Valid: true}
	const outbox = `'wdt-main', 'stock-compare'`
	steps := []struct {
		name    string
		prepare func() error
		args    string
	}{
		{"OutboxClaimNext", func() error {
			_, err := queries.OutboxClaimNext(ctx, db.OutboxClaimNextParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline, BatchSize: 500, Token: 9, Worker: "w", Lease: minute,
			})
			return err
		}, `false, ` + outbox + `, 500, 10, 'w', '1 min', null`},
		{"OutboxClaimDocuments", func() error {
			_, err := queries.OutboxClaimDocuments(ctx, db.OutboxClaimDocumentsParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline, FirstDocumentID: 10009001, LastDocumentID: 10009500,
			})
			return err
		}, outbox + `, 10009001, 10009500`},
		{"OutboxDocumentStanding", func() error {
			_, err := queries.OutboxDocumentStanding(ctx, db.OutboxDocumentStandingParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline,
				DocumentIds: []int64{10010001}, BusinessKeys: []string{"k2/10001"}, Revisions: []int32{1}, Token: 9,
			})
			return err
		}, outbox + `, '{10010001,10010002}', '{k2/10001,k2/10002}', '{1,1}', 9, true`},
		{"OutboxRetryLease", func() error {
			_, err := queries.OutboxRetryLease(ctx, db.OutboxRetryLeaseParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline, BatchSize: 1, Token: 9, Lease: minute,
			})
			return err
		}, outbox + `, 100, 11, '1 min'`},
		{"OutboxRetrySupersede", func() error {
			_, err := queries.OutboxRetrySupersede(ctx, db.OutboxRetrySupersedeParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline, BatchSize: 500,
			})
			return err
		}, outbox + `, 500, null`},
		{"OutboxDocumentBacklog", func() error {
			_, err := queries.OutboxDocumentBacklog(ctx, db.OutboxDocumentBacklogParams{
				ConnectionCode: f.outbox.Connection, PipelineCode: f.outbox.Pipeline,
			})
			return err
		}, outbox},
	}
	for _, step := range steps {
		if err := step.prepare(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		scans := explain(f, conn, step.name, step.args)
		if !slices.ContainsFunc(scans, func(scan string) bool {
			return strings.HasSuffix(scan, " document_000002") || strings.HasSuffix(scan, " head")
		}) {
			t.Errorf("%s: got scans %v, want at least one of live rows", step.name, scans)
		}
		for _, scan := range scans {
			kind, relation, _ := strings.Cut(scan, " Scan ")
			isLog := strings.HasPrefix(relation, "document_") || strings.HasPrefix(relation, "result_")
			if strings.HasPrefix(kind, "Seq") && (isLog || relation == "head") {
				t.Errorf("%s: got %s, want an index", step.name, scan)
			}
			if isLog && (strings.HasSuffix(relation, "_000000") || strings.HasSuffix(relation, "_000001")) {
				t.Errorf("%s: got %s, want nothing of the partitions that are done", step.name, scan)
			}
		}
	}
}
