package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pandian/internal/fault"
	"pandian/internal/metrics"
	"pandian/internal/schedule"
)

// listen serves health and metrics until stop is called.
func (a *app) listen(ctx context.Context, address string, db *database, pool *pgxpool.Pool, scheduler *schedule.Scheduler) (stop func(), err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.New(fault.UsageWrong, "listen on %s: %w", address, err).
			Suggest("give another --listen, as in 127.0.0.1:0; an empty one turns it off")
	}
	ready := &readiness{
		stopping: func() bool { return ctx.Err() != nil },
		database: pool.Ping,
		schema:   func(ctx context.Context) error { return a.examineGate(ctx, db) },
		health:   scheduler.Health,
		mask:     a.redactor.Mask,
	}
	server := &http.Server{
		Handler: a.serviceHandler(ready, pool), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.ErrorContext(ctx, "health and metrics are served no more", "error", err)
		}
	}()
	a.term.Note("health and metrics are at http://%s/readyz and /metrics", listener.Addr())
	return func() {
		_ = server.Close()
		<-served
	}, nil
}

func (a *app) serviceHandler(ready *readiness, pool *pgxpool.Pool) http.Handler {
	settings := metrics.DefaultSettings()
	settings.Version = version
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		metrics.New(pool, settings, a.log), a.http,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.MustRegister(ready.collectors()...)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.Handle("GET /readyz", ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

// Bounds of what readiness means.
const (
	// readyDeadline bounds one look at database and schema.
	readyDeadline = 5 * time.Second
	// readyFresh is how long what was found is told again.
	readyFresh = 2 * time.Second
	// quietTicks is how long no tick may have gone well.
	quietTicks = 30 * time.Second
)

// readiness says whether this server does its work.
type readiness struct {
	stopping         func() bool
	database, schema func(context.Context) error
	health           func() schedule.Health
	mask             func(string) string

	mu       sync.Mutex
	lookedAt time.Time
	found    error
}

// ServeHTTP answers 200 with ok, or 503 with what is wrong.
func (r *readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if err := r.check(request.Context()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, r.mask(err.Error()))
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}

func (r *readiness) check(ctx context.Context) error {
	if r.stopping() {
		return errors.New("stopping: this server takes no more fires")
	}
	return errors.Join(r.look(ctx), r.ticks())
}

// ticks complains when the scheduler has not looked for fires for a while.
func (r *readiness) ticks() error {
	health := r.health()
	switch {
	case health.TickedAt.IsZero():
		return errors.New("scheduler: it has not looked for fires yet")
	case time.Since(health.TickedAt) > quietTicks:
		return fmt.Errorf("scheduler: it has not looked for fires for %s", time.Since(health.TickedAt).Round(time.Second))
	}
	return nil
}

// look asks database and schema; what was found a moment ago is told again.
func (r *readiness) look(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.lookedAt.IsZero() && time.Since(r.lookedAt) < readyFresh {
		return r.found
	}
	// Who asks may go away; the next one wants the answer too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyDeadline)
	defer cancel()
	r.found = nil
	if err := r.database(ctx); err != nil {
		r.found = fmt.Errorf("database: %s", firstLine(err))
	} else if err := r.schema(ctx); err != nil {
		r.found = fmt.Errorf("schema: %s", firstLine(err))
	}
	r.lookedAt = time.Now()
	return r.found
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// collectors tell Prometheus how this process does; how pandian as a whole does
// is read from the database.
func (r *readiness) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "pandian_scheduler_last_tick_timestamp_seconds", Help: "When this server last looked for fires, and could.",
		}, func() float64 {
			if ticked := r.health().TickedAt; !ticked.IsZero() {
				return float64(ticked.UnixMilli()) / 1000
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "pandian_scheduler_running_fires", Help: "Fires that this server runs.",
		}, func() float64 { return float64(r.health().Running) }),
	}
}
