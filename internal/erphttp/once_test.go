package erphttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pandian/internal/erphttp"
)

// once is a call with an effect.
func once(address string) erphttp.Call {
	return erphttp.Call{Operation: "save", Once: true, Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"bill":1}`))
	}}
}

// fault 23: what may have reached the platform is not sent again; what certainly did not is.
func TestOnce_repeats_only_what_had_no_effect(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset by peer")
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	unknown := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "erp.example"}}
	for _, test := range []struct {
		name        string
		replies     []func(*http.Request) (*http.Response, error)
		calls       int64
		kind        erphttp.Kind // empty: it goes well
		isDelivered bool
	}{
		{"good at once", list(says(200, "ok")), 1, "", false},
		{"connection broke", list(breaks(reset), says(200, "ok")), 1, erphttp.Unreachable, true},
		{"connection refused, then good", list(breaks(refused), says(200, "ok")), 2, "", false},
		{"connection refused, then broke", list(breaks(refused), breaks(reset), says(200, "ok")), 2, erphttp.Unreachable, true},
		{"connection refused for ever", list(breaks(refused)), 5, erphttp.Unreachable, false},
		{"no such name", list(breaks(unknown)), 5, erphttp.Unreachable, false},
		{"500", list(says(500, ""), says(200, "ok")), 1, erphttp.Unavailable, true},
		{"502", list(says(502, "<html>"), says(200, "ok")), 1, erphttp.Unavailable, true},
		{"503 that asks to wait", list(says(503, "", "Retry-After", "1"), says(200, "ok")), 1, erphttp.Unavailable, true},
		{"redirect", list(says(302, ""), says(200, "ok")), 1, erphttp.BadAnswer, true},
		{"HTML with 200", list(says(200, "<html>"), says(200, "ok")), 1, erphttp.BadAnswer, true},
		{"cut off", list(cutBody, says(200, "ok")), 1, erphttp.Truncated, true},
		{"too large", list(says(200, "ok"+strings.Repeat("x", 100))), 1, erphttp.TooLarge, true},
		{"refused", list(says(200, "no way")), 1, erphttp.Refused, false},
		{"not found", list(says(404, "")), 1, erphttp.Refused, false},
		{"login expired", list(says(200, "login")), 1, erphttp.LoginRefused, false},
		{"throttled, then good", list(says(200, "often"), says(200, "ok")), 2, "", false},
		{"429, then broke", list(says(429, ""), breaks(reset), says(200, "ok")), 2, erphttp.Unreachable, true},
		{"refused before any effect, then good", list(says(200, "busy"), says(200, "ok")), 2, "", false},
		{"refused before any effect for ever", list(says(200, "busy")), 5, erphttp.Unavailable, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &script{replies: test.replies}
				client := erphttp.New(erphttp.Config{
					Platform: "toy", Classify: classifyBusy, Settings: erphttp.Settings{MaxBody: 50},
					Deps: erphttp.Deps{Transport: transport},
				})
				_, err := client.DoBuffered(t.Context(), once("https://erp.example/save"))
				if got := transport.calls.Load(); got != test.calls {
					t.Errorf("got %d calls, want %d", got, test.calls)
				}
				if got := erphttp.MayHaveArrived(err); got != test.isDelivered {
					t.Errorf("got delivered %t for %v, want %t", got, err, test.isDelivered)
				}
				if failed := erphttp.AsError(err); test.kind == "" && err != nil || test.kind != "" && (failed == nil || failed.Kind != test.kind) {
					t.Errorf("got %v, want kind %q", err, test.kind)
				}
			})
		})
	}
}

// classifyBusy is the toy platform with one code more, which it gives before it does anything.
func classifyBusy(reply erphttp.Reply) erphttp.Verdict {
	if string(reply.Body) == "busy" {
		return erphttp.Verdict{Action: erphttp.Retry, Code: "13", NoEffect: true}
	}
	return classify(reply)
}

func TestDelivered_is_remembered_over_the_attempts_of_a_read(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for name, replies := range map[string][]func(*http.Request) (*http.Response, error){
		"refused connections at the end": list(says(500, ""), breaks(refused)),
		"a refusal at the end":           list(says(500, ""), says(200, "no")),
	} {
		synctest.Test(t, func(t *testing.T) {
			client, _ := newClient(&script{replies: replies}, erphttp.Settings{})
			if _, err := client.DoBuffered(t.Context(), call()); !erphttp.MayHaveArrived(err) {
				t.Errorf("%s: got %v, which says that nothing was delivered", name, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // the circuit opens between two attempts
		client, _ := newClient(&script{replies: list(says(500, ""))}, erphttp.Settings{BreakerThreshold: 1, BreakerDelay: time.Hour})
		if _, err := client.DoBuffered(t.Context(), call()); erphttp.AsError(err).Kind != erphttp.CircuitOpen || !erphttp.MayHaveArrived(err) {
			t.Errorf("got %v, want an open circuit after a delivered attempt", err)
		}
		if _, err := client.DoBuffered(t.Context(), call()); erphttp.AsError(err).Kind != erphttp.CircuitOpen || erphttp.MayHaveArrived(err) {
			t.Errorf("got %v, want an open circuit and nothing delivered", err)
		}
	})
}

// fault 23, over real connections: the server counts, and says nothing.
func TestOnce_knows_from_the_connection_whether_it_was_heard(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		kind    erphttp.Kind
	}{
		"closes after reading":    {func(_ http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, erphttp.Unreachable},
		"hangs after reading":     {func(_ http.ResponseWriter, _ *http.Request) { <-hang }, erphttp.TimedOut},
		"answers half of it":      {halfAnswer, erphttp.Truncated},
		"answers with a bad page": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, erphttp.Unavailable},
	} {
		var got atomic.Int64
		address := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			got.Add(1)
			test.handler(w, r)
		})
		client, _ := newClient(nil, erphttp.Settings{Timeout: 300 * time.Millisecond, BaseDelay: time.Millisecond})
		_, err := client.DoBuffered(t.Context(), once(address))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != test.kind || !failed.Delivered || got.Load() != 1 {
			t.Errorf("%s: got %v after %d requests, want %s, delivered once", name, err, got.Load(), test.kind)
		}
	}
}

func halfAnswer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "ok")
}

func TestOnce_was_not_delivered_where_no_connection_was_made(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the call arrived") }))
	untrusted.Config.ErrorLog = nil
	t.Cleanup(untrusted.Close)
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections, but no TLS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for name, test := range map[string]struct {
		address string
		timeout time.Duration
		kind    erphttp.Kind
	}{
		"refused connection":      {closed.URL, time.Minute, erphttp.Unreachable},
		"certificate not trusted": {untrusted.URL, time.Minute, erphttp.Unreachable},
		"TLS that never ends":     {"https://" + mute.Addr().String(), 300 * time.Millisecond, erphttp.TimedOut},
	} {
		client, stats := newClient(nil, erphttp.Settings{Timeout: test.timeout, BaseDelay: time.Millisecond, MaxAttempts: 2})
		_, err := client.DoBuffered(t.Context(), once(test.address))
		if failed := erphttp.AsError(err); failed == nil || failed.Delivered || failed.Kind != test.kind || stats.Snapshot().Requests != 2 {
			t.Errorf("%s: got %v after %d attempts, want %s, not delivered, after 2", name, err, stats.Snapshot().Requests, test.kind)
		}
	}
}

func TestOnce_says_whether_it_arrived_when_its_caller_gives_up(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	hang := make(chan struct{})
	address := newServer(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-hang
	})
	defer close(hang)
	client, _ := newClient(nil, erphttp.Settings{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the drain was stopped")
	go func() {
		<-arrived
		cancel(cause)
	}()
	_, err := client.DoBuffered(ctx, once(address))
	if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Canceled || !failed.Delivered || !errors.Is(err, cause) ||
		err.Error() != "toy save: given up while the call was under way: the drain was stopped" {
		t.Errorf("got %v, want it canceled and delivered", err)
	}
	if _, err := client.DoBuffered(ctx, once(address)); err == nil || erphttp.MayHaveArrived(err) || !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause and nothing delivered", err)
	}
}
