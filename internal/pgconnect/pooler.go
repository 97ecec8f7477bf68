package pgconnect

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrShared says that a pooler lends one server connection to several clients by
// turns: what a session keeps from one transaction to the next is lost, or another
// client's. Locks, settings, the role and prepared statements are such.
var ErrShared = errors.New("a connection pooler gives each transaction another session")

// ErrNoSecond says that a pooler gave no second session while the first was held.
var ErrNoSecond = errors.New("the connection pooler gives no second session beside the first")

// probeRounds is how often two clients take turns. Each round meets a pooler that
// gives back the connection used last, and one that gives the one that rested longest;
// the others are for what further clients of the pooler do in between.
const probeRounds = 3

// RequireSession returns an error that wraps ErrShared where sessions do not outlive
// their transactions, or ErrNoSecond.
//
// A server tells its clients the process that serves them, and a pooler invents a
// number: where the two agree nothing stands between, and that is all. Else two
// clients take turns. The first marks its session; in transaction or statement mode
// the second is lent the marked session, or the first another one. Both are
// impossible where each client has a session of its own, so no plain server and no
// pooler in session mode is refused, and a pool that happens to be idle does not pass.
func RequireSession(ctx context.Context, config *pgx.ConnConfig) error {
	plain := config.Config.Copy()
	plain.AfterConnect, plain.RuntimeParams = nil, map[string]string{"application_name": "pandian"}
	first, err := pgconn.ConnectConfig(ctx, plain)
	if err != nil {
		return err
	}
	defer closeConn(ctx, first)
	isDirect, err := isDirect(ctx, first)
	if err != nil || isDirect {
		return err
	}
	second, err := pgconn.ConnectConfig(ctx, plain)
	if err != nil {
		return err
	}
	defer closeConn(ctx, second)
	mark := rand.Text()
	if _, err := ask(ctx, first, "select set_config('pandian.session', '"+mark+"', false)"); err != nil {
		return err
	}
	// Where sessions are whole the second client waits for one here, and for none below.
	seen, err := ask(ctx, second, readMark)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoSecond, err)
	}
	for round := 0; seen != mark; round++ {
		if round == probeRounds {
			return nil
		}
		if seen, err = takeTurns(ctx, first, second, mark); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: a client was lent the session of another one", ErrShared)
}

// isDirect says whether the server itself is at the other end.
func isDirect(ctx context.Context, conn *pgconn.PgConn) (bool, error) {
	text, err := ask(ctx, conn, "select pg_backend_pid()")
	if err != nil {
		return false, err
	}
	pid, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return false, fmt.Errorf("read the number of the server process: %w", err)
	}
	return uint32(pid) == conn.PID(), nil
}

// readMark is empty where the session has no mark.
const readMark = "select coalesce(current_setting('pandian.session', true), '')"

// takeTurns lets the second client hold a transaction while the first one looks, and
// the first look again after it. It returns the mark that the second one saw.
func takeTurns(ctx context.Context, first, second *pgconn.PgConn, mark string) (seen string, err error) {
	if _, err := ask(ctx, second, "begin"); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			return "", fmt.Errorf("%w: it refuses a transaction, as statement pooling does: %w", ErrShared, err)
		}
		return "", err
	}
	if seen, err = ask(ctx, second, readMark); err != nil || seen == mark {
		return seen, err
	}
	if err := keeps(ctx, first, mark); err != nil {
		return "", err
	}
	if _, err := ask(ctx, second, "rollback"); err != nil {
		return "", err
	}
	return "", keeps(ctx, first, mark)
}

// keeps returns ErrShared where a client has lost its mark.
func keeps(ctx context.Context, conn *pgconn.PgConn, mark string) error {
	seen, err := ask(ctx, conn, readMark)
	if err == nil && seen != mark {
		err = fmt.Errorf("%w: a client lost its session", ErrShared)
	}
	return err
}

// ask returns the first value of a statement, sent in one message: a prepared one
// would be lost on the way.
func ask(ctx context.Context, conn *pgconn.PgConn, sql string) (string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return "", nil
	}
	return string(results[0].Rows[0][0]), nil
}

func closeConn(ctx context.Context, conn *pgconn.PgConn) { _ = conn.Close(context.WithoutCancel(ctx)) }
