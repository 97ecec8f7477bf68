package schema

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
)

// program is one that knows migrations 1, 2, 4 and 5.
var program = []migration{
	{version: 1, name: "00001_a.sql"},
	{version: 2, name: "00002_b.sql"},
	{version: 4, name: "00004_d.sql"},
	{version: 5, name: "00005_e.sql"},
}

func TestFit(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name    string
		applied []int64
		oldest  int64
		want    error // nil for a program that may run
		code    fault.Code
		says    []string
		advises string
	}{
		{name: "all_applied_is_let_pass", applied: []int64{1, 2, 4, 5}, oldest: 1},
		{
			name: "none_applied_has_no_schema_yet",
			want: ErrNoSchema, code: fault.SchemaBehind,
			says: []string{"no schema yet", `"shop"`}, advises: "pandian migrate up",
		},
		{
			name: "some_applied_is_behind", applied: []int64{1, 2}, oldest: 1,
			want: ErrBehind, code: fault.SchemaBehind,
			says: []string{"at migration 2", "needs 5", "2 migrations are pending"}, advises: "pandian migrate up",
		},
		{
			name: "one_pending_is_written_as_one", applied: []int64{1, 2, 4}, oldest: 1,
			want: ErrBehind, code: fault.SchemaBehind,
			says: []string{"1 migration is pending"}, advises: "pandian migrate up",
		},
		{
			name: "a_gap_is_out_of_order", applied: []int64{1, 4, 5}, oldest: 1,
			want: ErrOutOfOrder, code: fault.SchemaBehind,
			says: []string{"00002_b.sql", "5"}, advises: "migrate down --to 1",
		},
		{name: "a_newer_schema_that_supports_the_program_is_let_pass", applied: []int64{1, 2, 4, 5, 6, 7}, oldest: 5},
		{
			name: "a_newer_schema_that_does_not_is_ahead", applied: []int64{1, 2, 4, 5, 6, 7}, oldest: 6,
			want: ErrAhead, code: fault.SchemaAhead,
			says: []string{"at migration 7", "up to 5", "from migration 6 on"}, advises: "migrate down --to 5",
		},
		{
			name: "a_newer_schema_that_is_silent_is_ahead", applied: []int64{1, 2, 4, 5, 6},
			want: ErrAhead, code: fault.SchemaAhead,
			says: []string{"does not say"}, advises: "knows migration 6",
		},
		{name: "a_foreign_version_does_not_stop_the_program", applied: []int64{1, 2, 3, 4, 5}, oldest: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			applied := map[int64]time.Time{}
			for _, version := range c.applied {
				applied[version] = time.Unix(version, 0)
			}
			err := fitOf(program, applied, c.oldest).gate("shop")
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want == nil {
				return
			}
			got := fault.From(err)
			if got.Code != c.code {
				t.Errorf("got code %s, want %s", got.Code, c.code)
			}
			for _, words := range c.says {
				if !strings.Contains(got.Message, words) {
					t.Errorf("got %q, want it to say %q", got.Message, words)
				}
			}
			if !strings.Contains(got.Suggestion, c.advises) {
				t.Errorf("got advice %q, want it to say %q", got.Suggestion, c.advises)
			}
		})
	}
}

func TestMigrationStatus(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0)
	f := fitOf(program, map[int64]time.Time{1: at, 3: at, 4: at, 9: at}, 1)
	var got []string
	for _, row := range migrationStatus(program, f) {
		note := ""
		if row.Note != "" {
			note = "!"
		}
		got = append(got, string(row.State)+note)
		if (row.State == Pending) != row.AppliedAt.IsZero() {
			t.Errorf("version %d is %s and was applied at %s", row.Version, row.State, row.AppliedAt)
		}
	}
	// Versions 1, 2, 3, 4, 5 and 9.
	want := "applied pending! foreign! applied pending! missing!"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}
