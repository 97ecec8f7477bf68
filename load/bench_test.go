package load_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/pgtest"
	"pandian/load"
)

const benchDocuments = 100_000

// benchOutbox fills an outbox with documents of about 330 bytes.
func benchOutbox(b *testing.B) (*pgxpool.Pool, load.Outbox) {
	b.Helper()
	pool := pgtest.Pool(b)
	outbox := load.Outbox{Pipeline: "bench", Connection: "wdt-main"}
	for _, sql := range []string{
		`select outbox.lock_writers('bench', 'wdt-main')`,
		`insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select 'wdt-main', 'bench', n || '@1', 1,
				'{"dataset":"wdt.stock","record_key":"' || n || '@1","strategy_id":"2b8bda5e-aaaa-bbbb-cccc-0123456789ab",'
				'"index_combination":{"new_warehouseno":"W1","productsku_code":"SKU-' || n || '"},'
				'"comparison_field":{"currentqty":{"operator":"eq","value":12.5}},"target_field_quote":"1",'
				'"state":"finished","primaryWriteback":{"currentqty":"12.5"}}', n, 1
			from generate_series(1, 100000) as n`,
		`insert into outbox.head select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from outbox.document`,
		`vacuum analyze`,
		`checkpoint`,
	} {
		if _, err := pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	return pool, outbox
}

// sends is a target that keeps nothing.
type sends func(document load.Document) load.Outcome

func (s sends) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		outcomes[i] = s(document)
	}
	return outcomes, nil
}

// BenchmarkDrain empties an outbox of 100,000 documents; "documents/s" is the figure.
// "statements" is the limit: claims and completions alone, four workers,
// without anything that Drain does around them; compare within one run only. On two
// cores shared with other work, batch 500: no-op 30,000 to 49,000 documents/s,
// statements 34,000 to 60,000, no-op over statements 0.6 to 0.9 (four runs).
func BenchmarkDrain(b *testing.B) {
	value := "12.5"
	targets := map[string]load.Target{
		"no-op": sends(func(load.Document) load.Outcome { return load.Outcome{State: load.Sent} }),
		"write-back": sends(func(document load.Document) load.Outcome {
			return load.Outcome{State: load.Sent, Writeback: []load.Writeback{
				{Dataset: "wdt.stock", RecordKey: document.Key, Field: "currentqty", Value: &value},
			}}
		}),
	}
	for name, target := range targets {
		for _, settings := range []load.Settings{{BatchSize: 100, Workers: 4}, {BatchSize: 500, Workers: 2}, {BatchSize: 1000, Workers: 4}} {
			b.Run(name+"/"+label(settings), func(b *testing.B) {
				measure(b, func(pool *pgxpool.Pool, outbox load.Outbox) error {
					_, err := load.Drain(b.Context(), pool, outbox, target, settings)
					return err
				})
			})
		}
	}
	for _, settings := range []load.Settings{{BatchSize: 100, Workers: 4}, {BatchSize: 500, Workers: 2}, {BatchSize: 1000, Workers: 4}} {
		b.Run("statements/"+label(settings), func(b *testing.B) {
			measure(b, func(pool *pgxpool.Pool, outbox load.Outbox) error {
				return bareDrain(b.Context(), pool, outbox, settings)
			})
		})
	}
}

func label(settings load.Settings) string {
	return map[int]string{100: "batch=100,workers=4", 500: "batch=500,workers=2", 1000: "batch=1000,workers=4"}[settings.BatchSize]
}

// measure runs a drain over b.N fresh outboxes.
func measure(b *testing.B, drain func(*pgxpool.Pool, load.Outbox) error) {
	var spent time.Duration
	for range b.N {
		b.StopTimer()
		pool, outbox := benchOutbox(b)
		b.StartTimer()
		began := time.Now()
		if err := drain(pool, outbox); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(began)
		b.StopTimer()
		var sent int
		if err := pool.QueryRow(b.Context(), `select count(*) from outbox.result where outcome = 'sent'`).Scan(&sent); err != nil || sent != benchDocuments {
			b.Fatalf("got %d sent and error %v, want %d", sent, err, benchDocuments)
		}
	}
	b.ReportMetric(float64(benchDocuments)*float64(b.N)/spent.Seconds(), "documents/s")
}

// bareDrain is claim, delete of the claim, and results, and nothing else.
func bareDrain(ctx context.Context, pool *pgxpool.Pool, outbox load.Outbox, settings load.Settings) error {
	var workers sync.WaitGroup
	failed := make(chan error, settings.Workers)
	for worker := range settings.Workers {
		workers.Go(func() {
			for token := int64(worker + 1); ; token += 100 {
				if more, err := bareBatch(ctx, pool, outbox, int32(settings.BatchSize), token); err != nil || !more {
					failed <- err
					return
				}
			}
		})
	}
	workers.Wait()
	for range settings.Workers {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}

func bareBatch(ctx context.Context, pool *pgxpool.Pool, outbox load.Outbox, size int32, token int64) (more bool, err error) {
	rows, err := db.New(pool).OutboxClaimNext(ctx, db.OutboxClaimNextParams{
		IsRelaxed: true, ConnectionCode: outbox.Connection, PipelineCode: outbox.Pipeline, BatchSize: size, Token: token,
		Worker: "bench", Lease: pgtype.Interval{Microseconds: 60_000_000, Valid: true},
	})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	results := db.OutboxResultAppendParams{ConnectionCode: outbox.Connection, PipelineCode: outbox.Pipeline}
	for _, row := range rows {
		results.DocumentIds = append(results.DocumentIds, row.DocumentID)
		results.Attempts = append(results.Attempts, 1)
		results.Outcomes = append(results.Outcomes, "sent")
	}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	queries := db.New(tx)
	_, err = queries.OutboxClaimDelete(ctx, db.OutboxClaimDeleteParams{
		ConnectionCode: outbox.Connection, PipelineCode: outbox.Pipeline, FirstDocumentID: rows[0].DocumentID, Token: token,
	})
	if err != nil {
		return false, err
	}
	if err := queries.OutboxResultAppend(ctx, results); err != nil {
		return false, err
	}
	return true, tx.Commit(ctx)
}
