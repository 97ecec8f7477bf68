// Package pgconnect bounds in time whatever is asked of Postgres over a pool.
//
// The server's statement_timeout ends a statement that takes too long, and nothing
// ends the wait for an answer that is lost on the way: a cable that is pulled, a
// firewall that forgets a connection, a proxy that swallows what it gets. Code that
// asks without a deadline of its own would then wait for ever. A guarded pool gives
// every exchange one: it hangs on pgx's tracer, which sees all of them but Ping,
// which has to bring its own.
package pgconnect

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits bound the exchanges of a pool. A shorter deadline of the caller's holds.
type Limits struct {
	// Statement bounds a statement until its last row is read, and thereby begin
	// and commit; longer than the server's statement_timeout, so that the server
	// gets to say what it ended. 0 leaves it unbounded.
	Statement time.Duration
	// Acquire bounds the wait for a free connection, making one included. 0 leaves
	// it unbounded.
	Acquire time.Duration
}

// Guard makes the pools of a configuration keep the limits, and lets the kernels of
// both ends notice that the other one is gone. It takes the place of a tracer.
func Guard(config *pgxpool.Config, limits Limits) {
	config.ConnConfig.Tracer = &guard{limits}
	KeepAlive(config.ConnConfig)
}

// The kernels give up a peer that has not been heard of for about 30 s: this
// machine's by a probe every keepAliveInterval after keepAliveIdle, the server's
// likewise. Without the latter the locks of a machine that lost its power would be
// held for two hours.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveCount    = 3
)

// KeepAlive has both ends of a connection probe the other one. On a Unix socket it
// changes nothing. Behind a pooler each of the two connections is probed by its own
// two ends.
func KeepAlive(config *pgx.ConnConfig) {
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}}
	config.DialFunc = pgconn.DialFunc(dialer.DialContext)
	for name, value := range map[string]int64{
		"tcp_keepalives_idle":     int64(keepAliveIdle / time.Second),
		"tcp_keepalives_interval": int64(keepAliveInterval / time.Second),
		"tcp_keepalives_count":    keepAliveCount,
		"tcp_user_timeout":        (keepAliveIdle + keepAliveCount*keepAliveInterval).Milliseconds(),
	} {
		if _, isSet := config.RuntimeParams[name]; !isSet {
			config.RuntimeParams[name] = fmt.Sprint(value)
		}
	}
}

// guard is a tracer that traces nothing.
type guard struct{ limits Limits }

var (
	_ pgx.QueryTracer       = (*guard)(nil)
	_ pgx.BatchTracer       = (*guard)(nil)
	_ pgx.CopyFromTracer    = (*guard)(nil)
	_ pgx.PrepareTracer     = (*guard)(nil)
	_ pgxpool.AcquireTracer = (*guard)(nil)
)

// cancelKey is where the end of a bound is kept until the exchange is over.
type cancelKey struct{}

func bound(ctx context.Context, limit time.Duration, what string) context.Context {
	if limit <= 0 {
		// An outer bound is not this exchange's to end.
		return context.WithValue(ctx, cancelKey{}, nil)
	}
	late := fmt.Errorf("%s took longer than %s: %w", what, limit, context.DeadlineExceeded)
	bounded, cancel := context.WithTimeoutCause(ctx, limit, late)
	return context.WithValue(bounded, cancelKey{}, cancel)
}

func release(ctx context.Context) {
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

func (g *guard) statement(ctx context.Context) context.Context {
	return bound(ctx, g.limits.Statement, "a statement")
}

// TraceQueryStart implements pgx.QueryTracer.
func (g *guard) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return g.statement(ctx)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (g *guard) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	release(ctx)
}

// TraceBatchStart implements pgx.BatchTracer.
func (g *guard) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return g.statement(ctx)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (g *guard) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (g *guard) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) {
	release(ctx)
}

// TraceCopyFromStart implements pgx.CopyFromTracer.
func (g *guard) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceCopyFromStartData) context.Context {
	return g.statement(ctx)
}

// TraceCopyFromEnd implements pgx.CopyFromTracer.
func (g *guard) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceCopyFromEndData) {
	release(ctx)
}

// TracePrepareStart implements pgx.PrepareTracer.
func (g *guard) TracePrepareStart(ctx context.Context, _ *pgx.Conn, _ pgx.TracePrepareStartData) context.Context {
	return g.statement(ctx)
}

// TracePrepareEnd implements pgx.PrepareTracer.
func (g *guard) TracePrepareEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TracePrepareEndData) {
	release(ctx)
}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (g *guard) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return bound(ctx, g.limits.Acquire, "the wait for a database connection")
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (g *guard) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	release(ctx)
}
