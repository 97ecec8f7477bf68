package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/fault"
)

const (
	// lockPoll is how often a lock that another process has is asked for. Asking
	// rather than waiting keeps statement_timeout out of it, and no snapshot is
	// held meanwhile.
	lockPoll = 100 * time.Millisecond
	// lockLimit is how long that goes on: longer than a token call may take with
	// its retries, shorter than a frozen process may hold everybody up.
	lockLimit = 2 * time.Minute
)

// lock makes this session the only one that renews the secret. The lock belongs
// to a connection of its own, taken out of the pool, so that nothing waits for it
// and no transaction is open while it is held; it goes with the connection.
func (p *Postgres) lock(ctx context.Context, connection, name string) (unlock func(), err error) {
	acquiring, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	pooled, err := p.pool.Acquire(acquiring)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack()
	key := fmt.Sprintf("pandian renewal of %s of %s", name, connection)
	if err := waitFor(ctx, conn, key); err != nil {
		closeQuietly(conn)
		return nil, err
	}
	return func() {
		// The server may notice a closed connection later than the next caller asks.
		ctx, cancel := context.WithTimeout(context.Background(), queryLimit)
		defer cancel()
		_, _ = db.New(conn).OpsCredentialLockRelease(ctx, key)
		closeQuietly(conn)
	}, nil
}

func waitFor(ctx context.Context, conn *pgx.Conn, key string) error {
	for began := time.Now(); ; {
		asking, cancel := context.WithTimeout(ctx, queryLimit)
		held, err := db.New(conn).OpsCredentialLockTry(asking, key)
		cancel()
		if err != nil || held {
			return err
		}
		if waited := time.Since(began); waited > lockLimit {
			return fault.New(fault.RunBusy, "another process has been renewing it for more than %s", lockLimit).
				Suggest("end that process if it hangs, then run again")
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func closeQuietly(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), queryLimit)
	defer cancel()
	_ = conn.Close(ctx)
}
