package erphttp

import (
	"net/http"
	"time"
)

// Action is what to do with an answer.
type Action int

const (
	// OK hands the answer to the caller.
	OK Action = iota
	// Retry tries again: after Verdict.Wait where that is set, else after the
	// client's own backoff.
	Retry
	// Throttle tries again after Verdict.Wait, and holds back every other call
	// of the same credential until then.
	Throttle
	// LoginExpired returns at once an error of that kind: the caller gets a new
	// token and repeats the call.
	LoginExpired
	// Final returns at once: the platform understood and refused.
	Final
)

// Reply is an answer as it is shown to a [Classify].
type Reply struct {
	Status int
	Header http.Header
	// Body is the whole body, or its first bytes when streaming; without a BOM.
	Body []byte
	// Whole says that Body is all there is.
	Whole bool
	// Skew is this machine's clock against the platform's.
	Skew Skew
}

// Verdict is what a vendor's client makes of an answer.
type Verdict struct {
	Action Action
	// Wait is the least time to wait for Retry and Throttle; 0 where the vendor
	// names none.
	Wait time.Duration
	// Code, Message, SubCode and SubMessage are the platform's own, empty where
	// it gave none.
	Code, Message, SubCode, SubMessage string
	// Advice tells a person what to do about it.
	Advice string
	// NoEffect is for Retry: the platform says that it refused before it did
	// anything, so that even a Call.Once may be repeated. Throttle, LoginExpired and
	// Final always mean that.
	NoEffect bool
}

// Classify reads one answer. It must accept any bytes, and must not keep them.
type Classify func(Reply) Verdict

// Err is the verdict as an error, for bodies that did not come over HTTP, such
// as recorded files; nil when the action is OK.
func (v Verdict) Err(platform, operation string) error {
	if v.Action == OK {
		return nil
	}
	return v.failure(platform, operation)
}

func (v Verdict) failure(platform, operation string) *Error {
	kind := Refused
	switch {
	case v.Action == Throttle:
		kind = Throttled
	case v.Action == LoginExpired:
		kind = LoginRefused
	case v.Action == Retry && v.Code == "" && v.SubCode == "":
		kind = BadAnswer
	case v.Action == Retry:
		kind = Unavailable
	}
	return &Error{
		Kind: kind, Platform: platform, Operation: operation,
		Code: v.Code, Message: v.Message, SubCode: v.SubCode, SubMessage: v.SubMessage,
		Advice: v.Advice, wait: v.Wait,
		Delivered: v.Action == Retry && !v.NoEffect,
	}
}
