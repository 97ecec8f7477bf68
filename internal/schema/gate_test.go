package schema_test

import (
	"errors"
	"strings"
	"testing"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/schema"
	"pandian/migrations"
)

func TestGate(t *testing.T) {
	t.Parallel()

	t.Run("lets_a_program_pass_that_fits", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: url})
		mustUp(t, m)
		verdict, err := m.Gate(t.Context(), connect(t, url))
		if err != nil || len(verdict.Warnings) != 0 {
			t.Errorf("got %v and warnings %v, want neither", err, verdict.Warnings)
		}
		if verdict.Applied != m.Newest() || verdict.Newest != m.Newest() || verdict.Server.VersionNum < 140000 {
			t.Errorf("got %+v, want migration %d and a server", verdict, m.Newest())
		}
	})

	t.Run("an_empty_database_has_no_schema_yet", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		_, err := newMigrator(t, schema.Options{URL: url, Migrations: migrations.FS}).Gate(t.Context(), connect(t, url))
		if !errors.Is(err, schema.ErrNoSchema) {
			t.Fatalf("got %v, want %v", err, schema.ErrNoSchema)
		}
		wantFault(t, err, fault.SchemaBehind, "there is no schema yet", "run pandian migrate up")
	})

	t.Run("an_empty_database_of_an_account_that_may_not_create_names_the_right", func(t *testing.T) {
		t.Parallel()
		_, url := emptyFor(t, "guest")
		m := newMigrator(t, schema.Options{URL: url, Migrations: migrations.FS})
		_, err := m.Gate(t.Context(), connect(t, url))
		wantFault(t, err, fault.DatabaseForbidden, "lacks the right CREATE", "grant create on database")
		_, err = m.Up(t.Context())
		wantFault(t, err, fault.DatabaseForbidden, "lacks the right CREATE", "grant create on database")
	})

	t.Run("a_schema_that_lacks_a_migration_is_behind", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: migrations.FS}))
		next := released(t, map[string]string{"99999_next.sql": "-- +goose Up\nselect 1;\n-- +goose Down\nselect 1;\n"})
		_, err := newMigrator(t, schema.Options{Migrations: next}).Gate(t.Context(), connect(t, url))
		if !errors.Is(err, schema.ErrBehind) {
			t.Fatalf("got %v, want %v", err, schema.ErrBehind)
		}
		wantFault(t, err, fault.SchemaBehind, "needs 99999", "1 migration is pending", "run pandian migrate up")
	})

	t.Run("functions_and_views_that_differ_are_a_warning", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: url})
		mustUp(t, m)
		conn := connect(t, url)
		exec(t, conn, "update ops.sql_object set content_hash = '' where file_name = 'view/report_run'")
		verdict, err := m.Gate(t.Context(), conn)
		if err != nil || len(verdict.Warnings) != 1 || !strings.Contains(verdict.Warnings[0], "view/report_run") {
			t.Errorf("got %v and warnings %v, want one that names the view", err, verdict.Warnings)
		}
	})

	t.Run("a_read_only_account_may_read", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: url, Migrations: migrations.FS})
		mustUp(t, m)
		admin := connect(t, url)
		exec(t, admin, "alter database "+admin.Config().Database+" set default_transaction_read_only = on")
		conn := connect(t, url)
		_, err := m.Gate(t.Context(), conn)
		wantFault(t, err, fault.DatabaseReadOnly, "read-only", "default_transaction_read_only")
		if _, err := m.GateRead(t.Context(), conn); err != nil {
			t.Errorf("to read: %v", err)
		}
		_, err = m.Up(t.Context())
		wantFault(t, err, fault.DatabaseReadOnly, "read-only")
	})

	t.Run("an_account_with_the_rights_of_one_stage_may_ask", func(t *testing.T) {
		t.Parallel()
		owner, url := emptyFor(t, "stage")
		m := newMigrator(t, schema.Options{URL: owner})
		mustUp(t, m)
		admin, conn := connect(t, owner), connect(t, url)
		account := scan[string](t, conn, "select current_user::text")
		exec(t, admin, "grant pandian_extract to "+account)
		if _, err := m.Gate(t.Context(), conn); err != nil {
			t.Errorf("with the rights of extract: %v", err)
		}
		exec(t, admin, "revoke pandian_extract from "+account)
		_, err := m.Gate(t.Context(), conn)
		wantFault(t, err, fault.DatabaseForbidden, "ops")
	})
}

// fault 31: a binary older than the schema refuses unless the schema says it
// may still run; the N-1 binary may, for a rolling upgrade
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	present := newMigrator(t, schema.Options{}).Newest()

	// How a release says which older programs may still run: its migration
	// writes the number of the oldest one's newest migration.
	const compatible = `-- +goose Up
alter table ref.sku_map add colour text;
-- +goose Down
alter table ref.sku_map drop colour;
`
	const incompatible = `-- The program before this one writes a column that goes away.

-- +goose Up
alter table ref.sku_map rename note to remark;
update ops.schema_support set oldest_supported_version = 20000;
-- +goose Down
update ops.schema_support set oldest_supported_version = 1;
alter table ref.sku_map rename remark to note;
`
	for _, c := range []struct {
		name    string
		text    string
		refused bool
	}{
		{"a_program_that_the_newer_schema_supports_goes_on", compatible, false},
		{"a_program_that_the_newer_schema_leaves_behind_refuses", incompatible, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Empty(t)
			old := newMigrator(t, schema.Options{URL: url})
			next := newMigrator(t, schema.Options{
				URL:         url,
				Migrations:  released(t, map[string]string{"20000_next.sql": c.text}),
				Replaceable: loadLibrary(t),
			})
			mustUp(t, old)
			mustUp(t, next)
			conn := connect(t, url)
			if _, err := next.Gate(t.Context(), conn); err != nil {
				t.Errorf("the new program: %v", err)
			}
			verdict, err := old.Gate(t.Context(), conn)
			result, upErr := old.Up(t.Context())
			if len(result.Migrations)+len(result.Replaced) != 0 {
				t.Errorf("the old program's up did %+v, want nothing", result)
			}
			if c.refused {
				if !errors.Is(err, schema.ErrAhead) || !errors.Is(upErr, schema.ErrAhead) {
					t.Errorf("the old program: got %v from gate and %v from up, want %v", err, upErr, schema.ErrAhead)
				}
				wantFault(t, err, fault.SchemaAhead, "at migration 20000", "from migration 20000 on", "migrate down --to")
			} else if err != nil || upErr != nil || len(verdict.Warnings) != 1 || len(result.Warnings) != 1 {
				t.Errorf("the old program: got %v, %v and warnings %v, %v", err, upErr, verdict.Warnings, result.Warnings)
			}
			if _, err := next.DownTo(t.Context(), present); err != nil {
				t.Fatalf("back: %v", err)
			}
			if _, err := old.Gate(t.Context(), conn); err != nil {
				t.Errorf("the old program after the way back: %v", err)
			}
		})
	}
}
