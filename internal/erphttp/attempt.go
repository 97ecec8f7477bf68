package erphttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"pandian/internal/encryption"
)

// peekSize is how much of a streamed body the vendor sees before it is passed
// on, in bytes. Error answers are far shorter, so they are always seen whole.
const peekSize = 8 << 10

// errTookTooLong is the cause with which an attempt is cancelled by its own
// timer rather than by the caller.
var errTookTooLong = errors.New("took too long")

// exchange is one attempt under way.
type exchange struct {
	client *Client
	call   Call
	number int
	host   string
	head   Head
	watch  *watchdog
	wire   wire
	sent   time.Time // zero until the request goes out
	// parent is the caller's context, ctx the attempt's own.
	parent, ctx context.Context
	// said is what recorder, where there is one, keeps of the attempt.
	said     Exchange
	recorder *Recorder
}

func (c *Client) attempt(ctx context.Context, call Call, number int, streaming bool) (*result, error) {
	// Those that wait for their turn would only hear then that there is none.
	if delay := c.circuitDelay(ctx); delay > 0 {
		return nil, &circuitOpenError{delay}
	}
	if err := c.pace(ctx, call, number); err != nil {
		return nil, err
	}
	pass, err := c.enter(ctx, call)
	if err != nil {
		return nil, err
	}
	x := &exchange{client: c, call: call, number: number, parent: ctx}
	x.ctx, x.watch = watchOver(ctx, c.Settings.Timeout)
	got, err := x.run(streaming)
	x.observe(err)
	outcome := outcomeOf(err)
	pass.Leave(ctx, outcome, sign(err))
	if outcome == Down && c.circuitDelay(ctx) > 0 {
		AsError(err).giveUp = true // it would only hear that the circuit is open
	}
	if err != nil || !streaming {
		x.watch.end()
	}
	return got, err
}

// pace waits for the call's turn.
func (c *Client) pace(ctx context.Context, call Call, number int) error {
	waited, err := c.Pacer.Wait(ctx)
	c.waited(waited)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return c.Secrets.clean(&Error{
		Kind: Unpaced, Platform: c.Platform, Operation: call.Operation, Attempts: number - 1, Err: err, giveUp: true,
	})
}

func (x *exchange) run(streaming bool) (*result, error) {
	response, err := x.send()
	if err != nil {
		return nil, err
	}
	body := &countedBody{inner: response.Body, count: &x.client.Stats.bytes}
	if streaming {
		got, err := x.stream(body)
		if err != nil {
			response.Body.Close()
		}
		return got, err
	}
	defer response.Body.Close()
	return x.buffer(body)
}

func (x *exchange) send() (*http.Response, error) {
	request, err := x.call.Build(x.ctx)
	if err != nil {
		return nil, x.fail(&Error{Kind: Unsendable, Err: withoutURL(err)})
	}
	if !x.client.Settings.AllowHTTP && encryption.IsPlain(request.URL) {
		return nil, x.fail(&Error{
			Kind: Unsendable, Err: fmt.Errorf("http://%s is not encrypted", request.URL.Host),
			Advice: "use https, or write allow_http: true if the network between is trusted",
		})
	}
	x.host = request.URL.Host
	x.client.Stats.requests.Add(1)
	if x.number > 1 {
		x.client.Stats.retries.Add(1)
	}
	x.recordRequest(request)
	x.sent = time.Now()
	response, err := x.client.http.Do(x.wire.watch(request))
	if err != nil {
		return nil, x.broken(Unreachable, err)
	}
	x.head = Head{
		Status: response.StatusCode, Header: response.Header, Attempts: x.number,
		Skew: MeasureSkew(response.Header, x.sent, time.Now()),
	}
	return response, nil
}

func (x *exchange) buffer(body io.Reader) (*result, error) {
	limit := x.client.Settings.MaxBody
	var buffer bytes.Buffer
	if _, err := buffer.ReadFrom(io.LimitReader(body, limit+1)); err != nil {
		return nil, x.broken(Truncated, err)
	}
	if int64(buffer.Len()) > limit {
		return nil, x.fail(&Error{
			Kind: TooLarge, Delivered: true, Err: fmt.Errorf("more than %d bytes", limit),
			Advice: "ask for smaller pages or windows, or raise max_body",
		})
	}
	text := withoutBOM(buffer.Bytes())
	if err := x.judge(text, true); err != nil {
		return nil, err
	}
	return &result{Head: x.head, body: text}, nil
}

func (x *exchange) stream(body io.ReadCloser) (*result, error) {
	first, whole, err := readUpTo(body, peekSize)
	if err != nil {
		return nil, x.broken(Truncated, err)
	}
	first = withoutBOM(first)
	if err := x.judge(first, whole); err != nil {
		return nil, err
	}
	x.watch.pause()
	return &result{Head: x.head, stream: &streamBody{exchange: x, first: first, rest: body}}, nil
}

// judge asks the vendor what the answer means and turns anything but OK into an
// error, holding back the credential's other calls where the platform wants it.
func (x *exchange) judge(text []byte, whole bool) error {
	x.recordResponse(text)
	verdict := x.client.Classify(Reply{
		Status: x.head.Status, Header: x.head.Header, Body: text, Whole: whole, Skew: x.head.Skew,
	})
	if verdict.Action == OK {
		return nil
	}
	failed := verdict.failure(x.client.Platform, x.call.Operation)
	if failed.Kind == BadAnswer && x.head.Status >= 500 {
		failed.Kind = Unavailable
	}
	if verdict.Action == Throttle {
		x.client.Stats.throttled.Add(1)
		failed.wait = x.client.throttleWait(verdict.Wait)
	}
	if verdict.Action == Throttle || verdict.Action == Retry {
		failed.wait = max(failed.wait, RetryAfter(x.head.Header, time.Now()))
	}
	if failed.wait > x.client.Settings.MaxWait {
		failed.giveUp = true
		failed.Advice = fmt.Sprintf("it asks to be left alone for %s, longer than max_wait (%s): run again later",
			failed.wait, x.client.Settings.MaxWait)
	}
	if failed.wait > 0 && !failed.giveUp {
		x.client.hold(failed.wait, verdict.Action == Throttle)
	}
	return x.fail(failed)
}

// hold keeps all calls of the credential back.
func (c *Client) hold(wait time.Duration, isThrottled bool) {
	if learner, ok := c.Pacer.(Learner); ok && isThrottled {
		learner.Throttled(wait)
		return
	}
	c.Pacer.Hold(wait)
}

// throttleWait is the user's figure, else the vendor's, else MaxDelay.
func (c *Client) throttleWait(vendor time.Duration) time.Duration {
	switch {
	case c.Settings.ThrottleWait > 0:
		return c.Settings.ThrottleWait
	case vendor > 0:
		return vendor
	default:
		return c.Settings.MaxDelay
	}
}

// broken names what an I/O error means: the caller gave up, the attempt's own
// timer fired, or the connection failed in the way that kind says.
func (x *exchange) broken(kind Kind, err error) error {
	failed := &Error{Kind: kind, Delivered: x.wire.mayHaveCarried(err)}
	switch {
	case x.parent.Err() != nil && !x.call.Once:
		return x.parent.Err()
	case x.parent.Err() != nil:
		failed.Kind, failed.Err = Canceled, context.Cause(x.parent)
	case errors.Is(context.Cause(x.ctx), errTookTooLong):
		failed.Kind, failed.Err = TimedOut, fmt.Errorf("nothing more within %s", x.watch.limit)
	default:
		failed.Err = withoutURL(err)
	}
	return x.fail(failed)
}

func (x *exchange) fail(e *Error) error {
	e.Platform, e.Operation, e.Host = x.client.Platform, x.call.Operation, x.host
	e.Status, e.Skew, e.Attempts = x.head.Status, x.head.Skew, x.number
	e.giveUp = e.giveUp || x.call.Once && e.Delivered
	x.recordFailure(e)
	return x.client.Secrets.clean(e)
}
