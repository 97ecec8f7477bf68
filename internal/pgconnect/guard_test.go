package pgconnect_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/blackhole"
	"pandian/internal/pgconnect"
	"pandian/internal/pgtest"
)

// limit is short, so that the tests are; what they wait for has no other end.
const limit = 300 * time.Millisecond

func guarded(t *testing.T, limits pgconnect.Limits) (*blackhole.Proxy, *pgxpool.Pool) {
	t.Helper()
	proxy, url := blackhole.Postgres(t, pgtest.URL(t))
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 4
	pgconnect.Guard(config, limits)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Refuse(); pool.Close() }) // a polite end would be swallowed
	return proxy, pool
}

// fault 9: whatever is asked of a database that swallows it comes back, although the
// caller has no deadline of his own.
func TestGuard_ends_whatever_is_swallowed(t *testing.T) {
	t.Parallel()
	type asked func(ctx context.Context, conn *pgxpool.Conn) error
	for name, ask := range map[string]asked{
		"exec": func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, "select 1")
			return err
		},
		"query": func(ctx context.Context, conn *pgxpool.Conn) error {
			var n int
			return conn.QueryRow(ctx, "select $1::integer", 1).Scan(&n)
		},
		"batch": func(ctx context.Context, conn *pgxpool.Conn) error {
			batch := &pgx.Batch{}
			batch.Queue("select 1")
			batch.Queue("select 2")
			return conn.SendBatch(ctx, batch).Close()
		},
		"copy": func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.CopyFrom(ctx, pgx.Identifier{"numbers"}, []string{"n"}, pgx.CopyFromRows([][]any{{1}, {2}}))
			return err
		},
		"prepare": func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Conn().Prepare(ctx, "one", "select 1")
			return err
		},
		"begin": func(ctx context.Context, conn *pgxpool.Conn) error {
			return pgx.BeginFunc(ctx, conn, func(pgx.Tx) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, pool := guarded(t, pgconnect.Limits{Statement: limit})
			ctx := context.Background()
			conn, err := pool.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			if _, err := conn.Exec(ctx, "create table numbers (n integer)"); err != nil {
				t.Fatal(err)
			}
			proxy.Swallow()
			if err := ask(ctx, conn); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the guard's deadline", err)
			}
		})
	}
	t.Run("commit", func(t *testing.T) {
		t.Parallel()
		proxy, pool := guarded(t, pgconnect.Limits{Statement: limit})
		err := pgx.BeginFunc(context.Background(), pool, func(pgx.Tx) error {
			proxy.Swallow()
			return nil
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the guard's deadline", err)
		}
	})
	t.Run("rows", func(t *testing.T) {
		t.Parallel()
		proxy, pool := guarded(t, pgconnect.Limits{Statement: limit})
		rows, err := pool.Query(context.Background(), "select repeat('x', 100000) from generate_series(1, 1000)")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		proxy.Swallow()
		for rows.Next() {
			continue
		}
		if err := rows.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the guard's deadline", err)
		}
	})
}

func TestGuard_ends_the_wait_for_a_connection(t *testing.T) {
	t.Parallel()
	t.Run("that is not made", func(t *testing.T) {
		t.Parallel()
		proxy, pool := guarded(t, pgconnect.Limits{Acquire: limit})
		proxy.Swallow()
		if _, err := pool.Acquire(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the guard's deadline", err)
		}
	})
	t.Run("that others keep", func(t *testing.T) {
		t.Parallel()
		_, pool := guarded(t, pgconnect.Limits{Acquire: limit})
		for range 4 {
			conn, err := pool.Acquire(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
		}
		if _, err := pool.Acquire(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the guard's deadline", err)
		}
	})
}

func TestGuard_leaves_what_is_quick_alone(t *testing.T) {
	t.Parallel()
	_, pool := guarded(t, pgconnect.Limits{Statement: time.Hour, Acquire: time.Hour})
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for range 3 { // the end of one statement's bound is not the next one's
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			var n int
			return tx.QueryRow(t.Context(), "select 1").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var idle string
	if err := conn.QueryRow(t.Context(), "show tcp_keepalives_idle").Scan(&idle); err != nil || !strings.Contains("15 0", idle) {
		t.Errorf("got tcp_keepalives_idle %s and %v, want 15 over TCP", idle, err)
	}
}
