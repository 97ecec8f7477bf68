package pgconnect

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SetAfterStartup has the parameters of a configuration set by a statement as soon as
// a connection stands, and not in the packet that opens it: a connection pooler
// refuses what it does not know there or, told to ignore it, drops it in silence, the
// role and the masking of personal data included. It is to be called last.
//
// What belongs to the start itself stays: the encoding, the name of the program, and
// options, which are the server's to read.
func SetAfterStartup(config *pgx.ConnConfig) {
	moved := map[string]string{}
	for name, value := range config.RuntimeParams {
		if !slices.Contains([]string{"application_name", "client_encoding", "options", "replication"}, name) {
			moved[name] = value
			delete(config.RuntimeParams, name)
		}
	}
	if len(moved) == 0 {
		return
	}
	statement := setting(moved)
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		return conn.Exec(ctx, statement).Close()
	}
}

// setting is one statement that sets parameters for the session. The role comes last:
// what it may not set, the account may.
func setting(parameters map[string]string) string {
	names := slices.Sorted(maps.Keys(parameters))
	slices.SortStableFunc(names, func(a, b string) int {
		return boolOrder(a == "role") - boolOrder(b == "role")
	})
	calls := make([]string, len(names))
	for i, name := range names {
		calls[i] = "pg_catalog.set_config(" + literal(name) + ", " + literal(parameters[name]) + ", false)"
	}
	return "select " + strings.Join(calls, ", ")
}

func boolOrder(isLast bool) int {
	if isLast {
		return 1
	}
	return 0
}

// literal quotes a text whatever standard_conforming_strings says.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "e" + quoted
	}
	return quoted
}
