package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pandian/internal/sandbox"
)

// front stands before the simulated ERPs: it listens on loopback, remembers the
// tokens and answers that pass, and can hold calls back or change answers.
type front struct {
	url string
	box http.Handler
	now func() time.Time // the platforms' clock, for the header Date

	// connections counts those that are open.
	connections atomic.Int64

	mu      sync.Mutex
	tokens  []string
	answers []answer
	hold    func(*http.Request)
	after   func(*http.Request) // holds the answer back, once the platform has given it
	rewrite func(call string, body []byte) []byte
	keep    bool
}

// answer is one response of a business call.
type answer struct {
	call   string // as callOf names it
	query  string // what was asked for, beside window and page
	window string // start_time, where there is one
	page   string // page_no, where there is one
	body   []byte
}

func newFront(t *testing.T, box *sandbox.Sandbox, now func() time.Time) *front {
	t.Helper()
	f := &front{box: box, now: now}
	server := httptest.NewUnstartedServer(f)
	server.Config.ConnState = f.counts
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections() // a call that hangs must not hold the test
		server.Close()
	})
	f.url = server.URL
	return f
}

// counts the connections that are open.
func (f *front) counts(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		f.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		f.connections.Add(-1)
	default:
	}
}

// callOf names the business call of a request; "" for tokens and the like.
func callOf(r *http.Request) string {
	switch {
	case strings.Contains(r.URL.Path, "QueryCurrentStocksByCondition"):
		return "yonsuite"
	case strings.HasPrefix(r.URL.Path, "/router/"), strings.HasPrefix(r.URL.Path, "/openapi2/"):
		return "wdt"
	}
	return documentCallOf(r)
}

// ServeHTTP lets a call pass.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	f.tokens = append(f.tokens, tokensOf(r, body)...)
	hold, after, rewrite, keep := f.hold, f.after, f.rewrite, f.keep
	f.mu.Unlock()
	if hold != nil {
		hold(r)
	}
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	call, isGrant := callOf(r), grantsTokens(r)
	if !isGrant && (call == "" || (rewrite == nil && after == nil && !keep)) {
		f.box.ServeHTTP(w, r)
		return
	}
	recorder := httptest.NewRecorder()
	f.box.ServeHTTP(recorder, r)
	text := recorder.Body.Bytes()
	if isGrant {
		f.mu.Lock()
		f.tokens = append(f.tokens, tokensIn(text)...)
		f.mu.Unlock()
	}
	if rewrite != nil {
		text = rewrite(call, text)
	}
	if keep && call != "" {
		f.mu.Lock()
		one := answer{call, askedFor(r), r.FormValue("start_time"), r.FormValue("page_no"), bytes.Clone(text)}
		// Page 0 is asked for twice; the later answer counts.
		f.answers = slices.DeleteFunc(f.answers, func(old answer) bool {
			return old.call == one.call && old.query == one.query && old.window == one.window && old.page == one.page
		})
		f.answers = append(f.answers, one)
		f.mu.Unlock()
	}
	if after != nil {
		after(r)
	}
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(text) // a client that has gone needs no answer
}

// rewriting changes the answers of business calls from now on; nil ends it.
func (f *front) rewriting(rewrite func(call string, body []byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rewrite = rewrite
}

// keeping remembers the answers of business calls from now on.
func (f *front) keeping() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep = true
}

// kept are the answers of one call, in order.
func (f *front) kept(call string) (kept []answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.answers {
		if one.call == call {
			kept = append(kept, one)
		}
	}
	return kept
}

// secrets are the tokens that passed.
func (f *front) secrets() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.tokens...)
}

// gate holds the calls of one platform back from the n-th on, counted from 1.
type gate struct {
	reached chan struct{} // closed when the n-th call has come
	open    func()        // lets all pass, now and later
}

func (f *front) holdFrom(t *testing.T, call string, n int) gate {
	t.Helper()
	held, hold := holding(t, call, n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hold = hold
	return held
}

// holdAnswersFrom lets the platform take the calls and holds its answers back.
func (f *front) holdAnswersFrom(t *testing.T, call string, n int) gate {
	t.Helper()
	held, hold := holding(t, call, n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.after = hold
	return held
}

func (f *front) holdNothing() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hold, f.after = nil, nil
}

func holding(t *testing.T, call string, n int) (gate, func(*http.Request)) {
	t.Helper()
	reached, opened := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	count := 0
	open := sync.OnceFunc(func() { close(opened) })
	t.Cleanup(open)
	return gate{reached, open}, func(r *http.Request) {
		if callOf(r) != call {
			return
		}
		mu.Lock()
		count++
		at := count
		mu.Unlock()
		if at == n {
			close(reached)
		}
		if at >= n {
			select {
			case <-opened:
			case <-r.Context().Done():
			}
		}
	}
}
