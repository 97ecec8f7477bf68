// Package fault gives errors that a person or a script has to act upon a
// stable code, a place and a next step, and decides the exit code of the
// process. What each code means is in registry.go and docs/errors.md.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code names one kind of failure for good: "PD-CONFIG-004". A code is never
// given a second meaning.
type Code string

// Severity says how bad a fault is.
type Severity string

const (
	// Fatal means that the command could not do its work.
	Fatal Severity = "fatal"
	// Failed means that the work was done in part, or that its result must not
	// be relied upon.
	Failed Severity = "failed"
	// Notice is no failure: something was found that a person asked to be told.
	Notice Severity = "notice"
)

// Error is a failure with a code. The zero value is of no use: a Code is needed.
type Error struct {
	Code Code
	// Message says what happened, in lower case, without the code.
	Message string
	// Path names the thing that is wrong, as its owner would: a key of the
	// configuration ("connections.wdt-main.sid"), a file, a window, a document.
	Path string
	// Location is "file:line:column" where there is one.
	Location string
	// Suggestion says what to do next.
	Suggestion string
	// Excerpt is the source around Location, ready to print; secrets are masked.
	Excerpt string
	// Problems are the single faults when several were found at once.
	Problems []*Error
	// Cause is what led here; errors.Is and errors.As see it.
	Cause error
}

// New returns a fault whose message is formatted as by fmt.Errorf; an error
// given for %w becomes its Cause.
func New(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: errors.Unwrap(err)}
}

// Suggest sets what to do next, formatted as by fmt.Sprintf, and returns e.
func (e *Error) Suggest(format string, args ...any) *Error {
	e.Suggestion = fmt.Sprintf(format, args...)
	return e
}

// At sets the path and returns e.
func (e *Error) At(path string) *Error {
	e.Path = path
	return e
}

// Error returns location, path and message, and one line per problem after
// them. The code is left to whoever renders the fault.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Location, e.Path} {
		if part != "" {
			b.WriteString(part)
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Message)
	for _, problem := range e.Problems {
		b.WriteString("\n  ")
		b.WriteString(problem.Error())
	}
	return b.String()
}

// Unwrap gives the cause and the problems to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var inner []error
	if e.Cause != nil {
		inner = append(inner, e.Cause)
	}
	for _, problem := range e.Problems {
		inner = append(inner, problem)
	}
	return inner
}

// Severity is the one that the registry gives the code; Fatal for a code that
// is not registered.
func (e *Error) Severity() Severity {
	if definition, ok := Lookup(e.Code); ok {
		return definition.Severity
	}
	return Fatal
}

// From returns the first fault in err's chain, with the context that err's text
// adds to it. An error without one becomes a fault of code RunFailed with err's
// text; nil stays nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var found *Error
	if !errors.As(err, &found) {
		return &Error{Code: RunFailed, Message: err.Error(), Cause: err}
	}
	if err == error(found) || len(found.Problems) > 0 { //nolint:errorlint // identity is what is asked
		return found
	}
	inContext := *found
	inContext.Message = err.Error() // holds the location and the path already
	inContext.Location, inContext.Cause = "", err
	return &inContext
}
