package erphttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// Deps is what the program gives to a vendor's client. Every field may be left
// out.
type Deps struct {
	// Log gets one line per retry; nil discards them.
	Log *slog.Logger
	// Transport sends the requests; nil is a transport of its own with
	// http.DefaultTransport's settings.
	Transport http.RoundTripper
	// Pacer is shared by all clients of one credential; nil is a Limiter of
	// this client alone, with Settings.CallsPerMinute.
	Pacer Pacer
	// Circuit is shared by all clients of one connection, and by all processes where
	// it lives in the database; nil is a circuit of this client alone, with
	// Settings.BreakerThreshold and BreakerDelay.
	Circuit Circuit
	// Stats counts; nil counts for nobody.
	Stats *Stats
	// Observer is told of every request; nil tells nobody.
	Observer Observer
}

// Config is what a [Client] is made of. Platform and Classify are required.
type Config struct {
	Deps
	// Platform is the system code used in errors and logs, as in "wdt".
	Platform string
	Settings Settings
	Classify Classify
	// Secrets are kept out of errors and logs.
	Secrets *Secrets
}

// Client calls one platform for one connection. It is safe for concurrent use.
type Client struct {
	Config
	http     *http.Client
	breaker  circuitbreaker.CircuitBreaker[*result] // nil where there is a Circuit
	executor failsafe.Executor[*result]
}

// Call is one thing to ask.
type Call struct {
	// Operation names the call in errors and logs, as in "wdt.stock.query".
	Operation string
	// Build makes the request anew for each attempt. The request must carry ctx.
	Build func(ctx context.Context) (*http.Request, error)
	// Once says that the call has an effect. It is then not sent again after
	// anything that may have reached the platform, which is what Error.Delivered
	// says. What certainly had no effect is repeated as ever: a connection that was
	// never made, a call that was throttled, a Retry with Verdict.NoEffect.
	//
	// It must be a POST: net/http itself repeats a GET on a broken connection.
	Once bool
}

// Head is an answer without its body.
type Head struct {
	Status int
	Header http.Header
	Skew   Skew
	// Attempts counts the requests made for this answer.
	Attempts int
}

// Answer is an answer whose body is in memory, without a BOM.
type Answer struct {
	Head
	Body []byte
}

// Stream is an answer whose body is still arriving, without a BOM. A read that
// fails returns an *Error; it is not retried, because what was read before is
// already in use. Close may be called at any time, twice too.
type Stream struct {
	Head
	io.ReadCloser
}

// result is what one attempt gives: either a body or a stream.
type result struct {
	Head
	body   []byte
	stream io.ReadCloser
}

// New makes a client. Zero settings mean their defaults, with no rate limit
// unless one is set; vendors pass settings with their own defaults filled in.
func New(config Config) *Client {
	config.Settings = config.Settings.WithDefaults(-1)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Transport == nil {
		config.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if config.Pacer == nil {
		config.Pacer = NewLimiter(config.Settings.CallsPerMinute)
	}
	if config.Stats == nil {
		config.Stats = &Stats{}
	}
	client := &Client{
		Config: config,
		http: &http.Client{
			Transport:     config.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	policies := []failsafe.Policy[*result]{client.throttleRetry(), client.failureRetry()}
	if config.Circuit == nil {
		client.breaker = client.newBreaker()
		policies = append(policies, client.breaker)
	}
	client.executor = failsafe.With(policies...)
	return client
}

// DoBuffered returns the first good answer with its whole body, or an *Error,
// or the context's error.
func (c *Client) DoBuffered(ctx context.Context, call Call) (*Answer, error) {
	got, err := c.do(ctx, call, false)
	if err != nil {
		return nil, err
	}
	return &Answer{Head: got.Head, Body: got.body}, nil
}

// DoStream returns the first answer whose status, headers and first bytes are
// good; its body is still to be read, and the caller must close it.
func (c *Client) DoStream(ctx context.Context, call Call) (*Stream, error) {
	got, err := c.do(ctx, call, true)
	if err != nil {
		return nil, err
	}
	return &Stream{Head: got.Head, ReadCloser: got.stream}, nil
}

// Failure is a verdict on an answer whose body was read after the client had
// let it through, as an error without secrets; nil when the action is OK.
func (c *Client) Failure(operation string, head Head, verdict Verdict) error {
	if verdict.Action == OK {
		return nil
	}
	failed := verdict.failure(c.Platform, operation)
	failed.Status, failed.Skew, failed.Attempts = head.Status, head.Skew, head.Attempts
	return c.Secrets.clean(failed)
}

func (c *Client) do(ctx context.Context, call Call, streaming bool) (*result, error) {
	attempts := 0
	var last *Error
	got, err := c.executor.WithContext(ctx).Get(func() (*result, error) {
		attempts++
		got, err := c.attempt(ctx, call, attempts, streaming)
		if failed := AsError(err); failed != nil {
			failed.Delivered = failed.Delivered || last != nil && last.Delivered
			last = failed
		}
		return got, err
	})
	var open *circuitOpenError
	switch {
	case err == nil:
		return got, nil
	case last != nil && last.Kind == Canceled:
		return nil, last
	case ctx.Err() != nil:
		return nil, canceled(ctx, c.Platform, call.Operation, last)
	case errors.Is(err, circuitbreaker.ErrOpen):
		return nil, c.circuitOpen(call, c.breaker.RemainingDelay(), attempts, last)
	case errors.As(err, &open):
		return nil, c.circuitOpen(call, open.delay, attempts-1, last)
	default:
		return nil, err
	}
}

// canceled names the failure that was being retried when the caller gave up:
// "deadline exceeded" alone would hide why it took that long.
func canceled(ctx context.Context, platform, operation string, last *Error) error {
	if last != nil {
		return fmt.Errorf("%s %s: %w; the last attempt failed: %w", platform, operation, context.Cause(ctx), last)
	}
	return fmt.Errorf("%s %s: %w", platform, operation, context.Cause(ctx))
}

func (c *Client) circuitOpen(call Call, delay time.Duration, attempts int, last *Error) *Error {
	wait := delay.Round(time.Second)
	open := &Error{
		Kind: CircuitOpen, Platform: c.Platform, Operation: call.Operation, Attempts: attempts,
		Advice: fmt.Sprintf("the next call is let through in %s", max(wait, time.Second)),
	}
	if last != nil {
		open.Err, open.Delivered = last, last.Delivered
	}
	return open
}

// throttleRetry repeats throttled calls. It waits no time of its own: the pacer
// holds this call together with all others of the credential.
func (c *Client) throttleRetry() failsafe.Policy[*result] {
	return retrypolicy.NewBuilder[*result]().
		HandleIf(func(_ *result, err error) bool {
			failed := AsError(err)
			return failed != nil && failed.Kind == Throttled && !failed.giveUp
		}).
		WithMaxRetries(c.Settings.MaxThrottles).
		ReturnLastFailure().
		OnRetryScheduled(c.logRetry).
		Build()
}

func (c *Client) failureRetry() failsafe.Policy[*result] {
	return retrypolicy.NewBuilder[*result]().
		HandleIf(func(_ *result, err error) bool {
			failed := AsError(err)
			return failed != nil && failed.Kind != Throttled && failed.Retryable() && !failed.giveUp
		}).
		WithMaxAttempts(c.Settings.MaxAttempts).
		WithBackoff(c.Settings.BaseDelay, max(c.Settings.MaxDelay, c.Settings.BaseDelay+1)).
		WithJitterFactor(0.25).
		ReturnLastFailure().
		OnRetryScheduled(c.logRetry).
		Build()
}

// newBreaker counts only failures that say the platform is down. A refusal, a
// throttled call or an expired login comes from a platform that is well.
func (c *Client) newBreaker() circuitbreaker.CircuitBreaker[*result] {
	return circuitbreaker.NewBuilder[*result]().
		HandleIf(func(_ *result, err error) bool {
			return AsError(err).saysDown()
		}).
		WithFailureThreshold(uint(c.Settings.BreakerThreshold)).
		WithSuccessThreshold(1).
		WithDelay(c.Settings.BreakerDelay).
		OnOpen(func(circuitbreaker.StateChangedEvent) {
			c.Log.Warn("circuit opened", "platform", c.Platform, "delay", c.Settings.BreakerDelay)
		}).
		Build()
}

func (c *Client) logRetry(event failsafe.ExecutionScheduledEvent[*result]) {
	failed := AsError(event.LastError())
	if failed == nil {
		return
	}
	c.Log.Warn("call failed, trying again",
		"platform", c.Platform, "operation", failed.Operation, "attempt", failed.Attempts,
		"kind", string(failed.Kind), "status", failed.Status, "code", failed.Code, "sub_code", failed.SubCode,
		"wait", max(event.Delay, failed.wait))
}
