package schema

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
)

var oneFile = fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\nselect 1;\n")}}

func migratorFor(t *testing.T, url string) *Migrator {
	t.Helper()
	m, err := New(Options{URL: url, Migrations: oneFile})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSession(t *testing.T) {
	t.Parallel()

	t.Run("does_not_connect_again_because_the_lock_would_be_lost", func(t *testing.T) {
		t.Parallel()
		m := migratorFor(t, pgtest.Empty(t))
		s, err := m.open(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		if err := m.lock(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		_ = s.use(t.Context(), func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), "select pg_terminate_backend(pg_backend_pid())")
			return err
		})
		if err := s.stillLocked(t.Context()); !errors.Is(err, errLost) {
			t.Errorf("got %v, want %v", err, errLost)
		}
	})

	t.Run("notices_that_the_lock_is_gone_as_behind_a_pooler", func(t *testing.T) {
		t.Parallel()
		m := migratorFor(t, pgtest.Empty(t))
		s, err := m.open(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		if err := m.lock(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := s.stillLocked(t.Context()); err != nil {
			t.Errorf("with the lock: %v", err)
		}
		err = s.use(t.Context(), func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), "select pg_advisory_unlock_all()")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.stillLocked(t.Context()); err == nil || !strings.Contains(fault.From(err).Suggestion, "pooler") {
			t.Errorf("without the lock: got %v, want advice about poolers", err)
		}
	})

	t.Run("that_only_looks_cannot_write", func(t *testing.T) {
		t.Parallel()
		s, err := migratorFor(t, pgtest.Empty(t)).open(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		err = s.use(t.Context(), func(conn *pgx.Conn) error {
			_, err := conn.Exec(t.Context(), "create table t ()")
			return err
		})
		if !hasCode(err, "25006") { // read_only_sql_transaction
			t.Errorf("got %v, want a refusal", err)
		}
	})

	for name, c := range map[string]struct {
		url  string
		code fault.Code
	}{
		"an_unreachable_server_is_reported_without_the_password": {"postgres://an:geheim@127.0.0.1:1/shop?connect_timeout=5", fault.DatabaseUnreachable},
		"a_wrong_url_is_reported_without_the_password":           {"postgres://an:geheim@127.0.0.1:x/shop", fault.ConfigBadValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := migratorFor(t, c.url).Up(context.Background())
			if got := fault.From(err); got == nil || got.Code != c.code || strings.Contains(got.Message, "geheim") {
				t.Errorf("got %v, want a fault of code %s without the password", err, c.code)
			}
		})
	}
}
