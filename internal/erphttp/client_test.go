package erphttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pandian/internal/erphttp"
)

// script is a transport that answers from a list, and the last one ever after.
type script struct {
	replies []func(*http.Request) (*http.Response, error)
	calls   atomic.Int64
	times   []time.Time
}

func (s *script) RoundTrip(request *http.Request) (*http.Response, error) {
	n := int(s.calls.Add(1)) - 1
	s.times = append(s.times, time.Now())
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return s.replies[min(n, len(s.replies)-1)](request)
}

func says(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return response(status, strings.NewReader(body), headers...), nil
	}
}

func response(status int, body io.Reader, headers ...string) *http.Response {
	header := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), ProtoMajor: 1, ProtoMinor: 1}
}

func breaks(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// classify knows a toy platform: "ok…", "often", "login", "no", else it is retried.
func classify(reply erphttp.Reply) erphttp.Verdict {
	body := string(reply.Body)
	switch {
	case body == "often":
		return erphttp.Verdict{Action: erphttp.Throttle, Code: "1012", Wait: 31 * time.Second}
	case body == "login":
		return erphttp.Verdict{Action: erphttp.LoginExpired, Code: "310036"}
	case strings.HasPrefix(body, "no"):
		return erphttp.Verdict{Action: erphttp.Final, Code: "25", Message: body, Advice: "check it"}
	}
	if verdict := erphttp.StatusVerdict(reply.Status); verdict.Action != erphttp.OK {
		return verdict
	}
	if strings.HasPrefix(body, "ok") {
		return erphttp.Verdict{}
	}
	return erphttp.Verdict{Action: erphttp.Retry, Message: "no idea"}
}

func newClient(transport http.RoundTripper, settings erphttp.Settings) (*erphttp.Client, *erphttp.Stats) {
	stats := &erphttp.Stats{}
	return erphttp.New(erphttp.Config{
		Platform: "toy", Settings: settings, Classify: classify,
		Deps: erphttp.Deps{Transport: transport, Stats: stats},
	}), stats
}

func call() erphttp.Call {
	return erphttp.Call{Operation: "list", Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, "https://erp.example/list?access_token=CANARY-token", nil)
	}}
}

func TestDoBuffered_decides_by_verdict(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset by peer")
	for _, test := range []struct {
		name    string
		replies []func(*http.Request) (*http.Response, error)
		calls   int64
		kind    erphttp.Kind // empty: it goes well
		text    string
	}{
		{"good at once", list(says(200, "ok")), 1, "", ""},
		{"BOM is dropped", list(says(200, "\xEF\xBB\xBFok")), 1, "", ""},
		{"5xx twice", list(says(502, ""), says(503, "<html>"), says(200, "ok")), 3, "", ""},
		{"redirects are not followed", list(says(302, "", "Location", "/login"), says(200, "ok")), 2, "", ""},
		{"HTML with 200", list(says(200, "<html>login</html>"), says(200, "ok")), 2, "", ""},
		{"no answer, then one", list(breaks(reset), says(200, "ok")), 2, "", ""},
		{"body cut off", list(cutBody, says(200, "ok")), 2, "", ""},
		{"no answer at all", list(breaks(reset)), 5, erphttp.Unreachable, "toy list: no answer from erp.example: connection reset by peer, after 5 attempts"},
		{"cut off for ever", list(cutBody), 5, erphttp.Truncated, "cut off"},
		{"redirects for ever", list(says(302, "")), 5, erphttp.BadAnswer, "(HTTP 302)"},
		{"5xx for ever", list(says(500, "")), 5, erphttp.Unavailable, "internal server error (HTTP 500)"},
		{"refused", list(says(200, "no way")), 1, erphttp.Refused, "toy list: the platform refused the call: code 25 no way; check it"},
		{"refused with 404", list(says(404, "")), 1, erphttp.Refused, "base URL"},
		{"login expired is the caller's", list(says(200, "login")), 1, erphttp.LoginRefused, "code 310036"},
		{"throttled twice", list(says(200, "often"), says(200, "often"), says(200, "ok")), 3, "", ""},
		{"throttled for ever", list(says(200, "often")), 11, erphttp.Throttled, "code 1012, after 11 attempts"},
		{"throttling does not use up attempts", list(says(200, "often"), says(500, ""), says(200, "often"), says(500, ""), says(200, "often"), says(500, ""), says(500, ""), says(200, "ok")), 8, "", ""},
		{"asked to wait too long", list(says(429, "", "Retry-After", "86400")), 1, erphttp.Throttled, "longer than max_wait"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &script{replies: test.replies}
				client, stats := newClient(transport, erphttp.Settings{})
				answer, err := client.DoBuffered(t.Context(), call())
				if got := transport.calls.Load(); got != test.calls {
					t.Errorf("got %d calls, want %d", got, test.calls)
				}
				if got := stats.Snapshot(); got.Requests != test.calls || got.Retries != test.calls-1 {
					t.Errorf("got counts %+v, want %d requests", got, test.calls)
				}
				if test.kind == "" {
					if err != nil || string(answer.Body) != "ok" || int64(answer.Attempts) != test.calls {
						t.Errorf("got %+v and %v, want ok", answer, err)
					}
					return
				}
				failed := erphttp.AsError(err)
				if failed == nil || failed.Kind != test.kind || !strings.Contains(err.Error(), test.text) || int64(failed.Attempts) != test.calls {
					t.Errorf("got %v, want %s with %q", err, test.kind, test.text)
				}
				if strings.Contains(err.Error(), "CANARY") {
					t.Errorf("the query is in the error: %v", err)
				}
			})
		})
	}
}

func list(replies ...func(*http.Request) (*http.Response, error)) []func(*http.Request) (*http.Response, error) {
	return replies
}

func cutBody(*http.Request) (*http.Response, error) {
	return response(200, io.MultiReader(strings.NewReader("ok"), iotest.ErrReader(io.ErrUnexpectedEOF))), nil
}

func TestDoBuffered_waits_as_told(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		settings erphttp.Settings
		first    func(*http.Request) (*http.Response, error)
		from, to time.Duration
	}{
		{"backoff with a quarter of jitter", erphttp.Settings{}, says(500, ""), 750 * time.Millisecond, 1250 * time.Millisecond},
		{"the vendor's throttle wait", erphttp.Settings{}, says(200, "often"), 31 * time.Second, 31 * time.Second},
		{"the user's throttle wait", erphttp.Settings{ThrottleWait: 5 * time.Second}, says(200, "often"), 5 * time.Second, 5 * time.Second},
		{"Retry-After in seconds", erphttp.Settings{}, says(503, "", "Retry-After", "20"), 20 * time.Second, 20 * time.Second},
		{"Retry-After as a date", erphttp.Settings{}, says(429, "", "Retry-After", "Sat, 01 Jan 2000 00:00:45 GMT"), 45 * time.Second, 45 * time.Second},
		{"Retry-After shorter than the vendor's", erphttp.Settings{}, says(200, "often", "Retry-After", "2"), 31 * time.Second, 31 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the clock starts at 2000-01-01
				transport := &script{replies: list(test.first, says(200, "ok"))}
				client, _ := newClient(transport, test.settings)
				start := time.Now()
				if _, err := client.DoBuffered(t.Context(), call()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took < test.from || took > test.to {
					t.Errorf("it took %s, want %s to %s", took, test.from, test.to)
				}
			})
		})
	}
}

func TestDoBuffered_doubles_its_backoff_up_to_the_limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &script{replies: list(says(500, ""))}
		client, _ := newClient(transport, erphttp.Settings{MaxAttempts: 6, BaseDelay: time.Second, MaxDelay: 4 * time.Second})
		if _, err := client.DoBuffered(t.Context(), call()); err == nil {
			t.Fatal("want an error")
		}
		for i, want := range []time.Duration{1, 2, 4, 4, 4} {
			gap := transport.times[i+1].Sub(transport.times[i])
			if want *= time.Second; gap < want*3/4 || gap > want*5/4 {
				t.Errorf("wait %d was %s, want about %s", i+1, gap, want)
			}
		}
	})
}

func TestDoBuffered_keeps_to_the_rate_limit_in_any_minute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &script{replies: list(says(200, "ok"))}
		client, stats := newClient(transport, erphttp.Settings{CallsPerMinute: 60})
		for range 150 {
			if _, err := client.DoBuffered(t.Context(), call()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range transport.times {
			if i >= 60 && transport.times[i].Sub(transport.times[i-60]) < time.Minute {
				t.Fatalf("calls %d to %d are within a minute", i-60, i)
			}
		}
		took := transport.times[149].Sub(transport.times[0])
		if took > 153*time.Second || stats.Snapshot().Waited != took {
			t.Errorf("150 calls took %s (%s waited), want no more than 153s", took, stats.Snapshot().Waited)
		}
	})
}

func TestDoBuffered_throttling_holds_back_the_whole_credential(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := erphttp.NewLimiter(0)
		first, second := &script{replies: list(says(200, "often"), says(200, "ok"))}, &script{replies: list(says(200, "ok"))}
		start := time.Now()
		done := make(chan error, 2)
		for i, transport := range []*script{first, second} {
			client := erphttp.New(erphttp.Config{Platform: "toy", Classify: classify, Deps: erphttp.Deps{Transport: transport, Pacer: pacer}})
			go func() {
				time.Sleep(time.Duration(i) * time.Second)
				_, err := client.DoBuffered(t.Context(), call())
				done <- err
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		if at := second.times[0].Sub(start); at < 31*time.Second {
			t.Errorf("the other client called after %s, want 31s", at)
		}
	})
}

func TestDoBuffered_opens_the_circuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &script{replies: list(says(500, ""))}
		client, _ := newClient(transport, erphttp.Settings{MaxAttempts: 2, BreakerThreshold: 3, BreakerDelay: time.Minute})
		for range 2 {
			_, _ = client.DoBuffered(t.Context(), call())
		}
		_, err := client.DoBuffered(t.Context(), call())
		failed := erphttp.AsError(err)
		if failed == nil || failed.Kind != erphttp.CircuitOpen || transport.calls.Load() != 3 || !failed.Retryable() {
			t.Fatalf("got %v after %d calls, want an open circuit after 3", err, transport.calls.Load())
		}
		time.Sleep(time.Minute)
		transport.replies = list(says(200, "no"))
		if _, err := client.DoBuffered(t.Context(), call()); erphttp.AsError(err).Kind != erphttp.Refused {
			t.Errorf("got %v, want the probe's answer", err)
		}
		transport.replies = list(says(200, "ok"))
		if _, err := client.DoBuffered(t.Context(), call()); err != nil {
			t.Errorf("got %v: a refusal is no sign of a platform that is down", err)
		}
	})
}

func TestDoBuffered_gives_up_with_its_caller_and_says_what_was_wrong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := newClient(&script{replies: list(says(500, ""))}, erphttp.Settings{BaseDelay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := client.DoBuffered(ctx, call())
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "HTTP 500") {
			t.Errorf("got %v, want the deadline and the last failure", err)
		}
	})
}

func TestDoBuffered_times_out_each_attempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := func(request *http.Request) (*http.Response, error) {
			<-request.Context().Done()
			return nil, request.Context().Err()
		}
		slow := func(request *http.Request) (*http.Response, error) { // headers at once, then nothing
			return response(200, &stuck{ctx: request.Context()}), nil
		}
		transport := &script{replies: list(hangs, slow, says(200, "ok"))}
		client, _ := newClient(transport, erphttp.Settings{Timeout: 7 * time.Second})
		if _, err := client.DoBuffered(t.Context(), call()); err != nil {
			t.Fatal(err)
		}
		if gap := transport.times[1].Sub(transport.times[0]); gap < 7*time.Second {
			t.Errorf("the first attempt took %s, want 7s", gap)
		}
		transport = &script{replies: list(hangs)}
		client, _ = newClient(transport, erphttp.Settings{Timeout: 7 * time.Second, MaxAttempts: 1})
		if _, err := client.DoBuffered(t.Context(), call()); !strings.Contains(err.Error(), "took too long: nothing more within 7s") {
			t.Errorf("got %v", err)
		}
	})
}

// stuck is a body of which nothing comes.
type stuck struct{ ctx context.Context }

func (s *stuck) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestDoBuffered_refuses_a_body_that_is_too_large(t *testing.T) {
	t.Parallel()
	client, _ := newClient(&script{replies: list(says(200, "ok345"))}, erphttp.Settings{MaxBody: 5})
	if _, err := client.DoBuffered(t.Context(), call()); err != nil {
		t.Errorf("got %v for a body of just the size", err)
	}
	client, _ = newClient(&script{replies: list(says(200, "ok3456"))}, erphttp.Settings{MaxBody: 5})
	_, err := client.DoBuffered(t.Context(), call())
	if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.TooLarge || !strings.Contains(err.Error(), "more than 5 bytes") {
		t.Errorf("got %v, want too large", err)
	}
}

func TestDoBuffered_builds_each_request_anew_and_reports_a_bad_one(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := 0
		client, _ := newClient(&script{replies: list(says(500, ""), says(200, "ok"))}, erphttp.Settings{})
		_, err := client.DoBuffered(t.Context(), erphttp.Call{Build: func(ctx context.Context) (*http.Request, error) {
			built++
			return call().Build(ctx)
		}})
		if err != nil || built != 2 {
			t.Errorf("got %d requests and %v, want 2", built, err)
		}
		_, err = client.DoBuffered(t.Context(), erphttp.Call{Build: func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, "http://erp example/?access_token=CANARY", nil)
		}})
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Unsendable || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("got %v, want an unsendable request without its query", err)
		}
	})
}

func TestDoStream_judges_the_beginning_and_streams_the_rest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := "ok" + strings.Repeat("x", 100_000)
		client, stats := newClient(&script{replies: list(says(500, ""), says(200, "<html>"), says(200, "\xEF\xBB\xBF"+long))}, erphttp.Settings{})
		stream, err := client.DoStream(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(stream)
		if err != nil || string(body) != long || stream.Attempts != 3 {
			t.Errorf("got %d bytes, %v, attempt %d, want %d bytes in attempt 3", len(body), err, stream.Attempts, len(long))
		}
		if got := stats.Snapshot().Bytes; got != int64(len(long)+3+6) {
			t.Errorf("counted %d bytes", got)
		}
		if err := errors.Join(stream.Close(), stream.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := stream.Read(make([]byte, 1)); err == nil {
			t.Error("a closed stream can be read")
		}
	})
}

func TestDoStream_times_the_platform_and_not_the_reader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := "ok" + strings.Repeat("x", 20_000)
		stalls := func(request *http.Request) (*http.Response, error) {
			return response(200, io.MultiReader(strings.NewReader(long), &stuck{ctx: request.Context()})), nil
		}
		client, _ := newClient(&script{replies: list(stalls)}, erphttp.Settings{Timeout: 5 * time.Second, IdleTimeout: 9 * time.Second})
		stream, err := client.DoStream(t.Context(), call())
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		time.Sleep(time.Hour) // a slow consumer
		start := time.Now()
		body, err := io.ReadAll(stream)
		failed := erphttp.AsError(err)
		if len(body) != len(long) || failed == nil || failed.Kind != erphttp.TimedOut || time.Since(start) != 9*time.Second {
			t.Errorf("got %d bytes and %v after %s, want all and an idle timeout", len(body), err, time.Since(start))
		}
	})
}

func TestDoStream_names_a_break_in_the_middle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := func(*http.Request) (*http.Response, error) {
			return response(200, io.MultiReader(strings.NewReader("ok"+strings.Repeat("x", 9000)), iotest.ErrReader(io.ErrUnexpectedEOF))), nil
		}
		client, _ := newClient(&script{replies: list(cutBody, broken)}, erphttp.Settings{})
		stream, err := client.DoStream(t.Context(), call())
		if err != nil {
			t.Fatal(err) // the short one was repeated
		}
		defer stream.Close()
		_, err = io.ReadAll(stream)
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Truncated || !failed.Retryable() {
			t.Errorf("got %v, want truncated", err)
		}
	})
}

// fault 20: truncated gzip, over a real connection.
func TestDoBuffered_repeats_what_was_cut_off_on_the_wire(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write([]byte("ok" + strings.Repeat("random enough 0123456789", 50)))
	_ = writer.Close()
	n := 0
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n++; n {
		case 1: // gzip cut in half, with a length that fits
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes()[:zipped.Len()/2])
		case 2: // less than was announced
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("ok"))
		case 3: // chunks without an end
			_, _ = w.Write([]byte("ok"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes())
		}
	})
	client, _ := newClient(nil, erphttp.Settings{BaseDelay: time.Millisecond})
	answer, err := client.DoBuffered(t.Context(), erphttp.Call{Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, server, nil)
	}})
	if err != nil || answer.Attempts != 4 || len(answer.Body) != 2+50*24 {
		t.Errorf("got %v after %d requests, want the fourth", err, n)
	}
}

// fault 32: canaries in everything that an error or a log line could quote.
func TestClient_shows_no_secret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const secret = "CANARY/se+cret=="
		var logged bytes.Buffer
		replies := list(
			breaks(errors.New("dial tcp: proxy said "+secret)),
			says(500, secret),
			says(302, "", "Location", "http://x/?t="+secret),
			says(200, "no, sign CANARY%2Fse%2Bcret%3D%3D is wrong for "+secret+"\nkey"),
		)
		client := erphttp.New(erphttp.Config{
			Platform: "toy", Classify: classify, Secrets: erphttp.NewSecrets(secret),
			Deps: erphttp.Deps{Transport: &script{replies: replies}, Log: slog.New(slog.NewTextHandler(&logged, nil))},
		})
		_, err := client.DoBuffered(t.Context(), call())
		if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "sign *** is wrong for *** key") {
			t.Errorf("got %v, want it without canaries", err)
		}
		if strings.Contains(logged.String(), "CANARY") || strings.Count(logged.String(), "\n") != 3 {
			t.Errorf("got log %s, want three lines without canaries", &logged)
		}
		broken := erphttp.New(erphttp.Config{
			Platform: "toy", Classify: classify, Secrets: erphttp.NewSecrets(secret),
			Deps: erphttp.Deps{Transport: &script{replies: replies[:1]}},
		})
		if _, err := broken.DoStream(t.Context(), call()); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("got %v, want it without canaries", err)
		}
	})
}
