package pace_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pandian/internal/pace"
)

// fault 18: never above the limit, however many processes call, and not far below it.
func TestPacers_share_the_limit_of_a_credential(t *testing.T) {
	t.Parallel()
	const span = 4 * time.Minute
	for _, test := range []struct {
		limit, processes, goroutines int
		latency                      time.Duration
	}{
		{60, 1, 1, 100 * time.Millisecond},
		{60, 4, 1, 100 * time.Millisecond},
		{100, 4, 2, 700 * time.Millisecond},
		{300, 1, 1, 50 * time.Millisecond},
		{300, 4, 1, 300 * time.Millisecond},
		{1200, 1, 4, 100 * time.Millisecond},
		{1200, 4, 1, 20 * time.Millisecond},
		{1200, 4, 2, 200 * time.Millisecond},
		{3000, 4, 1, 60 * time.Millisecond}, // each process by itself is slower than the slots
	} {
		t.Run(fmt.Sprintf("%d_a_minute_by_%d_processes_of_%d_with_%s", test.limit, test.processes, test.goroutines, test.latency), func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w world) {
				erp := newPlatform(test.limit)
				var group sync.WaitGroup
				for range test.processes {
					callers(w.T, &group, test.goroutines, span, test.latency, w.process().pacer(test.limit), erp.call)
				}
				group.Wait()
				if got := erp.limit.Peak(); got > test.limit || erp.throttled > 0 {
					t.Errorf("got %d calls in one minute, %d of all throttled, want at most %d", got, erp.throttled, test.limit)
				}
				want := test.limit * int(span/time.Minute) * 95 / 100
				if got := erp.count(); got < want {
					t.Errorf("got %d calls, want at least %d", got, want)
				}
				t.Logf("%d calls, peak %d, %.1f %% of the limit", erp.count(), erp.limit.Peak(), float64(erp.count())*100/float64(test.limit)/span.Minutes())
			})
		})
	}
}

func TestPacer_asks_the_database_far_less_than_once_a_call(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		erp, asking := newPlatform(0), w.process()
		var group sync.WaitGroup
		callers(w.T, &group, 2, time.Minute, 30*time.Millisecond, asking.pacer(1200), erp.call)
		group.Wait()
		if asked := int(asking.statements.Load()); asked*10 > erp.count() {
			t.Errorf("got %d statements for %d calls, want a tenth at most", asked, erp.count())
		}
	})
}

func TestPacer_gives_no_burst_after_a_quiet_time(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		erp, pacer := newPlatform(60), w.process().pacer(60)
		var group sync.WaitGroup
		callers(w.T, &group, 1, 10*time.Second, time.Millisecond, pacer, erp.call)
		group.Wait()
		time.Sleep(10 * time.Minute)
		quiet := time.Now()
		callers(w.T, &group, 8, 10*time.Second, time.Millisecond, pacer, erp.call)
		group.Wait()
		if got := erp.between(quiet, 0, 3*time.Second); got > 4 {
			t.Errorf("got %d calls within 3 s at one a second, want 4 at most", got)
		}
	})
}

func TestHold_holds_all_processes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		erp := newPlatform(0)
		var group sync.WaitGroup
		var first *pace.Pacer
		for n := range 4 {
			pacer := w.process().pacer(600)
			if n == 0 {
				first = pacer
			}
			callers(w.T, &group, 2, 80*time.Second, 100*time.Millisecond, pacer, erp.call)
		}
		time.Sleep(20 * time.Second)
		first.Hold(30 * time.Second)
		first.Hold(5 * time.Second) // never shortens
		group.Wait()
		if got := erp.between(w.begun, 22*time.Second, 50*time.Second); got != 0 {
			t.Errorf("got %d calls during the hold, want none", got)
		}
		if got := erp.between(w.begun, 50*time.Second, 52*time.Second); got == 0 || got > 22 {
			t.Errorf("got %d calls in the 2 s after the hold at 10 a second, want no pause and no herd", got)
		}
	})
}

func TestThrottled_learns_the_limit_and_forgets_it_again(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		erp, asked := newPlatform(100), w.process()
		var group sync.WaitGroup
		for range 2 {
			callers(w.T, &group, 1, 30*time.Minute, 50*time.Millisecond, w.process().pacer(200), erp.call)
		}
		group.Wait()
		if got := erp.throttled; got == 0 || got > 60 {
			t.Errorf("got %d throttled calls in 30 minutes at twice the limit, want 1 to 60", got)
		}
		if got, most := erp.count(), 30*100*110/100; got > most || got < 30*100*60/100 {
			t.Errorf("got %d calls, want 60 %% to 110 %% of what the platform takes in 30 minutes", got)
		}
		time.Sleep(20 * time.Minute) // twenty times a twentieth
		generous := newPlatform(0)
		callers(w.T, &group, 1, 2*time.Minute, 50*time.Millisecond, asked.pacer(200), generous.call)
		group.Wait()
		if got := generous.count(); got < 380 {
			t.Errorf("got %d calls in 2 minutes, want the limit of 200 a minute back", got)
		}
	})
}

func TestThrottled_teaches_once_what_many_calls_hear(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		asked := w.process()
		pacer := asked.pacer(100)
		for range 6 {
			pacer.Throttled(3 * time.Second)
		}
		learned := func() (n float64) {
			if err := asked.pool.QueryRow(t.Context(), `select learned_calls_per_minute::float8 from ops.rate_limit`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if got := learned(); got != 80 {
			t.Errorf("got %g a minute after six answers at once, want 80", got)
		}
		for range 40 {
			time.Sleep(6 * time.Second)
			pacer.Throttled(3 * time.Second)
		}
		if got := learned(); got != 10 {
			t.Errorf("got %g a minute after forty answers, want a tenth of the limit", got)
		}
	})
}

func TestPacer_survives_a_database_clock_that_is_set_back(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		asked := w.process()
		pacer := pace.New(pace.Options{
			Database: asked.pool, Credential: credential, Connection: "wdt-main", CallsPerMinute: 600,
			Now: func() time.Time { // an hour back after a minute
				if now := time.Now(); now.Sub(w.begun) > time.Minute {
					return now.Add(-time.Hour)
				}
				return time.Now()
			},
		})
		erp := newPlatform(0)
		var group sync.WaitGroup
		callers(w.T, &group, 1, 2*time.Minute, 10*time.Millisecond, pacer, erp.call)
		group.Wait()
		if got := erp.between(w.begun, time.Minute, 2*time.Minute); got < 500 {
			t.Errorf("got %d calls in the minute after, want 500 at least", got)
		}
	})
}

func TestPacer_does_not_catch_up_after_it_stood_still(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		pacer := w.process().pacer(1200)
		call := func(n int) {
			for range n {
				if _, err := pacer.Wait(w.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for n := range 20 {
			call(37 + n) // ends in the middle of a block of twenty
			time.Sleep(3 * time.Second)
			woken := time.Now()
			call(18)
			if took := time.Since(woken); took < 450*time.Millisecond { // a quarter of a second's worth at once, 51 ms each
				t.Errorf("18 calls within %s after a pause, want no burst of more than 6", took)
			}
		}
	})
}
