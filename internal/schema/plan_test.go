package schema_test

import (
	"strings"
	"testing"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

func TestPlan(t *testing.T) {
	t.Parallel()

	t.Run("of_an_empty_database_is_what_up_does_and_touches_nothing", func(t *testing.T) {
		t.Parallel()
		planned, upped := pgtest.Empty(t), pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: planned})
		plan, err := m.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conn := connect(t, planned)
		if got := scan[int64](t, conn, "select count(*) from pg_class where relnamespace >= 16384"); got != 0 {
			t.Errorf("it made %d relations, want none", got)
		}
		// Run by hand, it makes the same schema.
		exec(t, conn, plan.String())
		other := newMigrator(t, schema.Options{URL: upped})
		mustUp(t, other)
		wantSameSchema(t, dump(t, connect(t, upped)), dump(t, conn))
		if status := mustStatus(t, m); status.Count(schema.Applied) != len(status.Migrations) {
			t.Errorf("by hand: %d of %d migrations are applied", status.Count(schema.Applied), len(status.Migrations))
		}
	})

	t.Run("of_a_current_schema_is_nothing", func(t *testing.T) {
		t.Parallel()
		m := newMigrator(t, schema.Options{URL: pgtest.Empty(t)})
		mustUp(t, m)
		plan, err := m.Plan(t.Context())
		if err != nil || len(plan.Statements) != 0 || !strings.Contains(plan.String(), "nothing, it is up to date") {
			t.Errorf("got %v and\n%s", err, plan)
		}
	})

	t.Run("shows_pending_migrations_as_they_stand_with_their_reason", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(three())}))
		texts := with(three(), "00004_add_index.sql",
			"-- Because people look for n.\n\n-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently shelf_n_idx on shop.shelf (n); -- big\n-- +goose Down\ndrop index shop.shelf_n_idx;\n")
		texts["00005_create_bag.sql"] = "-- +goose Up\ncreate table shop.bag (n int);\n-- +goose Down\ndrop table shop.bag;\n"
		plan, err := newMigrator(t, schema.Options{URL: url, Migrations: files(texts)}).Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(plan.String(), "\n")
		want := `
-- 1. migration 00004_add_index.sql
-- Because people look for n.
-- outside a transaction
set lock_timeout = 0;
create index concurrently shelf_n_idx on shop.shelf (n); -- big
insert into pandian.goose_db_version (version_id, is_applied) values (4, true);

-- 2. migration 00005_create_bag.sql
set lock_timeout = '2000ms';
begin;
create table shop.bag (n int);
insert into pandian.goose_db_version (version_id, is_applied) values (5, true);
commit;
`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})

	t.Run("of_a_database_that_does_not_exist_says_so_and_lists_everything", func(t *testing.T) {
		t.Parallel()
		m := newMigrator(t, schema.Options{URL: absent(t)})
		plan, err := m.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if plan.DatabaseExists || !strings.Contains(plan.String(), `create database "pandian_absent"`) {
			t.Errorf("got %.300s", plan)
		}
		present, err := newMigrator(t, schema.Options{URL: pgtest.Empty(t)}).Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Statements) != len(present.Statements) {
			t.Errorf("got %d steps, want the %d of an empty database", len(plan.Statements), len(present.Statements))
		}
	})
}
