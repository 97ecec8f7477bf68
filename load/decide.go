package load

import (
	"math/bits"
	"strings"
	"time"
	"unicode/utf8"
)

// Decision is what becomes of a document after an attempt.
type Decision struct {
	// State is Sent, Superseded, Waiting, InDoubt, Rejected or Abandoned.
	State State
	// Wait is the time until the next attempt; 0 where there is none to come.
	Wait time.Duration
}

// IsSettled says that nothing is left to do, for nobody.
func (d Decision) IsSettled() bool { return d.State == Sent || d.State == Superseded }

// Decide turns what a target said about a document into what becomes of it.
//
// attempt counts from 1. Sent, Superseded and Rejected are final. Waiting and
// InDoubt are tried again until settings.MaxAttempts is reached, after the
// backoff or after the time that the target asked for, whichever is longer.
//
// Decide reads no clock: it returns a span, which the database adds to its own
// time, because it is the database that is asked later whether the time has come.
func Decide(documentID int64, outcome Outcome, attempt int, settings Settings) Decision {
	switch outcome.State {
	case Waiting, InDoubt:
		if attempt >= settings.MaxAttempts {
			return Decision{State: Abandoned}
		}
		wait := backoff(documentID, attempt, settings.BaseBackoff, settings.MaxBackoff)
		return Decision{State: outcome.State, Wait: max(wait, outcome.RetryAfter)}
	default:
		return Decision{State: outcome.State}
	}
}

// backoff is decorrelated exponential backoff: each wait is drawn between base
// and three times the wait before it, up to limit. The draw is a hash of document
// and attempt, so that equal documents spread and a test sees the same wait twice.
func backoff(documentID int64, attempt int, base, limit time.Duration) time.Duration {
	wait := base
	for n := 1; n <= attempt; n++ {
		span := uint64(min(3*wait, limit) - base)
		drawn, _ := bits.Mul64(mix(uint64(documentID)<<8+uint64(n)), span+1)
		wait = base + time.Duration(drawn)
	}
	return wait
}

// mix spreads the bits of x evenly over 64 (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// maxMessage is how many characters of a message are kept.
const maxMessage = 2000

// storable returns an outcome that Postgres can hold: texts without NUL, in valid
// UTF-8, not too long. A write-back that would have to be altered is left out, and
// the message says so; the state stays, because the target did what it did.
func storable(outcome Outcome) Outcome {
	var kept []Writeback
	for _, field := range outcome.Writeback {
		if isStorable(field.Dataset, field.RecordKey, field.Field, orEmpty(field.Value)) {
			kept = append(kept, field)
			continue
		}
		outcome.Message = "the write-back of field " + field.Field + " cannot be stored; " + outcome.Message
	}
	outcome.Writeback = kept
	if outcome.State != Sent {
		outcome.Writeback = nil
	}
	outcome.Message = printable(outcome.Message)
	outcome.TargetDocumentID = printable(outcome.TargetDocumentID)
	outcome.TargetDocumentNo = printable(outcome.TargetDocumentNo)
	return outcome
}

func isStorable(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return false
		}
	}
	return true
}

func printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if utf8.RuneCountInString(text) <= maxMessage {
		return text
	}
	return string([]rune(text)[:maxMessage-1]) + "…"
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
