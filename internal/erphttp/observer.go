package erphttp

import (
	"errors"
	"time"
)

// Observer is told what the calls of one connection cost, for metrics. It must be
// quick, and may be called by several goroutines.
type Observer interface {
	// Requested is one HTTP request that was sent, repeated ones included. operation
	// is the call's name and outcome one of a few words: ok, a Kind, or canceled.
	// took is until the whole body was here or, where it is streamed, its first
	// bytes were.
	Requested(operation, outcome string, took time.Duration)
	// Waited is how long a request was kept back before it was sent: for its turn
	// under the rate limit, or because the platform wanted to be left alone.
	Waited(wait time.Duration)
}

// Outcomes of a request that are no Kind.
const (
	outcomeOK       = "ok"
	outcomeCanceled = "canceled"
)

// observe tells of an attempt that is over, if its request was sent at all.
func (x *exchange) observe(err error) {
	if x.client.Observer == nil || x.sent.IsZero() {
		return
	}
	outcome := outcomeOK
	if failed := new(Error); errors.As(err, &failed) {
		outcome = string(failed.Kind)
	} else if err != nil {
		outcome = outcomeCanceled
	}
	x.client.Observer.Requested(x.call.Operation, outcome, time.Since(x.sent))
}

// waited tells of the time before an attempt.
func (c *Client) waited(wait time.Duration) {
	c.Stats.waited.Add(int64(wait))
	if c.Observer != nil {
		c.Observer.Waited(wait)
	}
}
