package schema

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
)

// pretending answers with another version than its own.
type pretending struct {
	*pgx.Conn
	version string
}

type fixedRow struct{ text string }

func (r fixedRow) Scan(dest ...any) error {
	*dest[0].(*string) = r.text
	return nil
}

func (p pretending) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if sql == "show server_version_num" {
		return fixedRow{p.version}
	}
	return p.Conn.QueryRow(ctx, sql, args...)
}

func TestServerVersion(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, nil)
	for _, c := range []struct {
		version string
		refused bool
		warned  bool
	}{
		{"90204", true, false}, // what openGauss calls itself
		{"130022", true, false},
		{"140000", false, false},
		{"150014", false, false},
		{"180001", false, false},
		{"190000", false, true},
	} {
		t.Run(c.version, func(t *testing.T) {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			_, warning, err := checkServer(t.Context(), pretending{conn.Conn(), c.version}, true)
			if c.refused {
				if got := fault.From(err); got == nil || got.Code != fault.DatabaseTooOld || !strings.Contains(got.Message, c.version) {
					t.Errorf("got %v, want a %s that names %s", err, fault.DatabaseTooOld, c.version)
				}
			} else if err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if c.warned != strings.Contains(warning, c.version) || !c.warned && warning != "" {
				t.Errorf("got warning %q, want one: %t", warning, c.warned)
			}
		})
	}
}

func TestServerState(t *testing.T) {
	t.Parallel()

	t.Run("a_standby_is_told_from_a_read_only_account", func(t *testing.T) {
		t.Parallel()
		standby := fault.From(Server{InRecovery: true, ReadOnly: true}.checkWritable())
		if standby == nil || standby.Code != fault.DatabaseReadOnly || !strings.Contains(standby.Suggestion, "primary") {
			t.Errorf("got %v, want advice to use the primary", standby)
		}
		account := fault.From(Server{ReadOnly: true, Account: "an", Database: "shop"}.checkWritable())
		if account == nil || account.Code != fault.DatabaseReadOnly || !strings.Contains(account.Suggestion, `alter role "an" reset`) {
			t.Errorf("got %v, want advice to reset the setting", account)
		}
	})

	t.Run("the_missing_right_is_named_with_its_grant", func(t *testing.T) {
		t.Parallel()
		got := fault.From(Server{Account: "an", Database: "shop"}.checkMayCreate())
		if got == nil || got.Code != fault.DatabaseForbidden || got.Suggestion != `as the owner of the database: grant create on database "shop" to "an"` {
			t.Errorf("got %v", got)
		}
	})
}
