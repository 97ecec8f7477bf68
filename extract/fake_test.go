package extract_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/extract"
	"pandian/internal/pgtest"
	"pandian/internal/retention"
)

const dataset = "acme.stock"

// fakeSource is a platform whose answers a test may bend.
type fakeSource struct {
	spec extract.Spec
	// records are what the platform has in every window.
	records []string
	// answer bends the honest answer to a call, counted from 1; nil does not.
	answer func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error)

	mu    sync.Mutex
	calls []extract.Request
}

func (s *fakeSource) Spec() extract.Spec { return s.spec }

func (s *fakeSource) Fetch(_ context.Context, request extract.Request) (extract.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, request)
	honest := s.honest(request)
	if s.answer == nil {
		return honest, nil
	}
	response, err := s.answer(len(s.calls), request, honest)
	if err != nil {
		return nil, err
	}
	return response, nil
}

func (s *fakeSource) honest(request extract.Request) *fakeResponse {
	if s.spec.PageSize == 0 {
		return &fakeResponse{records: s.records, request: request}
	}
	from := min((request.Page-s.spec.FirstPage)*s.spec.PageSize, len(s.records))
	to := min(from+s.spec.PageSize, len(s.records))
	response := &fakeResponse{records: s.records[from:to], request: request}
	if request.Page == s.spec.FirstPage {
		response.total = total(len(s.records))
	}
	return response
}

// pages are the numbers of the pages that were asked for, in order.
func (s *fakeSource) pages() []int {
	var numbers []int
	for _, call := range s.calls {
		numbers = append(numbers, call.Page)
	}
	return numbers
}

// fakeResponse gives its records, then end, or io.EOF if that is nil.
type fakeResponse struct {
	records  []string
	problems map[int]string // by place, from 1
	field    string         // of the problems
	total    *int64
	end      error
	head     []byte
	request  extract.Request
	envelope *extract.Envelope // nil: a plain one
	at       int
}

func (r *fakeResponse) Next() (extract.Record, error) {
	if r.at == len(r.records) {
		if r.end != nil {
			return extract.Record{}, r.end
		}
		return extract.Record{}, io.EOF
	}
	r.at++
	record := extract.Record{Raw: []byte(r.records[r.at-1]), Problem: r.problems[r.at]}
	if record.Problem != "" {
		record.Field = r.field
	}
	return record, nil
}

func (r *fakeResponse) Envelope() extract.Envelope {
	if r.envelope != nil {
		return *r.envelope
	}
	return extract.Envelope{
		JSON:    []byte(`{"code":0}`),
		Request: fmt.Appendf(nil, `{"page_no":"%d"}`, r.request.Page),
		Total:   r.total,
	}
}

func (r *fakeResponse) Head() []byte { return r.head }
func (r *fakeResponse) Close() error { return nil }

func total(n int) *int64 {
	count := int64(n)
	return &count
}

// some makes n records that differ.
func some(n int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"sku":"A%03d","qty":"1.0000"}`, i)
	}
	return records
}

// windowed is a source like 旺店通 with pages of three.
func windowed(records []string) *fakeSource {
	return &fakeSource{records: records, spec: extract.Spec{
		Dataset: dataset, Kind: extract.Windowed, MaxSpan: 30 * 24 * time.Hour, PageSize: 3, Backwards: true,
	}}
}

// whole is a source like YonSuite, which answers everything at once.
func whole(records []string) *fakeSource {
	return &fakeSource{records: records, spec: extract.Spec{Dataset: dataset, Kind: extract.Snapshot}}
}

// world is a database that the benches of one test share.
type world struct {
	pool *pgxpool.Pool
	runs atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pool: pgtest.Pool(t)}
	if _, err := retention.MakeAhead(t.Context(), w.pool, time.Now()); err != nil {
		t.Fatal(err)
	}
	return w
}

// bench is a connection of its own in a world, with a clock.
type bench struct {
	*testing.T
	world      *world
	pool       *pgxpool.Pool
	connection string
	run        int64 // the newest
	clock      time.Time
	// settings are those of the next landing.
	settings extract.Settings
}

func (w *world) bench(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{T: t, world: w, pool: w.pool, connection: t.Name(), clock: time.Now().Truncate(time.Second)}
	b.settings = extract.DefaultSettings()
	b.settings.Since = b.clock.Add(-24 * time.Hour)
	b.settings.RecordsPerPage = 3
	return b
}

func (b *bench) lander() *extract.Lander {
	return &extract.Lander{
		Pool: b.pool, Now: func() time.Time { return b.clock }, Log: slog.New(slog.DiscardHandler),
	}
}

// try lands in a run of its own.
func (b *bench) try(source extract.Source) (extract.Report, error) {
	b.Helper()
	b.run = b.world.runs.Add(1)
	return b.lander().Land(b.Context(), extract.Job{
		RunID: b.run, ConnectionCode: b.connection, Source: source, Settings: b.settings,
	})
}

// land lands in a run of its own, and checks the balance.
func (b *bench) land(source extract.Source) extract.Report {
	b.Helper()
	report, err := b.try(source)
	if err != nil {
		b.Fatal(err)
	}
	b.balance(report)
	return report
}

// balance checks that the figures add up and are those of the tables.
func (b *bench) balance(report extract.Report) {
	b.Helper()
	if err := report.Check(); err != nil {
		b.Error(err)
	}
	for name, want := range map[string]int64{
		"got": report.RecordsRead, "landed": report.RecordsLanded, "pages_landed": report.PagesLanded,
		"pages_unchanged": report.PagesUnchanged, "rejected_landing": report.RecordsRejected,
		"windows_complete": report.WindowsComplete,
	} {
		got := b.number(`select coalesce(sum(value), 0) from ops.tally where run_id = $1 and subject = $2 and name = $3`, b.run, dataset, name)
		if got != want {
			b.Errorf("tally %s: got %d, want %d", name, got, want)
		}
	}
	stored := b.number(`select coalesce(sum(record_count), 0) from staging.page where run_id = $1`, b.run)
	if stored != report.RecordsLanded {
		b.Errorf("got %d records in staging.page, want %d as counted", stored, report.RecordsLanded)
	}
}

func (b *bench) number(sql string, args ...any) int64 {
	b.Helper()
	var n int64
	if err := b.pool.QueryRow(context.WithoutCancel(b.Context()), sql, args...).Scan(&n); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
	return n
}

// text is one value as text; <null> for null.
func (b *bench) text(sql string, args ...any) string {
	b.Helper()
	var text *string
	if err := b.pool.QueryRow(b.Context(), sql, args...).Scan(&text); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
	if text == nil {
		return "<null>"
	}
	return *text
}

func (b *bench) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.Context(), sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

// records are all landed records of the newest window, in the order of the pages.
func (b *bench) records() string {
	b.Helper()
	return b.text(`
		select string_agg(element::text, ' ' order by page_no, place)
		from staging.page
		cross join lateral json_array_elements(records::json) with ordinality as record (element, place)
		where window_id = (select max(window_id) from ops.window where connection_code = $1)`, b.connection)
}
