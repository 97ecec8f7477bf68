package pgconnect_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/pgbouncer"
	"pandian/internal/pgconnect"
	"pandian/internal/pgtest"
)

// requires asks an address, with a time limit that only a pooler without a second
// session meets.
func requires(t *testing.T, address string, limit time.Duration) error {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return pgconnect.RequireSession(ctx, config)
}

// fault 15: a pooler that gives each transaction another session is found out, however
// many sessions it has and in whatever order it lends them, and whether or not others
// use it meanwhile.
func TestRequireSession_refuses_a_pooler_that_takes_sessions_away(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{pgbouncer.Transaction, pgbouncer.Statement} {
		for name, settings := range map[string][]string{
			"one session":                 {"default_pool_size = 1"},
			"two sessions":                {"default_pool_size = 2"},
			"many, the last used first":   {"default_pool_size = 20"},
			"many, the longest idle next": {"default_pool_size = 20", "server_round_robin = 1"},
			"that are cleaned each time":  {"server_reset_query_always = 1"},
		} {
			t.Run(mode+" mode, "+name, func(t *testing.T) {
				t.Parallel()
				address := pgbouncer.Start(t, pgtest.URL(t), mode, settings...)
				for _, idle := range []int{0, 1, 5} {
					warmUp(t, address, idle)
					for range 3 {
						if err := requires(t, address, 10*time.Second); !errors.Is(err, pgconnect.ErrShared) {
							t.Errorf("with %d idle sessions: got %v, want %v", idle, err, pgconnect.ErrShared)
						}
					}
				}
			})
		}
	}
}

// warmUp leaves the pooler with so many idle sessions, as far as it has them.
func warmUp(t *testing.T, address string, count int) {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	var waking sync.WaitGroup
	for range count {
		waking.Go(func() {
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
			if _, err := conn.Exec(t.Context(), "select pg_sleep(0.05)"); err != nil {
				t.Error(err)
			}
		})
	}
	waking.Wait()
}

// fault 15: others use the pooler at the same time.
func TestRequireSession_refuses_a_busy_pooler(t *testing.T) {
	t.Parallel()
	address := pgbouncer.Start(t, pgtest.URL(t), pgbouncer.Transaction, "default_pool_size = 6")
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	defer busy.Wait()
	defer stop()
	for range 4 {
		busy.Go(func() {
			for ctx.Err() == nil {
				config, err := pgx.ParseConfig(address)
				if err != nil {
					return
				}
				config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
				conn, err := pgx.ConnectConfig(ctx, config)
				if err != nil {
					continue
				}
				for range 20 {
					_, _ = conn.Exec(ctx, "select pg_sleep(random() * 0.005)")
				}
				_ = conn.Close(context.WithoutCancel(ctx))
			}
		})
	}
	for range 40 {
		if err := requires(t, address, 10*time.Second); !errors.Is(err, pgconnect.ErrShared) {
			t.Fatalf("got %v, want %v", err, pgconnect.ErrShared)
		}
	}
}

// fault 15: no false alarm.
func TestRequireSession_lets_whole_sessions_pass(t *testing.T) {
	t.Parallel()
	server := pgtest.URL(t)
	for name, address := range map[string]string{
		"the server itself":            server,
		"session mode":                 pgbouncer.Start(t, server, pgbouncer.Session),
		"session mode without a reset": pgbouncer.Start(t, server, pgbouncer.Session, "server_reset_query ="),
		"session mode, two sessions":   pgbouncer.Start(t, server, pgbouncer.Session, "default_pool_size = 2"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				if err := requires(t, address, 10*time.Second); err != nil {
					t.Fatalf("got %v, want it to pass", err)
				}
			}
		})
	}
	t.Run("session mode with one session cannot be used, and says so", func(t *testing.T) {
		t.Parallel()
		for name, settings := range map[string][]string{"waits": nil, "gives up": {"query_wait_timeout = 1"}} {
			address := pgbouncer.Start(t, server, pgbouncer.Session, append(settings, "default_pool_size = 1")...)
			if err := requires(t, address, 3*time.Second); !errors.Is(err, pgconnect.ErrNoSecond) {
				t.Errorf("%s: got %v, want %v", name, err, pgconnect.ErrNoSecond)
			}
		}
	})
}

// Parameters hold behind a pooler that refuses, or ignores, what it does not know in
// the packet that opens a connection.
func TestSetAfterStartup(t *testing.T) {
	t.Parallel()
	server := pgtest.URL(t)
	wanted := map[string]string{
		"statement_timeout": "12345ms", "jit": "off", "pandian.masked": "on", "TimeZone": "Asia/Shanghai", "pandian.odd": `a'b\c`,
	}
	for name, address := range map[string]string{
		"without a pooler":         server,
		"a pooler that refuses":    pgbouncer.Start(t, server, pgbouncer.Session),
		"a pooler that ignores":    pgbouncer.Start(t, server, pgbouncer.Session, "ignore_startup_parameters = statement_timeout,jit,pandian.masked,pandian.odd,role"),
		"standard strings are off": server + "&options=-c%20standard_conforming_strings%3Doff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := pgx.ParseConfig(address)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range wanted {
				config.RuntimeParams[name] = value
			}
			config.RuntimeParams["role"] = "pg_monitor"
			pgconnect.SetAfterStartup(config)
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
			for name, want := range wanted {
				var got string
				if err := conn.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&got); err != nil || got != want {
					t.Errorf("got %s = %q and %v, want %q", name, got, err, want)
				}
			}
			var account string
			if err := conn.QueryRow(t.Context(), "select current_user").Scan(&account); err != nil || account != "pg_monitor" {
				t.Errorf("got the rights of %s and %v, want those of pg_monitor", account, err)
			}
		})
	}
}
