package pace_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/pace"
)

// record is a log for several processes.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.text.String(), what)
}

func (r *record) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

// attempt makes one call through a circuit, if it lets it through.
func attempt(ctx context.Context, circuit *pace.Circuit, outcome erphttp.Outcome) (made bool) {
	if circuit.Delay(ctx) > 0 {
		return false
	}
	pass, _ := circuit.Enter(ctx, true)
	if pass == nil {
		return false
	}
	pass.Leave(ctx, outcome, "unavailable, HTTP 503")
	return true
}

func TestCircuit_counts_failures_over_all_processes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		log := &record{}
		var circuits []*pace.Circuit
		for range 4 {
			circuits = append(circuits, w.process().circuit(log.logger()))
		}
		for n := range 5 {
			if !attempt(t.Context(), circuits[n%4], erphttp.Down) {
				t.Fatalf("failure %d was not let through", n+1)
			}
		}
		time.Sleep(1100 * time.Millisecond) // what another process found out is known after a second
		for n, circuit := range circuits {
			if attempt(t.Context(), circuit, erphttp.Well) {
				t.Errorf("process %d called a platform that is down", n)
			}
			if !circuit.IsOpen(t.Context()) {
				t.Errorf("process %d takes the circuit for closed", n)
			}
		}
		if got := log.count("level=WARN"); got != 1 {
			t.Errorf("got %d warnings, want one: %s", got, log.text.String())
		}
	})
}

func TestCircuit_is_not_opened_by_failures_between_successes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		one, other := w.process().circuit(nil), w.process().circuit(nil)
		for range 20 {
			attempt(t.Context(), one, erphttp.Down)
			attempt(t.Context(), one, erphttp.Down)
			time.Sleep(2 * time.Second)
			if !attempt(t.Context(), other, erphttp.Well) {
				t.Fatal("the circuit opened after two failures in a row, want five")
			}
		}
		for range 4 {
			attempt(t.Context(), one, erphttp.Down)
		}
		time.Sleep(time.Hour)
		if !attempt(t.Context(), one, erphttp.Down) || one.IsOpen(t.Context()) {
			t.Error("four failures and one an hour later opened the circuit")
		}
	})
}

// fault 26: half an hour without the platform costs one call per delay, made by one
// process, and one warning.
func TestCircuit_probes_once_per_delay_whoever_probes(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		log := &record{}
		var made, group = atomic.Int64{}, sync.WaitGroup{}
		const outage = 30 * time.Minute
		for range 4 {
			circuit := w.process().circuit(log.logger())
			for range 2 {
				group.Go(func() {
					for time.Since(w.begun) < outage+2*time.Minute {
						outcome := erphttp.Well
						if time.Since(w.begun) < outage {
							outcome = erphttp.Down
						}
						if attempt(t.Context(), circuit, outcome) && outcome == erphttp.Down {
							made.Add(1)
						}
						time.Sleep(700 * time.Millisecond)
					}
				})
			}
		}
		group.Wait()
		// The threshold, what was under way when it opened, and a probe each half minute.
		if got := made.Load(); got < 50 || got > 5+8+61 {
			t.Errorf("got %d calls in the half hour, want one per 30 s", got)
		}
		if got := log.count("level=WARN"); got != 1 {
			t.Errorf("got %d warnings, want one", got)
		}
		if got := log.count("circuit closed"); got != 1 {
			t.Errorf("got %d times closed, want once", got)
		}
	})
}

func TestCircuit_takes_a_probe_that_never_ends_for_dead(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		dead, living := w.process().circuit(nil), w.process().circuit(nil)
		for range 5 {
			attempt(t.Context(), dead, erphttp.Down)
		}
		time.Sleep(31 * time.Second)
		if pass, _ := dead.Enter(t.Context(), true); pass == nil {
			t.Fatal("no probe after the delay")
		}
		if attempt(t.Context(), living, erphttp.Well) {
			t.Error("a second probe beside the first")
		}
		time.Sleep(70 * time.Second)
		if !attempt(t.Context(), living, erphttp.Well) || living.IsOpen(t.Context()) {
			t.Error("the circuit did not get over a probe whose process died")
		}
	})
}

func TestCircuit_hears_only_the_probe_while_it_is_open(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		circuit := w.process().circuit(nil)
		early, _ := circuit.Enter(t.Context(), true) // a call that is under way for long
		for range 5 {
			attempt(t.Context(), circuit, erphttp.Down)
		}
		early.Leave(t.Context(), erphttp.Well, "")
		if !circuit.IsOpen(t.Context()) {
			t.Error("a call from before the outage closed the circuit")
		}
		time.Sleep(31 * time.Second)
		if pass, delay := circuit.Enter(t.Context(), false); pass != nil || delay <= 0 {
			t.Error("a call with an effect was let through as the probe")
		}
		probe, _ := circuit.Enter(t.Context(), true)
		probe.Leave(t.Context(), erphttp.Unknown, "")
		if again, _ := circuit.Enter(t.Context(), true); again == nil {
			t.Error("a probe that proved nothing was not given back")
		}
	})
}

func TestCircuit_costs_a_round_trip_a_second_while_all_is_well(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w world) {
		asking := w.process()
		circuit := asking.circuit(nil)
		for range 1000 {
			attempt(t.Context(), circuit, erphttp.Well)
			time.Sleep(20 * time.Millisecond)
		}
		if got := asking.statements.Load(); got > 21 {
			t.Errorf("got %d statements for 1000 calls in 20 s, want one a second", got)
		}
	})
}
