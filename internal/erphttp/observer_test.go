package erphttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/erphttp"
)

// watched remembers what an observer is told.
type watched struct {
	requests []string
	took     []time.Duration
	waited   time.Duration
}

func (w *watched) Requested(operation, outcome string, took time.Duration) {
	w.requests = append(w.requests, operation+" "+outcome)
	w.took = append(w.took, took)
}

func (w *watched) Waited(wait time.Duration) { w.waited += wait }

func observed(transport http.RoundTripper, settings erphttp.Settings) (*erphttp.Client, *watched) {
	told := &watched{}
	return erphttp.New(erphttp.Config{
		Platform: "toy", Settings: settings, Classify: classify, Deps: erphttp.Deps{Transport: transport, Observer: told},
	}), told
}

// fault 18: what a throttle costs is seen, and every attempt is told of.
func TestObserver_hears_of_each_request_and_of_the_waits_before_it(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(request *http.Request) (*http.Response, error) {
			time.Sleep(3 * time.Second)
			return says(200, "ok")(request)
		}
		client, told := observed(&script{replies: list(says(200, "often"), says(502, ""), says(200, "often"), slow)}, erphttp.Settings{BaseDelay: time.Second})
		if _, err := client.DoBuffered(t.Context(), call()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"list throttled", "list unavailable", "list throttled", "list ok"}, told.requests); diff != "" {
			t.Fatalf("requests (want -, got +)\n%s", diff)
		}
		if got := told.took[len(told.took)-1]; got != 3*time.Second {
			t.Errorf("got %s for an answer that took 3 s", got)
		}
		if want := 62 * time.Second; told.waited < want-time.Second || told.waited > want {
			t.Errorf("got %s of waiting, want what two throttles of 31 s cost", told.waited)
		}
	})
}

func TestObserver_tells_what_became_of_a_request(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply func(*http.Request) (*http.Response, error)
		want  string
	}{
		"refused":          {says(200, "no way"), "list refused"},
		"login":            {says(200, "login"), "list login_refused"},
		"no connection":    {breaks(errors.New("connection refused")), "list unreachable"},
		"a body cut off":   {cutBody, "list truncated"},
		"HTML with status": {says(302, ""), "list bad_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, told := observed(&script{replies: list(c.reply)}, erphttp.Settings{MaxAttempts: 1})
			if _, err := client.DoBuffered(t.Context(), call()); err == nil {
				t.Fatal("want an error")
			}
			if diff := cmp.Diff([]string{c.want}, told.requests); diff != "" {
				t.Errorf("requests (want -, got +)\n%s", diff)
			}
		})
	}

	t.Run("a caller that gave up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		client, told := observed(&script{replies: list(func(*http.Request) (*http.Response, error) {
			cancel()
			return nil, ctx.Err()
		})}, erphttp.Settings{})
		if _, err := client.DoBuffered(ctx, call()); err == nil {
			t.Fatal("want an error")
		}
		if diff := cmp.Diff([]string{"list canceled"}, told.requests); diff != "" {
			t.Errorf("requests (want -, got +)\n%s", diff)
		}
	})

	t.Run("one that was never sent is none", func(t *testing.T) {
		t.Parallel()
		client, told := observed(&script{replies: list(says(200, "ok"))}, erphttp.Settings{})
		_, err := client.DoBuffered(t.Context(), erphttp.Call{Operation: "list", Build: func(context.Context) (*http.Request, error) {
			return nil, errors.New("no key")
		}})
		if err == nil || len(told.requests) > 0 {
			t.Errorf("got %v and %v, want an error and no request", err, told.requests)
		}
	})

	t.Run("one whose body is streamed", func(t *testing.T) {
		t.Parallel()
		client, told := observed(&script{replies: list(says(200, "ok, and more"))}, erphttp.Settings{})
		stream, err := client.DoStream(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(stream)
		if err := errors.Join(err, stream.Close()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"list ok"}, told.requests); diff != "" {
			t.Errorf("requests (want -, got +)\n%s", diff)
		}
	})
}
