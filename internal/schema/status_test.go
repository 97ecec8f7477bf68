package schema_test

import (
	"testing"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

func TestStatus(t *testing.T) {
	t.Parallel()

	t.Run("of_an_empty_database_is_pending_and_touches_nothing", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		status := mustStatus(t, newMigrator(t, schema.Options{URL: url}))
		if status.Count(schema.Pending) != len(status.Migrations) || status.Applied != 0 || status.OldestSupported != 0 {
			t.Errorf("got %+v, want all pending", status)
		}
		if status.Outdated() != len(status.Replaceable) || len(status.Replaceable) == 0 {
			t.Errorf("got %d of %d functions and views outdated, want all", status.Outdated(), len(status.Replaceable))
		}
		if got := scan[int64](t, connect(t, url), "select count(*) from pg_namespace where oid >= 16384"); got != 0 {
			t.Errorf("it made %d schemas, want none", got)
		}
	})

	t.Run("shows_applied_pending_missing_and_foreign", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(three())}))
		conn := connect(t, url)
		exec(t, conn, "delete from pandian.goose_db_version where version_id = 3")
		exec(t, conn, "insert into pandian.goose_db_version (version_id, is_applied) values (9, true), (4, true)")
		program := with(three(), "00005_create_bag.sql", "-- +goose Up\ncreate table shop.bag (n int);\n")
		status := mustStatus(t, newMigrator(t, schema.Options{URL: url, Migrations: files(program)}))
		want := []schema.MigrationStatus{
			{Version: 1, Name: "00001_create_shop.sql", State: schema.Applied},
			{Version: 2, Name: "00002_create_shelf.sql", State: schema.Applied},
			{Version: 3, Name: "00003_create_box.sql", State: schema.Pending},
			{Version: 4, State: schema.Foreign},
			{Version: 5, Name: "00005_create_bag.sql", State: schema.Pending},
			{Version: 9, State: schema.Missing},
		}
		if len(status.Migrations) != len(want) || status.Applied != 9 || status.Newest != 5 {
			t.Fatalf("got %+v, want %+v", status, want)
		}
		for i, got := range status.Migrations {
			if got.Version != want[i].Version || got.Name != want[i].Name || got.State != want[i].State {
				t.Errorf("got %+v, want %+v", got, want[i])
			}
		}
	})

	t.Run("of_a_database_that_does_not_exist_says_so", func(t *testing.T) {
		t.Parallel()
		_, err := newMigrator(t, schema.Options{URL: absent(t)}).Status(t.Context())
		wantFault(t, err, fault.DatabaseUnreachable, "does not exist")
	})

	t.Run("answers_where_nothing_can_be_written", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: url})
		mustUp(t, m)
		conn := connect(t, url)
		exec(t, conn, "alter database "+conn.Config().Database+" set default_transaction_read_only = on")
		if status := mustStatus(t, m); status.Count(schema.Applied) != len(status.Migrations) || status.OldestSupported < 1 {
			t.Errorf("got %+v, want all applied", status)
		}
	})
}
