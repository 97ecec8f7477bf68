package erphttp

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Outcome is what an attempt says about a platform.
type Outcome int

const (
	// Well: the platform answered, be it with a refusal.
	Well Outcome = iota
	// Down: no answer, or none that the platform gives when it is well.
	Down
	// Unknown: the caller gave up, or nothing was sent.
	Unknown
)

// Circuit keeps calls away from a platform that is down. It may be shared by many
// clients and processes.
type Circuit interface {
	// Delay is how long no call is let through; 0 where one may be.
	Delay(ctx context.Context) time.Duration
	// Enter asks for one attempt. mayProbe says that it may be the one call that
	// finds out whether the platform is back: it has no effect there. The pass is
	// nil where the attempt is not let through, for delay at least.
	Enter(ctx context.Context, mayProbe bool) (pass Pass, delay time.Duration)
}

// Pass is the right to make one attempt.
type Pass interface {
	// Leave says how it went; sign says in a few words what went wrong, without
	// anything secret or personal. It is called once.
	Leave(ctx context.Context, outcome Outcome, sign string)
}

// circuitOpenError says that a shared circuit let an attempt not through.
type circuitOpenError struct{ delay time.Duration }

func (e *circuitOpenError) Error() string { return fmt.Sprintf("circuit open for %s", e.delay) }

func (c *Client) circuitDelay(ctx context.Context) time.Duration {
	if c.Circuit == nil {
		return 0
	}
	return c.Circuit.Delay(ctx)
}

func (c *Client) enter(ctx context.Context, call Call) (Pass, error) {
	if c.Circuit == nil {
		return freePass{}, nil
	}
	pass, delay := c.Circuit.Enter(ctx, !call.Once)
	if pass == nil {
		return nil, &circuitOpenError{delay}
	}
	return pass, nil
}

// freePass is for clients whose breaker is among the policies.
type freePass struct{}

func (freePass) Leave(context.Context, Outcome, string) {}

// outcomeOf counts as down only what says so. A refusal, a throttled call or an
// expired login comes from a platform that is well.
func outcomeOf(err error) Outcome {
	failed := AsError(err)
	switch {
	case err == nil:
		return Well
	case failed == nil, failed.Kind == Canceled, failed.Kind == Unsendable:
		return Unknown
	case failed.saysDown():
		return Down
	default:
		return Well
	}
}

func (e *Error) saysDown() bool {
	return e != nil && e.Kind != Throttled && e.Kind != Unpaced && e.Retryable()
}

// sign is the kind, HTTP status and code of a failure.
func sign(err error) string {
	failed := AsError(err)
	if failed == nil {
		return ""
	}
	parts := []string{string(failed.Kind)}
	if failed.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", failed.Status))
	}
	for _, code := range []string{failed.Code, failed.SubCode} {
		if code != "" {
			parts = append(parts, "code "+code)
		}
	}
	return strings.Join(parts, ", ")
}
