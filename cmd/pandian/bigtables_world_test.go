package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/load"
)

const (
	// bigRows is how many documents are done; make bench-big asks for millions. Where
	// it is set, the limits on times and ratios count.
	bigRows = "PANDIAN_BIG_ROWS"
	// bigSeconds is how long an old snapshot is held, and how long analysts read.
	bigSeconds = "PANDIAN_BIG_SECONDS"
)

// bench is what a run of make bench-big has in common; without its settings a test
// is small, and nothing that depends on the machine fails it.
type bench struct {
	t       *testing.T
	rows    int
	span    time.Duration
	isTimed bool
	server  *ownServer // nil for the server of the other tests
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, rows: fromEnv(t, bigRows, 20_000), span: time.Duration(fromEnv(t, bigSeconds, 2)) * time.Second,
		isTimed: os.Getenv(bigRows) != "",
	}
	if !b.isTimed {
		t.Parallel()
	} else {
		b.server = newOwnServer(t)
		// The settings of a server with a person's data, fsync among them.
		for _, setting := range []string{
			"fsync = on", "full_page_writes = on", "max_wal_size = '4GB'", "shared_buffers = '256MB'", "jit = off",
		} {
			b.server.tell(t, "alter system set "+setting)
		}
		b.server.tell(t, "select pg_reload_conf()") // shared_buffers stay at 128 MB until a restart
	}
	return b
}

// merchant is a fresh database on the server of the bench, with the schema.
func (b *bench) merchant(t *testing.T) *merchant {
	t.Helper()
	address := ""
	if b.server == nil {
		address = pgtest.Empty(t)
	} else {
		name := fmt.Sprintf("big_%d", time.Now().UnixNano())
		b.server.tell(t, "create database "+name)
		t.Cleanup(func() { b.server.drop(name) })
		parsed, err := url.Parse(b.server.URL())
		if err != nil {
			t.Fatal(err)
		}
		parsed.Path = "/" + name
		address = parsed.String()
	}
	m := &merchant{t: t, address: address, environ: []string{"PANDIAN_DATABASE_URL=" + address, "PANDIAN_CONFIG=" + filepath.Join("testdata", "empty.yaml")}}
	m.must("migrate", "up", "-q")
	m.pool, m.watch = watchedPool(t, address)
	return m
}

func (s *ownServer) drop(name string) {
	conn, err := pgx.Connect(context.Background(), s.URL())
	if err != nil {
		return // the server and its folder are gone
	}
	defer conn.Close(context.Background())
	_, _ = conn.Exec(context.Background(), "drop database if exists "+name+" with (force)")
}

// limit reports a figure beside its limit, and fails a bench that missed it.
func (b *bench) limit(holds bool, format string, args ...any) {
	b.t.Helper()
	line := fmt.Sprintf(format, args...)
	switch {
	case !b.isTimed:
		reports(b.t, "%s", line)
	case holds:
		reports(b.t, "held   %s", line)
	default:
		reports(b.t, "MISSED %s", line)
		b.t.Errorf("missed: %s", line)
	}
}

// merchant is one database and who works on it.
type merchant struct {
	t       *testing.T
	address string
	environ []string
	pool    *pgxpool.Pool
	watch   *watch
	keys    int
}

func (m *merchant) pandian(args ...string) outcome {
	m.t.Helper()
	var out, errs locked
	a := newApp()
	a.stdin, a.stdout, a.stderr, a.environ = strings.NewReader(""), &out, &errs, m.environ
	code := a.execute(m.t.Context(), args)
	return outcome{strings.Join(args, " "), code, out.String(), errs.String()}
}

func (m *merchant) must(args ...string) outcome {
	m.t.Helper()
	ended := m.pandian(args...)
	if ended.code != fault.ExitOK {
		m.t.Fatalf("want exit code 0, got %s", ended)
	}
	return ended
}

func (m *merchant) exec(sql string, args ...any) {
	m.t.Helper()
	if _, err := m.pool.Exec(m.t.Context(), sql, args...); err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
}

func (m *merchant) number(sql string, args ...any) (n int) {
	m.t.Helper()
	if err := m.pool.QueryRow(m.t.Context(), sql, args...).Scan(&n); err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// fill writes documents that are done, and what there is around them.
func (m *merchant) fill(rows int) {
	m.t.Helper()
	text := string(mustRead(m.t, filepath.Join("testdata", "big_tables.sql")))
	conn, err := pgx.Connect(m.t.Context(), m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(m.t.Context(), fmt.Sprintf("set statement_timeout = 0; set synchronous_commit = off; set big.rows = '%d'", rows))
	if err != nil {
		m.t.Fatal(err)
	}
	began := time.Now()
	for statement := range strings.SplitSeq(text, ";\n") {
		if _, err := conn.Exec(m.t.Context(), statement); err != nil {
			m.t.Fatalf("%s: %v", clip(statement), err)
		}
	}
	if rows > 1_000_000 {
		reports(m.t, "       %d documents are done: filled in %s, %d MB", rows, time.Since(began).Round(time.Second),
			m.number("select pg_database_size(current_database()) / 1000000"))
	}
}

// benchOutbox is the outbox that benches work on.
func benchOutbox() load.Outbox {
	return load.Outbox{Pipeline: "stock-compare", Connection: "wdt-main"}
}

// enqueue writes documents as the files of sql/outbox do: under the writers' lock,
// each with its head; every tenth is a new revision of the key before it.
func (m *merchant) enqueue(ctx context.Context, count int) error {
	first := m.keys
	m.keys += count
	return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select outbox.lock_writers('stock-compare', 'wdt-main')`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, enqueueSQL, first, count)
		return err
	})
}

const enqueueSQL = `
	with proposed as materialized (
		select
			nextval('outbox.document_id_seq') as document_id,
			'new ' || case when n % 10 = 9 then n - 1000 else n end as business_key,
			'{"dataset":"wdt.stock","spec":"' || n || '","primaryWriteback":{"currentqty":"12.5"}}' as payload
		from generate_series($1::integer, $1::integer + $2::integer - 1) as n
	),

	logged as (
		insert into outbox.document (
			connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id
		)
		select
			'wdt-main', 'stock-compare', proposed.document_id, proposed.business_key, coalesce(head.revision, 0) + 1,
			proposed.payload, hashtextextended(proposed.payload, 0), 1
		from proposed
		left join outbox.head
			on head.connection_code = 'wdt-main'
			and head.pipeline_code = 'stock-compare'
			and head.business_key = proposed.business_key
		returning *
	)

	insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
	select connection_code, pipeline_code, business_key, document_id, revision, payload_hash
	from logged
	on conflict on constraint head_pkey do update
	set document_id = excluded.document_id, revision = excluded.revision, payload_hash = excluded.payload_hash`

// drain empties the outbox as pandian load does, with a target that answers at once.
func (m *merchant) drain(ctx context.Context) (load.Counts, error) {
	return load.Drain(ctx, m.pool, benchOutbox(), answersAtOnce{}, load.Settings{})
}

type answersAtOnce struct{}

func (answersAtOnce) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	return slices.Repeat([]load.Outcome{{State: load.Sent}}, len(documents)), nil
}

// rate writes a backlog behind what is pending, which goes first, drains it, and tells
// documents per second.
func (m *merchant) rate(backlog int) float64 {
	m.t.Helper()
	if _, err := m.drain(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for left := backlog; left > 0; left -= 5_000 {
		if err := m.enqueue(m.t.Context(), min(left, 5_000)); err != nil {
			m.t.Fatal(err)
		}
	}
	began := time.Now()
	counts, err := m.drain(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	if done := counts.Sent + counts.Superseded; done != backlog {
		m.t.Fatalf("got %d documents done of a backlog of %d", done, backlog)
	}
	return float64(backlog) / time.Since(began).Seconds()
}

// watch keeps how long the statements of a pool took, by their first line.
type watch struct {
	mutex sync.Mutex
	took  map[string][]time.Duration
}

type watchKey struct{}

type watched struct {
	name  string
	began time.Time
}

// watchedPool is a pool as the program makes it, with a watch on it.
func watchedPool(t *testing.T, address string) (*pgxpool.Pool, *watch) {
	t.Helper()
	settings, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{took: map[string][]time.Duration{}}
	settings.MaxConns, settings.ConnConfig.Tracer = 12, w
	settings.ConnConfig.RuntimeParams["jit"] = "off"
	settings.ConnConfig.RuntimeParams["pandian.masked"] = "on"
	pool, err := pgxpool.NewWithConfig(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, w
}

// TraceQueryStart implements pgx.QueryTracer.
func (w *watch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	line, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(data.SQL), "-- name: "), " ")
	return context.WithValue(ctx, watchKey{}, watched{line, time.Now()})
}

// TraceQueryEnd implements pgx.QueryTracer.
func (w *watch) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if one, ok := ctx.Value(watchKey{}).(watched); ok {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.took[one.name] = append(w.took[one.name], time.Since(one.began))
	}
}

// since returns what a statement took since the last call, and forgets it.
func (w *watch) since(name string) []time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	took := w.took[name]
	delete(w.took, name)
	return took
}

// quantile is the value below which that part of the values lies; 0 for none.
func quantile[T ~int64 | ~float64](values []T, part float64) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
