package erphttp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Kind says what went wrong, for callers that branch on it.
type Kind string

const (
	// Unsendable: the request could not be built, so nothing was sent.
	Unsendable Kind = "unsendable"
	// Unreachable: no answer came (name, connection, TLS).
	Unreachable Kind = "unreachable"
	// TimedOut: the attempt took longer than the settings allow.
	TimedOut Kind = "timed_out"
	// Truncated: the body ended before its end, or did not decompress.
	Truncated Kind = "truncated"
	// TooLarge: the body is larger than Settings.MaxBody.
	TooLarge Kind = "too_large"
	// BadAnswer: what came is not what the platform speaks: HTML, a redirect,
	// a status without a code, JSON of another shape.
	BadAnswer Kind = "bad_answer"
	// Unavailable: the platform said with a code that it cannot answer now.
	Unavailable Kind = "unavailable"
	// Throttled: too many calls.
	Throttled Kind = "throttled"
	// LoginRefused: the token or login is no longer good.
	LoginRefused Kind = "login_refused"
	// Refused: the platform understood the call and said no.
	Refused Kind = "refused"
	// CircuitOpen: nothing was sent, because the connection failed too often a
	// moment ago.
	CircuitOpen Kind = "circuit_open"
	// Unpaced: nothing was sent, because the rate limit could not be asked.
	Unpaced Kind = "unpaced"
	// Canceled: the caller gave up while a Call.Once was under way.
	Canceled Kind = "canceled"
)

// Error is a call that failed for good: what could be retried has been. It
// holds no query string, no body and no secret that the client knows of.
type Error struct {
	Kind Kind
	// Platform and Operation name the call, as in "wdt", "wdt.stock.query".
	Platform, Operation string
	// Host is where it went, as in "api.wangdian.cn"; empty if it did not.
	Host string
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Code, Message, SubCode and SubMessage are the platform's own.
	Code, Message, SubCode, SubMessage string
	// Advice tells a person what to do.
	Advice string
	// Attempts counts the requests made for this call.
	Attempts int
	// Delivered says that the request of one of the attempts may have reached the
	// platform, and that nobody heard what became of it: no answer in time, a
	// connection that broke once it was made, an answer that was cut off, too large
	// or not readable, a 5xx, a verdict Retry without NoEffect. It is false when no
	// connection was made (name, dial, TLS), when nothing was sent, and when the
	// platform answered in words of its own.
	Delivered bool
	// Skew is this machine's clock against the platform's.
	Skew Skew
	// Err is the cause where there is one.
	Err error

	wait   time.Duration // how long the platform wants to be left alone
	giveUp bool          // do not retry, whatever the kind
}

// Retryable says that the same call may go well later without anybody changing
// anything.
func (e *Error) Retryable() bool {
	switch e.Kind {
	case Unreachable, TimedOut, Truncated, BadAnswer, Unavailable, Throttled, CircuitOpen, Unpaced:
		return true
	default:
		return false
	}
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error reads as one sentence: who, what happened, how often, what to do.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Platform)
	if e.Operation != "" {
		text.WriteString(" " + e.Operation)
	}
	text.WriteString(": " + e.happened())
	if detail := e.detail(); detail != "" {
		text.WriteString(": " + detail)
	}
	if e.Status != 0 && e.Status != 200 {
		fmt.Fprintf(&text, " (HTTP %d)", e.Status)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&text, ", after %d attempts", e.Attempts)
	}
	if e.Advice != "" {
		text.WriteString("; " + e.Advice)
	}
	return text.String()
}

func (e *Error) happened() string {
	switch e.Kind {
	case Unsendable:
		return "the request could not be built"
	case Unreachable:
		if e.Host != "" {
			return "no answer from " + e.Host
		}
		return "no answer"
	case TimedOut:
		return "the platform took too long"
	case Truncated:
		return "the answer was cut off"
	case TooLarge:
		return "the answer is too large"
	case BadAnswer:
		return "the answer is not one of this platform"
	case Unavailable:
		return "the platform cannot answer now"
	case Throttled:
		return "the platform says that calls come too often"
	case LoginRefused:
		return "the platform no longer accepts the login"
	case Canceled:
		return "given up while the call was under way"
	case Unpaced:
		return "not called, because nobody knows how much of the rate limit is left"
	case CircuitOpen:
		return "not called, because the last calls all failed"
	default:
		return "the platform refused the call"
	}
}

func (e *Error) detail() string {
	var parts []string
	if main := join("code ", e.Code, e.Message); main != "" {
		parts = append(parts, main)
	}
	if sub := join("sub code ", e.SubCode, e.SubMessage); sub != "" {
		parts = append(parts, sub)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ", ")
}

func join(prefix, code, message string) string {
	if code == "" {
		return message
	}
	return strings.TrimSpace(prefix + code + " " + message)
}

// AsError returns the *Error in err's chain, or nil.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// MayHaveArrived says that the request of a call that failed with err may have
// reached the platform, as Error.Delivered does. A context's error without an
// *Error in its chain comes from a call that was not sent.
func MayHaveArrived(err error) bool {
	failed := AsError(err)
	return failed != nil && failed.Delivered
}

// withoutURL drops what net/http and net/url put around a cause: they quote the
// whole URL, with tokens and signatures in its query.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
