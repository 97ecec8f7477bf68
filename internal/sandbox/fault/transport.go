package fault

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/meter"
)

// Wrap counts the calls to one endpoint and lets the transport misbehave before
// and around its handler. Name tells the endpoint of a request.
func (s *Set) Wrap(name func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint := name(r)
		s.meter.Add(endpoint, meter.Requests, 1)
		if s.instead(endpoint, w, r) {
			return
		}
		if s.after(endpoint, w, r, next) {
			return
		}
		out := s.around(endpoint, w, r)
		next.ServeHTTP(out, r)
		out.close()
	})
}

// instead answers in place of the handler when such a fault fires.
func (s *Set) instead(endpoint string, w http.ResponseWriter, r *http.Request) bool {
	if rule, ok := s.Fire(endpoint, Slow); ok {
		pause(r, rule.Delay())
	}
	for _, fault := range replacements {
		if rule, ok := s.Fire(endpoint, fault.kind); ok {
			fault.answer(w, r, rule)
			return true
		}
	}
	return false
}

// replacements are the faults where the handler is not asked at all.
var replacements = [...]struct {
	kind   Kind
	answer func(http.ResponseWriter, *http.Request, Rule)
}{
	{Hang, hang},
	{Reset, func(http.ResponseWriter, *http.Request, Rule) { panic(http.ErrAbortHandler) }},
	{HTTP500, refuse(http.StatusInternalServerError)},
	{HTTP502, refuse(http.StatusBadGateway)},
	{HTTP503, refuse(http.StatusServiceUnavailable)},
	{HTTP429, refuse(http.StatusTooManyRequests)},
	{Redirect, func(w http.ResponseWriter, r *http.Request, _ Rule) {
		http.Redirect(w, r, "/_elsewhere", http.StatusFound)
	}},
	{HTMLPage, text("text/html; charset=utf-8",
		"<!DOCTYPE html><html><head><title>502</title></head><body><h1>系统维护中</h1></body></html>")},
	{NotJSON, text("text/plain; charset=utf-8", "upstream connect error or disconnect/reset before headers")},
	{EmptyBody, text("application/json", "")},
}

func refuse(status int) func(http.ResponseWriter, *http.Request, Rule) {
	return func(w http.ResponseWriter, _ *http.Request, rule Rule) {
		if rule.Value > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(rule.Value))
		}
		w.WriteHeader(status)
		fmt.Fprintln(w, http.StatusText(status))
	}
}

func text(contentType, body string) func(http.ResponseWriter, *http.Request, Rule) {
	return func(w http.ResponseWriter, _ *http.Request, _ Rule) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body) // a client that has gone needs no answer
	}
}

// hang reads the body first: only then does the server notice that the client
// has left.
func hang(w http.ResponseWriter, r *http.Request, rule Rule) {
	_, _ = io.Copy(io.Discard, r.Body)
	limit := rule.Delay()
	if limit == 0 {
		limit = time.Hour
	}
	pause(r, limit)
	panic(http.ErrAbortHandler)
}

// pause waits, but not longer than the client does.
func pause(r *http.Request, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
