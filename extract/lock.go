package extract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/fault"
)

// errLockLost is in the cause of the context that the work of a landing runs in,
// once the connection that held its lock is gone.
var errLockLost = errors.New("the lock is lost")

const (
	// lockPing is how often the lock's connection is asked for a sign of life.
	lockPing = 2 * time.Second
	// lockPingLimit is how long it may take to answer.
	lockPingLimit = 5 * time.Second
)

// lock makes this process the only one that lands the dataset of the connection.
// The lock belongs to a database connection of its own; when that dies, the
// context that is returned ends. release gives the lock back.
func (l *landing) lock(ctx context.Context) (_ context.Context, release func(), err error) {
	name := "pandian landing of " + l.spec.Dataset + " of " + l.connection
	conn, err := l.lockConnection(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	watchCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if err := watch(watchCtx, conn); err != nil {
			cancel(fmt.Errorf("%w: its database connection ended: %w; what was committed stays, run again", errLockLost, err))
		}
	}()
	return ctx, func() {
		stop()
		<-watched
		cancel(nil)
		unlock(conn, name)
	}, nil
}

// lockConnection returns a connection that holds the lock. It is taken out of
// the pool, so that work never waits for it.
func (l *landing) lockConnection(ctx context.Context, name string) (conn *pgx.Conn, err error) {
	err = l.query(ctx, "take the lock", func(ctx context.Context) error {
		pooled, err := l.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		conn = pooled.Hijack()
		queries := db.New(conn)
		held, err := queries.LandingLockTry(ctx, name)
		if err == nil && held {
			return nil
		}
		defer conn.Close(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		return l.busy(ctx, queries, name)
	})
	return conn, err
}

// busy says who has the lock.
func (l *landing) busy(ctx context.Context, queries *db.Queries, name string) error {
	holder := "another process"
	if row, err := queries.LandingLockHolder(ctx, name); err == nil && row.Pid != nil && row.BackendStart != nil {
		holder = fmt.Sprintf("another process (%s on %s, database session %d, since %s)",
			row.ApplicationName, row.ClientHost, *row.Pid, row.BackendStart.In(beijing()).Format("2006-01-02 15:04:05"))
	}
	return fault.New(fault.RunBusy, "%s is landing %s of %s right now", holder, l.spec.Dataset, l.connection).
		Suggest("wait for it to end, then run again")
}

// watch returns nil when ctx ends, or what became of the connection.
func watch(ctx context.Context, conn *pgx.Conn) error {
	for {
		// Waiting for a notification notices at once when the server ends the
		// connection; the ping notices when the network has swallowed it.
		waiting, cancel := context.WithTimeout(ctx, lockPing)
		_, err := conn.WaitForNotification(waiting)
		timedOut := waiting.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the landing is over, and with it the watch
		}
		if err != nil && (!timedOut || conn.IsClosed()) {
			return err
		}
		pinging, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockPingLimit)
		err = conn.Ping(pinging)
		cancel()
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// unlock gives the lock back before the connection ends, because the server may
// notice the end a little later than the next landing begins.
func unlock(conn *pgx.Conn, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), lockPingLimit)
	defer cancel()
	_, _ = db.New(conn).LandingLockRelease(ctx, name)
	_ = conn.Close(ctx)
}
