package main

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"pandian/extract"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/repeat"
	"pandian/internal/run"
)

// sourceFault gives what a source said a code.
func sourceFault(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var body *extract.BodyError
	call := erphttp.AsError(err)
	switch {
	case call != nil && (call.Kind == erphttp.LoginRefused || call.Kind == erphttp.Refused):
		return fault.New(fault.SourceRefused, "%w", err).Suggest("%s", call.Advice)
	case call != nil:
		return fault.New(fault.SourceUnreachable, "%w", err).Suggest("%s", call.Advice)
	case errors.As(err, &body):
		return fault.New(fault.SourceUnreadable, "%w", err)
	default:
		return err
	}
}

// targetFault gives what ended a load a code. Where the target itself said what is
// wrong, waiting helps less than its advice.
func targetFault(err error) error {
	call := erphttp.AsError(err)
	if advice := databaseAdvice(err); call == nil && advice != "" {
		return fault.New(fault.RunFailed, "%w", err).Suggest("%s; the documents wait in the outbox", advice)
	}
	failed := fault.New(fault.TargetUnreachable, "%w", err)
	if call != nil && call.Advice != "" {
		return failed.Suggest("%s; the documents wait in the outbox", call.Advice)
	}
	return failed
}

// masked is an error's text without the secrets of the configuration, for the
// database, where people without those secrets read it.
func (a *app) masked(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(a.redactor.Mask(err.Error()))
}

// runFault gives what ended a run a code, unless it has one.
func runFault(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" { // insufficient_privilege
		return fault.New(fault.DatabaseForbidden, "%w", err)
	}
	var busy *run.BusyError
	if errors.As(err, &busy) {
		return fault.New(fault.RunBusy, "%w", err)
	}
	return fault.New(fault.RunFailed, "%w", err).Suggest("%s", databaseAdvice(err))
}

// databaseAdvice says what to do about what the database server ran out of, or kept
// from going on; empty where it said nothing of the kind. A step that failed left
// nothing behind.
func databaseAdvice(err error) string {
	var refused *pgconn.PgError
	var exhausted *repeat.ExhaustedError
	switch {
	case errors.As(err, &exhausted):
		return "run again when the other work is done; pg_stat_activity and the server's log, with log_lock_waits, show what it got into the way of"
	case !errors.As(err, &refused):
		return ""
	}
	switch refused.Code {
	case "53100": // disk_full
		return "make room on the database server's disk, or point temp_tablespaces to another one, then run again"
	case "53200": // out_of_memory
		return "give the database server more memory, or lower work_mem there, then run again"
	case "53400": // configuration_limit_exceeded
		return "raise the limit that the message names, such as temp_file_limit, at the database server, then run again"
	case "57014": // query_canceled
		return "raise database.statement_timeout, or let what held the tables end, then run again"
	default:
		return ""
	}
}
