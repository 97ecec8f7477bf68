package pace_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/blackhole"
	"pandian/internal/erphttp"
	"pandian/internal/pace"
	"pandian/internal/pgtest"
	"pandian/internal/repeat"
)

// proxied is a pacer whose database is behind a proxy, in real time.
func proxied(t *testing.T, patience time.Duration) (*blackhole.Proxy, *pace.Pacer, *pgxpool.Pool) {
	t.Helper()
	proxy, url := blackhole.Postgres(t, pgtest.URL(t))
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return proxy, pace.New(pace.Options{
		Database: pool, Credential: credential, Connection: "wdt-main", CallsPerMinute: 60_000, Patience: patience,
	}), pool
}

// drain uses up what was leased.
func drain(t *testing.T, pacer *pace.Pacer) {
	t.Helper()
	if _, err := pacer.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestPacer_stops_calls_when_the_database_is_away(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*blackhole.Proxy){"refused": (*blackhole.Proxy).Refuse, "swallowed": (*blackhole.Proxy).Swallow} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, pacer, _ := proxied(t, 300*time.Millisecond)
			drain(t, pacer)
			lose(proxy)
			var reached atomic.Int64
			erp := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
			defer erp.Close()
			client := erphttp.New(erphttp.Config{
				Platform: "toy", Deps: erphttp.Deps{Pacer: pacer}, Classify: func(erphttp.Reply) erphttp.Verdict { return erphttp.Verdict{} },
			})
			var err error
			for range mostLeased { // slots that were leased before may be used
				_, err = client.DoBuffered(t.Context(), erphttp.Call{Operation: "save", Once: true, Build: func(ctx context.Context) (*http.Request, error) {
					return http.NewRequestWithContext(ctx, http.MethodPost, erp.URL, nil)
				}})
				if err != nil {
					break
				}
			}
			failed := erphttp.AsError(err)
			if failed == nil || failed.Kind != erphttp.Unpaced || failed.Delivered || !strings.Contains(err.Error(), "rate limit of connection wdt-main") {
				t.Fatalf("got %v, want an undelivered %s that names the connection", err, erphttp.Unpaced)
			}
			if reached.Load() > mostLeased {
				t.Errorf("%d calls without a slot", reached.Load())
			}
		})
	}
}

// mostLeased is more than a fresh pacer has leased after one call.
const mostLeased = 8

func TestPacer_lives_through_a_restart_of_the_database(t *testing.T) {
	t.Parallel()
	proxy, pacer, _ := proxied(t, time.Minute)
	drain(t, pacer)
	proxy.Refuse()
	back := make(chan struct{})
	go func() {
		defer close(back)
		time.Sleep(300 * time.Millisecond)
		proxy.Pass()
	}()
	for range 50 {
		if _, err := pacer.Wait(t.Context()); err != nil {
			t.Fatalf("got %v, want the calls to wait for the database", err)
		}
	}
	<-back
}

func TestPacer_tells_of_a_hold_that_the_database_missed(t *testing.T) {
	t.Parallel()
	proxy, pacer, pool := proxied(t, time.Minute)
	drain(t, pacer)
	proxy.Refuse()
	pacer.Hold(time.Hour)
	proxy.Pass()
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	go func() {
		_, err := pacer.Wait(ctx)
		waited <- err
	}()
	for isHeld := false; !isHeld; time.Sleep(5 * time.Millisecond) {
		err := pool.QueryRow(t.Context(), `select held_until > now() + interval '50 minutes' from ops.rate_limit`).Scan(&isHeld)
		if err != nil {
			isHeld = false // never held yet
		}
		if t.Context().Err() != nil {
			t.Fatal("the hold did not get to the database")
		}
	}
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the call to wait for the end of the hold", err)
	}
}

// fault 12: leases and holds that the server undoes are asked for again, at once and
// not a second later.
func TestPacer_asks_again_for_what_the_server_undid(t *testing.T) {
	t.Parallel()
	_, pacer, pool := proxied(t, time.Minute)
	pgtest.Strike(t, pool, 1, 300, "ops.rate_limit")
	ctx, count := repeat.Counted(t.Context())
	for range 200 { // some eight leases
		if _, err := pacer.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if undone := pgtest.StrikeNoMore(t, pool); undone == 0 || count.Repeats() != int64(undone) {
		t.Errorf("%d leases were undone and %d asked for again", undone, count.Repeats())
	}
}

func TestWait_ends_with_its_context_whatever_the_database_does(t *testing.T) {
	t.Parallel()
	proxy, pacer, _ := proxied(t, time.Hour)
	drain(t, pacer)
	proxy.Swallow()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for range mostLeased {
		if _, err := pacer.Wait(ctx); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's error", err)
			}
			return
		}
	}
	t.Error("calls go on without the database")
}
