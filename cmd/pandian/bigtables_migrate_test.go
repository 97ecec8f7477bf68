package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// writerLimit is how long no statement of a writer may wait for a migration.
const writerLimit = time.Second

// migrates rolls the newest migrations back and applies them again, on big tables and
// beside a writer that commits all the time.
//
// fault 31: nobody waits for a migration for more than a second.
func (b *bench) migrates(m *merchant) {
	ctx, cancel := context.WithCancel(b.t.Context())
	waits, ended := make(chan waited, 100), make(chan error, 1)
	go func() { ended <- m.writes(ctx, waits) }()
	phase := func(do func()) (longest waited, statements int) {
		done := make(chan struct{})
		go func() { defer close(done); do() }()
		for {
			select {
			case one := <-waits:
				statements++
				if one.took > longest.took {
					longest = one
				}
			case <-done:
				return longest, statements
			case err := <-ended:
				<-done
				b.t.Fatalf("the writer failed: %v", err)
			}
		}
	}
	quiet, count := phase(func() { time.Sleep(max(time.Second, b.span/20)) })
	reports(b.t, "       fault 31: a writer without migrations: longest statement %.1f ms of %d (%s)", ms(quiet.took), count, quiet.what)
	for _, step := range [][]string{
		{"migrate", "down", "--to", "14", "--yes", "-q"},
		{"migrate", "up", "-q"},
	} {
		began := time.Now()
		longest, count := phase(func() { m.must(step...) })
		b.limit(longest.took <= writerLimit, "fault 31: pandian %s with %d documents done, in %s: longest statement of a writer %.1f ms of %d (%s), limit %.0f",
			step[0]+" "+step[1], b.rows, time.Since(began).Round(10*time.Millisecond), ms(longest.took), count, longest.what, ms(writerLimit))
		if count == 0 {
			b.t.Errorf("the writer wrote nothing during %v", step)
		}
	}
	cancel()
	for {
		select {
		case <-waits:
			continue
		case err := <-ended:
			if err != nil {
				b.t.Errorf("the writer failed: %v", err)
			}
		}
		break
	}
	if n := m.number("select coalesce(sum(written_count), 0) from outbox.tail"); n == 0 {
		b.t.Error("nothing that the writer wrote is counted")
	}
	if n := m.number("select count(*) from outbox.recount()"); n != 0 {
		b.t.Errorf("the migration left the count of %d outboxes wrong", n)
	}
	applied := m.number("select count(*) from pandian.goose_db_version where is_applied and version_id > 14")
	if applied < 5 {
		b.t.Errorf("got %d migrations above 14, want them applied again", applied)
	}
}

// waited is how long a statement took.
type waited struct {
	what string
	took time.Duration
}

// writes lands pages, types rows and writes documents and results, with statements
// that every schema since migration 14 knows, each in a transaction of its own, until
// ctx ends.
func (m *merchant) writes(ctx context.Context, waits chan<- waited) error {
	conn, err := pgx.Connect(context.WithoutCancel(ctx), m.address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	statements := writerStatements()
	names := []string{}
	for name := range statements {
		names = append(names, name)
	}
	slices.Sort(names)
	for n := 0; ctx.Err() == nil; n++ {
		for _, name := range names {
			began := time.Now()
			if _, err := conn.Exec(context.WithoutCancel(ctx), fmt.Sprintf(statements[name], n)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			waits <- waited{name, time.Since(began)}
		}
	}
	return nil
}

// writerStatements are by name what they write; %[1]d is a number of their own.
func writerStatements() map[string]string {
	return map[string]string{
		"staging.page": `
			insert into staging.page (
				connection_code, dataset, run_id, window_id, page_no, record_count, records_hash, records, request, envelope
			)
			values ('wdt-main', 'wdt.stock', 1, 1, %[1]d, 1, 1, '[]', '{}', '{}')`,
		"wdt.stock": `
			insert into wdt.stock (connection_code, spec_id, warehouse_id, stock_num, page_id, place, run_id)
			values ('wdt-main', '%[1]d', '2', 1, 1, 1, 1)`,
		"outbox.document": `
			select outbox.lock_writers('stock-compare', 'wdt-main');
			with logged as (
				insert into outbox.document (
					connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id
				)
				values ('wdt-main', 'stock-compare', 'migrating %[1]d', 1, '{}', 1, 1)
				returning *
			)
			insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
			select connection_code, pipeline_code, business_key, document_id, revision, payload_hash
			from logged`,
		"outbox.result": `
			insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome)
			select connection_code, pipeline_code, document_id, 1, 'sent'
			from outbox.head
			where (connection_code, pipeline_code, business_key) = ('wdt-main', 'stock-compare', 'migrating %[1]d')`,
		"outbox.retry": `
			insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
			select connection_code, pipeline_code, document_id, 'rejected', 1, now(), 'no'
			from outbox.head
			where (connection_code, pipeline_code, business_key) = ('wdt-main', 'stock-compare', 'migrating %[1]d')`,
		"ops.window": `
			insert into ops.window (connection_code, dataset, kind, from_at, to_at, state, run_id, closed_at)
			values ('wdt-main', 'wdt.stock', 'window', now() - interval '1 minute', now(), 'complete', %[1]d, now())`,
	}
}
