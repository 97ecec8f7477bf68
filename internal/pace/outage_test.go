package pace_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
)

// erp is a platform that is away from begun to end, and keeps what it received.
type erp struct {
	*platform
	begun, end time.Time
	// says is what a call meets meanwhile.
	says func() (*http.Response, error)

	mu       sync.Mutex
	received []string
	inOutage int
}

// RoundTrip implements http.RoundTripper.
func (e *erp) RoundTrip(request *http.Request) (*http.Response, error) {
	isTaken := e.call()
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := time.Now(); now.After(e.begun) && now.Before(e.end) {
		e.inOutage++
		return e.says()
	}
	if !isTaken {
		return answer(http.StatusTooManyRequests), nil
	}
	if key := request.URL.Query().Get("key"); key != "" && request.Method == http.MethodPost {
		e.received = append(e.received, key)
	}
	return answer(http.StatusOK), nil
}

func answer(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}
}

// target sends one call per document.
type target struct {
	http *erphttp.Client
	erp  *erp
}

func (t *target) ask(ctx context.Context, method, key string) error {
	_, err := t.http.DoBuffered(ctx, erphttp.Call{Operation: "save", Once: method == http.MethodPost, Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, method, "https://erp.example/?key="+key, nil)
	}})
	return err
}

// Send implements load.Target.
func (t *target) Send(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		err := t.ask(ctx, http.MethodPost, fmt.Sprintf("%s.%d", document.Key, document.Revision))
		switch {
		case err == nil:
			outcomes[i] = load.Outcome{State: load.Sent}
		case erphttp.MayHaveArrived(err):
			outcomes[i] = load.Outcome{State: load.InDoubt, Message: err.Error()}
		case i == 0:
			return nil, &load.UnavailableError{Cause: err}
		default:
			for ; i < len(documents); i++ {
				outcomes[i] = load.Outcome{State: load.Waiting, Message: "not sent"}
			}
			return outcomes, nil
		}
	}
	return outcomes, nil
}

// Lookup implements load.Finder.
func (t *target) Lookup(ctx context.Context, documents []load.Document) ([]load.Outcome, error) {
	if err := t.ask(ctx, http.MethodGet, "any"); err != nil {
		return nil, &load.UnavailableError{Cause: err}
	}
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		outcomes[i].State = load.Waiting
		for _, key := range t.erp.received {
			if key == fmt.Sprintf("%s.%d", document.Key, document.Revision) {
				outcomes[i].State = load.Sent
			}
		}
	}
	return outcomes, nil
}

const outboxOrders = 300

// fillOutbox writes documents k1 to kn, and a second revision of every tenth.
func (p process) fillOutbox() {
	p.Helper()
	for _, file := range []string{"outbox_delivery.sql"} {
		view, err := os.ReadFile("../../sql/view/" + file)
		if err != nil {
			p.Fatal(err)
		}
		_, _ = p.pool.Exec(p.Context(), string(view)) // only where load asks it
	}
	tx, err := p.pool.Begin(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	for _, sql := range []string{
		`select outbox.lock_writers('orders', 'wdt-main')`,
		fmt.Sprintf(`
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select 'wdt-main', 'orders', 'k' || n, 1, '{}', 1, 1 from generate_series(1, %d) as n order by n`, outboxOrders),
		fmt.Sprintf(`
			insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select 'wdt-main', 'orders', 'k' || n, 2, '{}', 2, 1 from generate_series(1, %d) as n where n %% 10 = 0 order by n`, outboxOrders),
		`insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
			select distinct on (business_key) connection_code, pipeline_code, business_key, document_id, revision, payload_hash
			from outbox.document order by business_key, revision desc`,
	} {
		if _, err := tx.Exec(p.Context(), sql); err != nil {
			p.Fatalf("%s: %v", sql, err)
		}
	}
	if err := tx.Commit(p.Context()); err != nil {
		p.Fatal(err)
	}
}

// worker drains the outbox every ten seconds, as a schedule would, until it is empty.
func (p process) worker(platform *erp, log *slog.Logger) (runs int) {
	circuit := p.circuit(log)
	target := &target{erp: platform, http: erphttp.New(erphttp.Config{
		Platform: "toy", Settings: erphttp.Settings{BaseDelay: 100 * time.Millisecond, MaxDelay: time.Second},
		Classify: func(reply erphttp.Reply) erphttp.Verdict { return erphttp.StatusVerdict(reply.Status) },
		Deps:     erphttp.Deps{Log: log, Transport: platform, Circuit: circuit, Pacer: p.pacer(outageLimit)},
	})}
	settings := load.Settings{
		BatchSize: 20, SendSize: 5, Workers: 1, WorkerName: "test", Logger: log,
		BaseBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond, // the database's clock is not in the bubble
	}
	for ctx := p.Context(); ; time.Sleep(10 * time.Second) {
		runs++
		if circuit.IsOpen(ctx) {
			_ = target.ask(ctx, http.MethodGet, "")
		}
		_, err := load.Drain(ctx, p.pool, load.Outbox{Pipeline: "orders", Connection: "wdt-main"}, target, settings)
		var unavailable *load.UnavailableError
		if err != nil && !errors.As(err, &unavailable) {
			p.Error(err)
			return runs
		}
		var left int
		if err := p.pool.QueryRow(ctx, `
			select count(*) from outbox.head
			where not exists (
				select from outbox.result
				where result.document_id = head.document_id and result.outcome in ('sent', 'superseded')
			)`).Scan(&left); err != nil {
			p.Error(err)
			return runs
		}
		if left == 0 || time.Since(p.begun) > 3*time.Hour {
			return runs
		}
	}
}

const outageLimit = 120

// fault 26: the platform is down for half an hour in the middle of a backlog.
func TestAnOutageBurnsNoAttemptsAndEndsWithoutAHerd(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]func() (*http.Response, error){
		"connection refused": func() (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		},
		"503": func() (*http.Response, error) { return answer(http.StatusServiceUnavailable), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w world) {
				w.process().fillOutbox()
				log := &record{}
				down := &erp{platform: newPlatform(outageLimit), begun: w.begun.Add(20 * time.Second), end: w.begun.Add(20*time.Second + 30*time.Minute), says: says}
				var group sync.WaitGroup
				for range 2 {
					worker := w.process()
					group.Go(func() { worker.worker(down, log.logger()) })
				}
				group.Wait()
				down.verify(w, log)
			})
		})
	}
}

func (e *erp) verify(w world, log *record) {
	w.Helper()
	seen, newest := map[string]int{}, map[string]string{}
	for _, document := range e.received {
		key, revision, _ := strings.Cut(document, ".")
		seen[document]++
		if revision < newest[key] {
			w.Errorf("%s arrived after its revision %s", document, newest[key])
		}
		newest[key] = revision
	}
	for document, times := range seen {
		if times != 1 {
			w.Errorf("%s arrived %d times", document, times)
		}
	}
	for n := 1; n <= outboxOrders; n++ {
		want := "1"
		if n%10 == 0 {
			want = "2"
		}
		if got := newest[fmt.Sprintf("k%d", n)]; got != want {
			w.Errorf("k%d: got revision %q, want %s", n, got, want)
		}
	}
	// 5 to open, what two processes had under way, their attempts, and a probe per 30 s.
	if e.inOutage < 30 || e.inOutage > 5+4+2*61 {
		w.Errorf("got %d calls during the outage, want a probe per 30 s", e.inOutage)
	}
	if e.limit.Peak() > outageLimit || e.throttled > 0 {
		w.Errorf("got %d calls in one minute, %d throttled, want %d at most", e.limit.Peak(), e.throttled, outageLimit)
	}
	if got := log.count("circuit opened"); got != 1 {
		w.Errorf("got %d warnings that the circuit opened, want one", got)
	}
	if got := log.count("level=WARN"); got > 20 {
		w.Errorf("got %d warnings in half an hour, want a handful", got)
	}
	var attempts, results int
	asked := w.process()
	if err := asked.pool.QueryRow(w.Context(), `
		select max(attempt), count(*) filter (where outcome not in ('sent', 'superseded')) from outbox.result`).Scan(&attempts, &results); err != nil {
		w.Fatal(err)
	}
	if attempts > 2 || results > 5+2*5 { // the threshold, and what lay in the same calls of Send
		w.Errorf("got %d attempts of one document and %d that failed, want no more than opened the circuit", attempts, results)
	}
	w.Logf("%d calls during the outage, %d warnings, most attempts %d, %d failed attempts, peak %d",
		e.inOutage, log.count("level=WARN"), attempts, results, e.limit.Peak())
}
