package schema

import (
	"testing"
	"testing/fstest"
)

func TestReadMigrations(t *testing.T) {
	t.Parallel()

	t.Run("cuts_a_file_into_why_up_and_down", func(t *testing.T) {
		t.Parallel()
		m := parseMigration(7, "00007_add.sql", "-- Why.\n\n-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd\n\n-- +goose Down\nselect 2;\n")
		want := migration{version: 7, name: "00007_add.sql", why: "-- Why.", up: "-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd", down: "select 2;"}
		if m != want {
			t.Errorf("got %+v, want %+v", m, want)
		}
	})

	for _, c := range []struct{ name, text, irreversible string }{
		{"a_down_part_is_a_way_back", "-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n", ""},
		{"no_down_part_is_irreversible", "-- +goose Up\nselect 1;\n", "it has no down part"},
		{"a_down_part_of_comments_is_irreversible", "-- +goose Up\nselect 1;\n-- +goose Down\n-- Later.\n", "it has no down part"},
		{"a_file_says_so_with_a_reason", "-- +goose Up\ndrop table t;\n-- +goose Down\n-- Irreversible: the rows\n-- are gone.\n", "the rows are gone."},
		{"the_word_wins_over_a_down_part", "-- irreversible, data is lost\n-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n", "data is lost"},
		{"the_word_inside_a_sentence_says_nothing", "-- This is not irreversible.\n-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := parseMigration(1, "00001_x.sql", c.text).irreversible; got != c.irreversible {
				t.Errorf("got %q, want %q", got, c.irreversible)
			}
		})
	}

	t.Run("sees_what_runs_outside_a_transaction", func(t *testing.T) {
		t.Parallel()
		if !parseMigration(1, "00001_x.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nselect 1;\n").noTransaction {
			t.Error("got a migration in a transaction")
		}
	})

	for name, fsys := range map[string]fstest.MapFS{
		"no_files_are_an_error":            {},
		"a_name_without_number_is_refused": {"create.sql": {}},
		"two_files_of_one_number_are_refused": {
			"00001_a.sql": {Data: []byte("-- +goose Up\n")},
			"1_b.sql":     {Data: []byte("-- +goose Up\n")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(Options{Migrations: fsys}); err == nil {
				t.Error("got no error")
			}
		})
	}
}
