package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pandian/internal/sandbox/meter"
)

// effects starts a server that counts the bytes it was sent in full and answers
// HTTP 201, with one rule in place.
func effects(t *testing.T, rule Rule) (url string, done *atomic.Int64) {
	t.Helper()
	set, err := NewSet(1, Plan{Rules: []Rule{rule}}, &meter.Meter{})
	if err != nil {
		t.Fatalf("make set: %v", err)
	}
	done = &atomic.Int64{}
	server := httptest.NewServer(set.Wrap(func(*http.Request) string { return "test" }, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			if r.Context().Err() == nil {
				done.Add(n)
			}
			w.Header().Set("X-Made", "yes")
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "made")
		})))
	t.Cleanup(server.Close)
	return server.URL, done
}

// send posts four bytes and returns the answer as text.
func send(t *testing.T, url string, limit time.Duration) (status int, header http.Header, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("four"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(text), err
}

func TestALostAnswerHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	// fault 23: lost response after commit
	url, done := effects(t, Rule{Kind: LostAnswer, Count: 1})
	if _, _, body, err := send(t, url, 5*time.Second); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %q and %v, want a broken connection", body, err)
	}
	if got := done.Load(); got != 4 {
		t.Errorf("bytes taken: got %d, want 4", got)
	}
	if status, _, body, err := send(t, url, 5*time.Second); status != 201 || body != "made" || err != nil {
		t.Errorf("next call: got HTTP %d %q (%v), want 201 made", status, body, err)
	}
}

func TestALostAnswerMayShowAsAStatus(t *testing.T) {
	t.Parallel()
	url, done := effects(t, Rule{Kind: LostAnswer, Value: 500})
	status, header, body, err := send(t, url, 5*time.Second)
	if status != 500 || body != "" || header.Get("X-Made") != "" || err != nil {
		t.Errorf("got HTTP %d %q with %v (%v), want an empty 500", status, body, header, err)
	}
	if got := done.Load(); got != 4 {
		t.Errorf("bytes taken: got %d, want 4", got)
	}
}

func TestALostAnswerKeepsTheClientWaitingFirst(t *testing.T) {
	t.Parallel()
	url, done := effects(t, Rule{Kind: LostAnswer, DelayMS: 150})
	started := time.Now()
	if _, _, body, err := send(t, url, 5*time.Second); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %q and %v, want a broken connection", body, err)
	}
	if took := time.Since(started); took < 150*time.Millisecond || done.Load() != 4 {
		t.Errorf("took %v with %d bytes taken, want 150 ms and more with 4", took, done.Load())
	}
}

// leave posts, and leaves as soon as the handler says that it is at work.
func leave(t *testing.T, url string, working <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() {
		<-working
		cancel()
	}()
	request, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("four"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the client's own leave", err)
	}
}

func TestADepartedClientIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, rule := range []Rule{{Kind: LostAnswer, DelayMS: 60_000}, {Kind: SlowAnswer, DelayMS: 60_000}} {
		set, err := NewSet(1, Plan{Rules: []Rule{rule}}, &meter.Meter{})
		if err != nil {
			t.Fatalf("make set: %v", err)
		}
		working := make(chan struct{}, 1)
		// The handler leaves the body unread.
		server := httptest.NewServer(set.Wrap(func(*http.Request) string { return "test" },
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) { working <- struct{}{} })))
		leave(t, server.URL, working)
		started := time.Now()
		server.Close() // waits for the calls in flight
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("%s: the server waited %v for a client that had left", rule.Kind, took)
		}
	}
}

func TestASlowAnswerArrivesWhole(t *testing.T) {
	t.Parallel()
	url, _ := effects(t, Rule{Kind: SlowAnswer, DelayMS: 150})
	started := time.Now()
	status, header, body, err := send(t, url, 5*time.Second)
	if status != 201 || header.Get("X-Made") != "yes" || body != "made" || err != nil {
		t.Errorf("got HTTP %d %q with %v (%v), want 201 made", status, body, header, err)
	}
	if took := time.Since(started); took < 150*time.Millisecond {
		t.Errorf("took %v, want 150 ms and more", took)
	}
}

func TestTheEffectDoesNotStopWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{LostAnswer, SlowAnswer} {
		set, err := NewSet(1, Plan{Rules: []Rule{{Kind: kind}}}, &meter.Meter{})
		if err != nil {
			t.Fatalf("make set: %v", err)
		}
		working, ended := make(chan struct{}, 1), make(chan error, 1)
		server := httptest.NewServer(set.Wrap(func(*http.Request) string { return "test" }, http.HandlerFunc(
			func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				working <- struct{}{}
				select {
				case <-r.Context().Done():
				case <-time.After(500 * time.Millisecond):
				}
				ended <- r.Context().Err()
			})))
		leave(t, server.URL, working)
		server.Close() // waits for the calls in flight
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%s: the handler was stopped: %v", kind, err)
			}
		default:
			t.Errorf("%s: the handler did not end", kind)
		}
	}
}
