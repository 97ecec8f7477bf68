package pace_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pace"
	"pandian/internal/pgtest"
	"pandian/internal/sandbox/meter"
)

// world is a database and a platform on one clock that costs nothing: time passes
// only while everybody waits for it.
type world struct {
	*testing.T
	url   string
	begun time.Time
}

// inWorld runs a test in a bubble of virtual time, with a database of its own.
func inWorld(t *testing.T, story func(w world)) {
	t.Helper()
	url := pgtest.URL(t)
	synctest.Test(t, func(t *testing.T) { story(world{t, url, time.Now()}) })
}

// process is a program of its own: a pool and whatever it makes with it.
type process struct {
	world
	pool       *pgxpool.Pool
	statements *atomic.Int64
}

// counted counts the statements that go to the database.
type counted struct {
	*pgxpool.Pool
	statements *atomic.Int64
}

func (c counted) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.statements.Add(1)
	return c.Pool.QueryRow(ctx, sql, args...)
}

func (c counted) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c.statements.Add(1)
	return c.Pool.Exec(ctx, sql, args...)
}

func (w world) process() process {
	w.Helper()
	pool, err := pgxpool.New(w.Context(), w.url)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(pool.Close)
	return process{w, pool, &atomic.Int64{}}
}

const credential = "0123456789abcdef0123456789abcdef"

func (p process) pacer(callsPerMinute int) *pace.Pacer {
	return pace.New(pace.Options{
		Database: counted{p.pool, p.statements}, Credential: credential, Connection: "wdt-main",
		CallsPerMinute: callsPerMinute, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func (p process) circuit(log *slog.Logger) *pace.Circuit {
	return pace.NewCircuit(pace.CircuitOptions{
		Database: counted{p.pool, p.statements}, Connection: "wdt-main", Threshold: 5, OpenFor: 30 * time.Second,
		ProbeTime: time.Minute, Now: time.Now, Log: log,
	})
}

// platform counts the calls that reach it, and is what tests believe.
type platform struct {
	limit *meter.Limiter
	mu    sync.Mutex
	calls []time.Time
	// throttled counts the calls beyond its limit.
	throttled int
}

func newPlatform(limit int) *platform { return &platform{limit: meter.NewLimiter(limit)} }

// call says whether the platform takes the call.
func (p *platform) call() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, time.Now())
	ok := p.limit.Allow("key", time.Now())
	if !ok {
		p.throttled++
	}
	return ok
}

func (p *platform) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

// between counts the calls from one span after begun to another.
func (p *platform) between(begun time.Time, from, to time.Duration) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.calls {
		if since := at.Sub(begun); since >= from && since < to {
			n++
		}
	}
	return n
}

// callers let so many goroutines call one after the other until the span is over.
// Each call takes about latency.
func callers(t *testing.T, group *sync.WaitGroup, n int, span, latency time.Duration, pacer *pace.Pacer, call func() bool) {
	ctx, cancel := context.WithTimeout(t.Context(), span)
	t.Cleanup(cancel)
	for range n {
		group.Go(func() {
			for {
				if _, err := pacer.Wait(ctx); err != nil {
					if ctx.Err() == nil {
						t.Error(err)
					}
					return
				}
				if !call() {
					pacer.Throttled(10 * time.Second)
				}
				time.Sleep(latency/2 + rand.N(latency+1))
			}
		})
	}
}
