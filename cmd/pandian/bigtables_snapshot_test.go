package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// documentsPerSecond is what is written and drained while others read.
const documentsPerSecond = 800

// drainBacklog is what is drained at once, to see how fast that is, and how often:
// one drain of 100,000 takes a second and a half, and one is a third faster than the
// next with nothing else going on.
func (b *bench) drainBacklog() (documents, times int) {
	if b.isTimed {
		return 100_000, 12
	}
	return 4_000, 2
}

func newQueue(t *testing.T) (*bench, *merchant) {
	t.Helper()
	b := newBench(t)
	m := b.merchant(t)
	m.exec("insert into ops.pipeline (pipeline_code, target_connection_code) values ('stock-compare', 'qeasy')")
	if err := m.enqueue(t.Context(), 1_000); err != nil {
		t.Fatal(err)
	}
	if _, err := m.drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	// With statistics, which autovacuum makes within a minute, each claim is planned
	// anew and takes twice as long: that must not fall between what is compared.
	m.exec("analyze")
	return b, m
}

// paced is what came of a while of writing and draining at a steady pace.
type paced struct {
	written, sent int
	span          time.Duration
	backlog       []int // of each second
	claims, looks []time.Duration
}

func (p paced) rate() float64 { return float64(p.sent) / p.span.Seconds() }

// pace writes documents at a steady pace and drains them beside it, as pandian load does
// when it is called again and again, and looks at the pipelines each tenth of a second.
func (m *merchant) pace(span time.Duration) (p paced) {
	m.t.Helper()
	m.watch.since("OutboxClaimNext")
	ctx, cancel := context.WithTimeout(m.t.Context(), span)
	defer cancel()
	began := time.Now()
	failed := make(chan error, 3)
	var work sync.WaitGroup
	work.Go(func() {
		// Each tenth of a second what is due by then, so that a pause is made up for.
		for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			due := int(time.Since(began).Seconds()*documentsPerSecond) - p.written
			if err := m.enqueue(context.WithoutCancel(ctx), due); err != nil {
				failed <- err
				return
			}
			p.written += due
		}
	})
	work.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			counts, err := m.drain(context.WithoutCancel(ctx))
			p.sent += counts.Sent + counts.Superseded
			if err != nil {
				failed <- err
				return
			}
		}
	})
	work.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			var pending int
			looked := time.Now()
			err := m.pool.QueryRow(context.WithoutCancel(ctx), "select pending_count from report.pipeline").Scan(&pending)
			if err != nil {
				failed <- err
				return
			}
			p.looks, p.backlog = append(p.looks, time.Since(looked)), append(p.backlog, pending)
		}
	})
	work.Wait()
	p.span, p.claims = time.Since(began), m.watch.since("OutboxClaimNext")
	if len(failed) > 0 {
		m.t.Fatal(<-failed)
	}
	return p
}

// beside runs readers until the work is done; what ends them is the end of ctx.
func (m *merchant) beside(readers int, read func(context.Context, *pgx.Conn, int) error, work func()) {
	m.t.Helper()
	ctx, cancel := context.WithCancel(m.t.Context())
	var reading sync.WaitGroup
	for reader := range readers {
		conn, err := pgx.Connect(m.t.Context(), m.address)
		if err != nil {
			m.t.Fatal(err)
		}
		reading.Go(func() {
			defer func() { _ = conn.Close(context.Background()) }()
			if err := read(ctx, conn, reader); err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
				m.t.Errorf("reader %d: %v", reader, err)
			}
		})
	}
	work()
	cancel()
	reading.Wait()
}

// holdSnapshot is an analyst who began to read and went to lunch.
func holdSnapshot(held chan<- struct{}) func(context.Context, *pgx.Conn, int) error {
	return func(ctx context.Context, conn *pgx.Conn, _ int) error {
		_, err := conn.Exec(ctx, "begin isolation level repeatable read; select count(*) from ops.pipeline")
		close(held)
		if err == nil {
			<-ctx.Done()
		}
		return err
	}
}

// fault 10: an old snapshot is held open while documents come and go.
func TestAnOldSnapshotIsHeldOpen(t *testing.T) {
	b, m := newQueue(t)
	backlog, times := b.drainBacklog()
	drains := func(times int) (rates []float64) {
		for range times {
			rates = append(rates, m.rate(backlog))
		}
		return rates
	}
	before, after := drains(times/2), []float64{}
	quiet := m.pace(b.span / 3)
	var busy paced
	var dead map[string]int
	held := make(chan struct{})
	m.beside(1, holdSnapshot(held), func() {
		<-held
		wasDead := m.deadTuples()
		busy = m.pace(b.span)
		dead = m.deadTuples()
		for table := range dead {
			dead[table] -= wasDead[table]
		}
		after = drains(times)
	})
	again := m.pace(b.span / 3)
	before = append(before, drains(times/2)...)

	m.isEmpty()
	withOut := paced{
		sent: quiet.sent + again.sent, span: quiet.span + again.span,
		claims: slices.Concat(quiet.claims, again.claims), looks: slices.Concat(quiet.looks, again.looks),
	}
	b.limit(busy.rate() >= 0.9*withOut.rate(), "fault 10: at %d documents/s with a snapshot held for %s: %.0f documents/s sent, without %.0f: %.2f, limit 0.90",
		documentsPerSecond, busy.span.Round(time.Second), busy.rate(), withOut.rate(), busy.rate()/withOut.rate())
	with, without := quantile(after, 0.5), quantile(before, 0.5)
	b.limit(with >= 0.9*without, "fault 10: a backlog of %d is drained at %.0f documents/s after that, without at %.0f: %.2f, limit 0.90",
		backlog, with, without, with/without)
	b.comparesLatency("fault 10: a claim", busy.claims, withOut.claims)
	b.comparesLatency("fault 10: report.pipeline (pandian status)", busy.looks, withOut.looks)
	b.countsDead(dead, busy)
}

// comparesLatency holds that a statement takes at most a tenth longer.
func (b *bench) comparesLatency(what string, with, without []time.Duration) {
	b.t.Helper()
	ratio := float64(quantile(with, 0.5)) / float64(quantile(without, 0.5))
	b.limit(ratio <= 1.1, "%s takes %.2f ms (median; 95 %%: %.2f), without the snapshot %.2f (%.2f): %.2f, limit 1.10",
		what, ms(quantile(with, 0.5)), ms(quantile(with, 0.95)), ms(quantile(without, 0.5)), ms(quantile(without, 0.95)), ratio)
}

// deadTuples counts the row versions of the outbox that no new snapshot sees and
// that are still there.
func (m *merchant) deadTuples() map[string]int {
	m.t.Helper()
	m.exec("select pg_sleep(1.2)") // what sessions count they tell once a second
	rows, err := m.pool.Query(m.t.Context(), `
		select regexp_replace(relname, '_[0-9]+$', ''), sum(n_dead_tup)::integer
		from pg_stat_user_tables
		where schemaname = 'outbox'
		group by 1`)
	if err != nil {
		m.t.Fatal(err)
	}
	dead := map[string]int{}
	var table string
	var count int
	if _, err := pgx.ForEachRow(rows, []any{&table, &count}, func() error { dead[table] = count; return nil }); err != nil {
		m.t.Fatal(err)
	}
	return dead
}

// countsDead holds that dead row versions grow with claims and with what was written
// anew, not with what is sent.
func (b *bench) countsDead(dead map[string]int, p paced) {
	b.t.Helper()
	var parts []string
	total := 0
	for _, table := range slices.Sorted(maps.Keys(dead)) {
		if dead[table] > 0 {
			parts = append(parts, table+" "+strconv.Itoa(dead[table]))
		}
		if table != "head" {
			total += dead[table]
		}
	}
	// A claim updates the cursor and makes and deletes one row of its own. What is
	// written updates the tail, ten times a second, which is less often than claims are.
	reports(b.t, "       fault 10: dead rows after %d documents in %d claims: %s (head: one for each revision)", p.sent, len(p.claims), strings.Join(parts, ", "))
	if limit := 4*len(p.claims) + 10; total > limit {
		b.t.Errorf("got %d dead rows beside those of outbox.head after %d claims, want at most %d", total, len(p.claims), limit)
	}
	if limit := p.written/10 + 10; dead["head"] > limit {
		b.t.Errorf("got %d dead rows of outbox.head, want at most the %d that a newer revision took the place of", dead["head"], limit)
	}
}

// isEmpty holds that all that was written is done, once.
func (m *merchant) isEmpty() {
	m.t.Helper()
	if _, err := m.drain(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	written, done := m.number("select count(*) from outbox.document"), m.number("select count(*) from outbox.result")
	open := m.number("select count(*) from report.open_document")
	if written != done || open != 0 || m.number("select count(*) from outbox.claim") != 0 {
		m.t.Errorf("got %d documents, %d results and %d open, want one result each", written, done, open)
	}
}

// analystQuery reads the whole log with its results each half second, in one statement
// of as many rounds, and so in one snapshot.
const analystQuery = `
	select sum(counted.document_count)
	from generate_series(1, $1::integer) as round
	cross join lateral (
		select count(*) as document_count
		from outbox.document
		inner join outbox.result using (connection_code, pipeline_code, document_id)
		where document.document_id % 7 <> round % 7
	) as counted
	cross join lateral (select pg_sleep(0.5) where counted.document_count >= 0) as pause`

// fault 11: analysts read beside the queue, three of them in statements that overlap,
// and four in transactions that keep their snapshot.
func TestAnalystsReadBesideTheQueue(t *testing.T) {
	b, m := newQueue(t)
	var busy paced
	third := b.span / 6
	m.beside(3, func(ctx context.Context, conn *pgx.Conn, reader int) error {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(reader) * third):
		}
		_, err := conn.Exec(ctx, analystQuery, int((b.span*2/3).Seconds()*2))
		return err
	}, func() { busy = m.pace(b.span) })
	quarter := max(1, len(busy.backlog)/4)
	first, last := slices.Max(busy.backlog[:quarter]), slices.Max(busy.backlog[len(busy.backlog)-quarter:])
	b.limit(last <= first+documentsPerSecond, "fault 11: three statements of %s overlap at %d documents/s: %.0f documents/s sent, backlog at most %d in the first quarter and %d in the last, limit %d",
		(b.span * 2 / 3).Round(time.Second), documentsPerSecond, busy.rate(), first, last, first+documentsPerSecond)
	m.isEmpty()

	m.beside(4, m.reads("repeatable read"), func() { busy = m.pace(b.span / 3) })
	b.limit(busy.rate() >= 0.8*documentsPerSecond, "fault 11: four readers in REPEATABLE READ at %d documents/s: %.0f documents/s sent, backlog at most %d: %.2f of what was written, limit 0.80",
		documentsPerSecond, busy.rate(), slices.Max(busy.backlog), busy.rate()/documentsPerSecond)
	m.isEmpty()

	// The same readers without a snapshot that they keep tell what is their share of
	// the processors.
	var alone, committed, repeatable []float64
	backlog, times := b.drainBacklog()
	for range times {
		alone = append(alone, m.rate(backlog))
		m.beside(4, m.reads("read committed"), func() { committed = append(committed, m.rate(backlog)) })
		m.beside(4, m.reads("repeatable read"), func() { repeatable = append(repeatable, m.rate(backlog)) })
	}
	m.isEmpty()
	without, beside, with := quantile(alone, 0.5), quantile(committed, 0.5), quantile(repeatable, 0.5)
	b.limit(with >= 0.8*without, "fault 11: four readers in REPEATABLE READ: %.0f documents/s drained, without them %.0f: %.2f, limit 0.80; with the same readers in READ COMMITTED %.0f: %.2f",
		with, without, with/without, beside, beside/without)
}

// reads makes a reader that looks at the pipelines and at a thousand documents, ten times
// a second, in one transaction.
func (m *merchant) reads(isolation string) func(context.Context, *pgx.Conn, int) error {
	return func(ctx context.Context, conn *pgx.Conn, _ int) error {
		if _, err := conn.Exec(ctx, "set jit = off; begin read only isolation level "+isolation); err != nil {
			return err
		}
		for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			_, err := conn.Exec(ctx, `
				select pending_count, sending_count from report.pipeline;
				select count(*), sum(length(payload)) from (select payload from outbox.document limit 1000) as piece`)
			if err != nil {
				return err
			}
		}
		return nil
	}
}
