package vault_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/vault"
)

func connect(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func scan[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := pool.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func keep(t *testing.T, store vault.Store, connection, value string) {
	t.Helper()
	if _, err := store.Renew(t.Context(), connection, "jst.token", gives(value, time.Time{})); err != nil {
		t.Fatal(err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	store := vault.NewPostgres(pool, key(t, 1), slog.New(slog.DiscardHandler))

	t.Run("keeps nothing in clear, and no sealing twice the same", func(t *testing.T) { // fault 32
		const secret = "canary-access-token"
		var before []byte
		for range 2 {
			keep(t, store, "clear", secret)
			keep(t, store, "clear", secret+"2")
			row := scan[string](t, pool, `select credential::text from ops.credential where connection_code = 'clear'`)
			sealed := scan[[]byte](t, pool, `select sealed from ops.credential where connection_code = 'clear'`)
			if strings.Contains(row, "canary") || bytes.Contains(sealed, []byte("canary")) {
				t.Errorf("got %s, want nothing of the secret in it", row)
			}
			if bytes.Equal(before, sealed) {
				t.Error("the same text was sealed the same way twice")
			}
			before = sealed
		}
	})

	t.Run("names both keys when the wrong one is configured", func(t *testing.T) {
		keep(t, store, "wrong-key", "x")
		other := vault.NewPostgres(pool, key(t, 2), slog.New(slog.DiscardHandler))
		_, read := other.Read(t.Context(), "wrong-key", "jst.token")
		_, renew := other.Renew(t.Context(), "wrong-key", "jst.token", gives("y", time.Time{}))
		for _, err := range []error{read, renew} {
			if err == nil || fault.From(err).Code != fault.ConfigBadValue {
				t.Fatalf("got %v, want %s", err, fault.ConfigBadValue)
			}
			for _, want := range []string{key(t, 1).ID(), key(t, 2).ID(), "jst.token of wrong-key"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s in it", err, want)
				}
			}
			if advice := fault.From(err).Suggestion; !strings.Contains(advice, key(t, 1).ID()) {
				t.Errorf("got %q, want the fingerprint of the right key", advice)
			}
		}
	})

	t.Run("refuses a row that was copied from another", func(t *testing.T) {
		for _, column := range []string{"connection_code", "name"} {
			keep(t, store, "mine-"+column, "mine")
			keep(t, store, "theirs-"+column, "theirs")
			exec(t, pool, `update ops.credential set sealed = (select sealed from ops.credential where connection_code = $1) where connection_code = $2`,
				"theirs-"+column, "mine-"+column)
			if column == "name" {
				exec(t, pool, `delete from ops.credential where connection_code = $1`, "mine-name")
				exec(t, pool, `update ops.credential set name = 'other' where connection_code = $1`, "theirs-name")
			}
			connection, name := "mine-"+column, "jst.token"
			if column == "name" {
				connection, name = "theirs-name", "other"
			}
			_, err := store.Read(t.Context(), connection, name)
			if err == nil || fault.From(err).Code != fault.RunFailed || !strings.Contains(err.Error(), "not what was sealed for it") {
				t.Errorf("%s: got %v, want it to be refused", column, err)
			}
		}
	})

	t.Run("stores what was renewed although the caller has gone", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		_, err := store.Renew(ctx, "gone", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
			stop()
			return vault.Secret{Value: []byte("rotated")}, nil
		})
		read, readErr := store.Read(t.Context(), "gone", "jst.token")
		if err != nil || readErr != nil || string(read.Value) != "rotated" {
			t.Errorf("got %s, %v and %v; want the rotated one", read.Value, err, readErr)
		}
	})

	t.Run("has no transaction open while it renews", func(t *testing.T) {
		_, err := store.Renew(t.Context(), "idle", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
			open := scan[int](t, pool, `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`)
			held := scan[int](t, pool, `select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)
			if open != 0 || held != 1 {
				t.Errorf("got %d sessions at work and %d locks, want 0 and 1", open, held)
			}
			return vault.Secret{Value: []byte("x")}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})

	t.Run("a process whose lock was lost does not write over a newer version", func(t *testing.T) {
		for _, first := range []string{"", "old"} {
			if first != "" {
				keep(t, store, "fenced", first)
			}
			_, err := store.Renew(t.Context(), "fenced", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
				exec(t, pool, `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)
				keep(t, vault.NewPostgres(pool, key(t, 1), slog.New(slog.DiscardHandler)), "fenced", "newer than "+first)
				return vault.Secret{Value: []byte("stale")}, nil
			})
			read, _ := store.Read(t.Context(), "fenced", "jst.token")
			if err == nil || !strings.Contains(err.Error(), "another process has renewed it") || string(read.Value) != "newer than "+first {
				t.Errorf("got %v and %s, want the newer one kept", err, read.Value)
			}
		}
	})

	t.Run("connections that end do not cost the rotated token", func(t *testing.T) { // fault 7, 19
		keep(t, store, "away", "old")
		kept, err := store.Renew(t.Context(), "away", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
			exec(t, pool, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
			return vault.Secret{Value: []byte("rotated")}, nil
		})
		if err != nil || kept.Version != 2 {
			t.Errorf("got %+v and %v, want version 2", kept, err)
		}
	})

	t.Run("a statement that is refused for good is not tried for a minute", func(t *testing.T) {
		began := time.Now()
		_, err := store.Renew(t.Context(), "refused", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
			exec(t, pool, `alter table ops.credential rename to credential_away`)
			return vault.Secret{Value: []byte("rotated")}, nil
		})
		exec(t, pool, `alter table ops.credential_away rename to credential`)
		if err == nil || !strings.Contains(err.Error(), "was renewed but could not be stored") || time.Since(began) > 10*time.Second {
			t.Errorf("got %v after %s, want the refusal at once", err, time.Since(began))
		}
	})

	t.Run("a store without a key says so", func(t *testing.T) {
		empty := vault.NewPostgres(pool, vault.Key{}, slog.New(slog.DiscardHandler))
		_, read := empty.Read(t.Context(), "x", "y")
		_, renew := empty.Renew(t.Context(), "x", "y", gives("z", time.Time{}))
		if read == nil || renew == nil || errors.Is(read, vault.ErrNotFound) {
			t.Errorf("got %v and %v, want both to say that the key is missing", read, renew)
		}
	})
}

// The analyst and the transform must not even see the sealed text.
func TestRoles_only_those_who_call_platforms_read_the_table(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	grants, err := os.ReadFile("../../sql/function/ops_grant_roles.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, pool, string(grants))
	exec(t, pool, `select ops.grant_roles()`)
	for role, want := range map[string]bool{
		"pandian_extract": true, "pandian_load": true, "pandian_transform": false, "pandian_analyst": false,
	} {
		for _, right := range []string{"select", "insert", "update"} {
			if got := scan[bool](t, pool, `select has_table_privilege($1, 'ops.credential', $2)`, role, right); got != want {
				t.Errorf("%s may %s: got %t, want %t", role, right, got, want)
			}
		}
	}
}
