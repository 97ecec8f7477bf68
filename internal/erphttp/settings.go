// Package erphttp is the HTTP client under every ERP connection: it paces,
// retries, times out, breaks the circuit and turns failures into one kind of
// error that a person can act on.
//
// ERP platforms answer most of their errors inside HTTP 200, so what an answer
// means is the vendor's [Classify] to say, and what follows from it is decided
// here, in one place. Every request is built anew for each attempt, because
// timestamps and signatures must be fresh. A call is taken for a read, which may
// be repeated at will, unless it says Once; then it is repeated only where it
// certainly had no effect, and [Error] says whether it may have had one.
package erphttp

import (
	"errors"
	"fmt"
	"time"
)

// Settings tune the client of one connection. A zero field means its default;
// [Settings.WithDefaults] fills them in.
type Settings struct {
	// Timeout is for one attempt: until the whole body is here, or, when
	// streaming, until the answer's first bytes are. Default 60 s.
	Timeout time.Duration
	// IdleTimeout is the longest pause between two reads of a streamed body.
	// Default 60 s.
	IdleTimeout time.Duration
	// MaxAttempts counts all attempts of one call, the first one included, but
	// those that were throttled. Default 5.
	MaxAttempts int
	// MaxThrottles is how often one call may be throttled and try again.
	// Default 10.
	MaxThrottles int
	// BaseDelay is the wait before the second attempt; it doubles for each one
	// after that, up to MaxDelay, and varies by a quarter. Default 1 s.
	BaseDelay time.Duration
	// MaxDelay bounds the doubling. Default 30 s.
	MaxDelay time.Duration
	// ThrottleWait is how long to stay away after the platform said "too
	// often". Default: what the platform's documents say for that code. A
	// longer Retry-After always wins.
	ThrottleWait time.Duration
	// MaxWait is the longest wait that a platform may ask for; a call that
	// would have to wait longer fails instead. Default 5 min.
	MaxWait time.Duration
	// CallsPerMinute is the platform's limit for one credential. Default: the
	// platform's documented figure. Below zero there is no limit.
	CallsPerMinute int
	// MaxBody is the largest body read into memory, in bytes after
	// decompression; it does not bind streamed bodies. Default 64 MiB.
	MaxBody int64
	// AllowHTTP lets calls go to http:// addresses of other machines, readable for
	// everybody on their way. Default false: such a call fails before it is sent,
	// also where a platform named the address.
	AllowHTTP bool
	// BreakerThreshold is the number of failed attempts in a row, over all
	// calls of the connection, after which it is left alone. Default 10.
	BreakerThreshold int
	// BreakerDelay is how long it is left alone before one call may probe it.
	// Default 30 s.
	BreakerDelay time.Duration
}

// WithDefaults returns s with its zero fields filled in. callsPerMinute is the
// platform's documented limit.
func (s Settings) WithDefaults(callsPerMinute int) Settings {
	setDefault(&s.Timeout, time.Minute)
	setDefault(&s.IdleTimeout, time.Minute)
	setDefault(&s.MaxAttempts, 5)
	setDefault(&s.MaxThrottles, 10)
	setDefault(&s.BaseDelay, time.Second)
	setDefault(&s.MaxDelay, max(30*time.Second, s.BaseDelay))
	setDefault(&s.MaxWait, 5*time.Minute)
	setDefault(&s.CallsPerMinute, callsPerMinute)
	setDefault(&s.MaxBody, 64<<20)
	setDefault(&s.BreakerThreshold, 10)
	setDefault(&s.BreakerDelay, 30*time.Second)
	return s
}

// Validate says in words which fields cannot be used. Zero fields are fine:
// they stand for their defaults.
func (s Settings) Validate() error {
	var problems []error
	notBelowZero := func(name string, below bool) {
		if below {
			problems = append(problems, fmt.Errorf("%s must not be below zero", name))
		}
	}
	notBelowZero("timeout", s.Timeout < 0)
	notBelowZero("idle_timeout", s.IdleTimeout < 0)
	notBelowZero("max_attempts", s.MaxAttempts < 0)
	notBelowZero("max_throttles", s.MaxThrottles < 0)
	notBelowZero("base_delay", s.BaseDelay < 0)
	notBelowZero("max_delay", s.MaxDelay < 0)
	notBelowZero("throttle_wait", s.ThrottleWait < 0)
	notBelowZero("max_wait", s.MaxWait < 0)
	notBelowZero("max_body", s.MaxBody < 0)
	notBelowZero("breaker_threshold", s.BreakerThreshold < 0)
	notBelowZero("breaker_delay", s.BreakerDelay < 0)
	if s.MaxDelay > 0 && s.MaxDelay < s.BaseDelay {
		problems = append(problems, fmt.Errorf("max_delay %s is shorter than base_delay %s", s.MaxDelay, s.BaseDelay))
	}
	return errors.Join(problems...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
