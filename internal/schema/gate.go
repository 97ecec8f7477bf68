package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Verdict is what a program should know that may start.
type Verdict struct {
	Server Server `json:"server"`
	// Applied is the newest version in the database, Newest that of the program.
	Applied int64 `json:"applied"`
	Newest  int64 `json:"newest"`
	// Warnings are for a person.
	Warnings []string `json:"warnings,omitempty"`
}

// Gate decides whether this program may work on the database of conn. Every
// command that writes calls it before anything else. It writes nothing.
//
// A refusal is a *fault.Error with what to do in it; errors.Is tells
// ErrNoSchema, ErrBehind, ErrAhead and ErrOutOfOrder apart. A schema that is
// newer is let pass if ops.schema_support says so, which is how two releases
// run side by side while one replaces the other.
func (m *Migrator) Gate(ctx context.Context, conn *pgx.Conn) (Verdict, error) {
	return m.gate(ctx, conn, conn, true)
}

// GateRead is Gate for commands that only read: it lets a standby pass.
func (m *Migrator) GateRead(ctx context.Context, conn *pgx.Conn) (Verdict, error) {
	return m.gate(ctx, conn, conn, false)
}

func (m *Migrator) gate(ctx context.Context, q querier, conn *pgx.Conn, writes bool) (Verdict, error) {
	verdict := Verdict{Newest: m.Newest()}
	server, warning, err := checkServer(ctx, q, writes)
	verdict.Server = server
	if err != nil {
		return verdict, err
	}
	verdict.warn(warning)
	fit, err := m.compare(ctx, q)
	if err != nil {
		return verdict, err
	}
	verdict.Applied = fit.highest
	if err := fit.gate(server.Database); err != nil {
		if errors.Is(err, ErrNoSchema) && server.checkMayCreate() != nil {
			return verdict, server.checkMayCreate()
		}
		return verdict, err
	}
	if len(fit.foreign) > 0 {
		verdict.warn(fmt.Sprintf("the database has migrations of which no file is known: %s; pandian migrate status shows them", joinVersions(fit.foreign)))
	}
	if len(fit.missing) > 0 {
		// Functions and views are the newer program's, and that is as it should be.
		verdict.warn(fmt.Sprintf("the schema is newer (migration %d) than this program (%d) and still supports it", fit.highest, fit.newest))
		return verdict, nil
	}
	outdated, err := m.options.Replaceable.Outdated(ctx, conn)
	if err != nil {
		return verdict, fmt.Errorf("compare functions and views: %w", err)
	}
	if len(outdated) > 0 {
		// Not refused: they may be those of a newer program that needed no
		// migration, and then this one may still run.
		verdict.warn(fmt.Sprintf("%d functions and views differ from this program's, %s first: run pandian migrate up with the newest pandian in use", len(outdated), outdated[0].Name))
	}
	return verdict, nil
}

func (v *Verdict) warn(warning string) {
	if warning != "" {
		v.Warnings = append(v.Warnings, warning)
	}
}

// checkServer refuses a server on which pandian cannot work.
func checkServer(ctx context.Context, q querier, writes bool) (server Server, warning string, err error) {
	if server, err = readServer(ctx, q); err != nil {
		return server, "", err
	}
	if warning, err = server.checkVersion(); err != nil {
		return server, "", err
	}
	if writes {
		err = server.checkWritable()
	}
	return server, warning, err
}
