package schema_test

import (
	"errors"
	"testing"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

func TestDown(t *testing.T) {
	t.Parallel()

	t.Run("takes_back_the_newest_steps_or_all_above_a_version", func(t *testing.T) {
		t.Parallel()
		m := newMigrator(t, schema.Options{URL: pgtest.Empty(t), Migrations: files(three())})
		mustUp(t, m)
		result, err := m.Down(t.Context(), 1)
		if err != nil || len(result.Migrations) != 1 || result.Migrations[0].Version != 3 {
			t.Fatalf("one step: got %+v and %v, want migration 3", result, err)
		}
		result, err = m.DownTo(t.Context(), 0)
		if err != nil || len(result.Migrations) != 2 || result.Migrations[0].Version != 2 {
			t.Fatalf("to 0: got %+v and %v, want migrations 2 and 1", result, err)
		}
		result, err = m.Down(t.Context(), 5)
		if err != nil || len(result.Migrations) != 0 {
			t.Errorf("of nothing: got %+v and %v, want nothing", result, err)
		}
		mustUp(t, m)
	})

	t.Run("drops_functions_and_views_first_and_up_makes_them_again", func(t *testing.T) {
		t.Parallel()
		m := newMigrator(t, schema.Options{URL: pgtest.Empty(t)})
		all := len(mustUp(t, m).Replaced)
		result, err := m.Down(t.Context(), 1)
		if err != nil || len(result.Dropped) != all {
			t.Fatalf("got %d dropped and %v, want %d", len(result.Dropped), err, all)
		}
		if again := mustUp(t, m); len(again.Migrations) != 1 || len(again.Replaced) != all {
			t.Errorf("got %d migrations and %d functions and views, want 1 and %d", len(again.Migrations), len(again.Replaced), all)
		}
	})

	t.Run("names_what_people_built_on_a_view_and_touches_nothing", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		m := newMigrator(t, schema.Options{URL: url})
		mustUp(t, m)
		exec(t, connect(t, url), "create view public.mine as select from report.discrepancy")
		_, err := m.DownTo(t.Context(), 0)
		wantFault(t, err, fault.MigrationFailed, "report_discrepancy", "view mine depends on view report.discrepancy", "nothing was rolled back")
		if status := mustStatus(t, m); status.Count(schema.Applied) != len(status.Migrations) || status.Outdated() != 0 {
			t.Errorf("got %d of %d applied and %d outdated", status.Count(schema.Applied), len(status.Migrations), status.Outdated())
		}
	})

	t.Run("refuses_the_irreversible_before_it_takes_back_anything", func(t *testing.T) {
		t.Parallel()
		texts := with(three(), "00002_create_shelf.sql", "-- irreversible: the shelves are gone.\n-- +goose Up\ncreate table shop.shelf (n int);\n")
		m := newMigrator(t, schema.Options{URL: pgtest.Empty(t), Migrations: files(texts)})
		mustUp(t, m)
		_, err := m.DownTo(t.Context(), 0)
		wantFault(t, err, fault.MigrationFailed, "00002_create_shelf.sql", "the shelves are gone", "nothing was rolled back")
		if !errors.Is(err, schema.ErrIrreversible) {
			t.Errorf("got %v, want %v", err, schema.ErrIrreversible)
		}
		if got := mustStatus(t, m).Count(schema.Applied); got != 3 {
			t.Errorf("got %d applied, want 3", got)
		}
		if _, err := m.Down(t.Context(), 1); err != nil {
			t.Errorf("one step, which is above it: %v", err)
		}
	})

	t.Run("refuses_what_a_newer_program_applied", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		newer := with(three(), "00004_create_bag.sql", "-- +goose Up\ncreate table shop.bag (n int);\n-- +goose Down\ndrop table shop.bag;\n")
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(newer)}))
		_, err := newMigrator(t, schema.Options{URL: url, Migrations: files(three())}).Down(t.Context(), 1)
		if !errors.Is(err, schema.ErrAhead) {
			t.Errorf("got %v, want %v", err, schema.ErrAhead)
		}
	})

	for name, down := range map[string]func(*schema.Migrator) error{
		"no_steps":           func(m *schema.Migrator) error { _, err := m.Down(t.Context(), 0); return err },
		"a_negative_version": func(m *schema.Migrator) error { _, err := m.DownTo(t.Context(), -1); return err },
	} {
		t.Run("refuses_"+name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, down(newMigrator(t, schema.Options{Migrations: files(three())})), fault.UsageWrong)
		})
	}
}
