package schema_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
	"pandian/migrations"
)

// ours lists the tables, views and partitioned tables that a law is about, but
// not the single partitions.
const ours = `
	with our_relation as (
		select
			pg_class.oid,
			pg_class.relkind,
			pg_namespace.nspname,
			format('%s.%s', pg_namespace.nspname, pg_class.relname) as name
		from pg_catalog.pg_class
		inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
		where
			pg_namespace.nspname !~ '^pg_'
			and pg_namespace.nspname not in ('information_schema', 'public')
			and pg_class.relkind in ('r', 'p', 'v', 'm')
			and not pg_class.relispartition
	)`

// withoutConnection are the tables that hold no merchant's data in bulk, and
// why each may live without connection_code in its key.
var withoutConnection = map[string]string{
	"pandian.goose_db_version": "one row per migration",
	"ops.schema_support":       "one row",
	"ops.sql_object":           "one row per file of sql/",
	"ops.pipeline":             "one row per pipeline; it may read several connections",
	"ops.pipeline_source":      "a few rows per pipeline; connection_code is in its key all the same",
	"ops.run":                  "one row per run; a run may read several connections",
	"ops.step_run":             "a few rows per run",
	"ops.step_input":           "a few rows per run",
	"ops.tally":                "a few rows per run",
	"ops.finding":              "a few rows per run",
	"ops.history":              "one row per kind of history",
	"ops.removed_run":          "six rows per pipeline",
	"ops.private_field":        "one row per name of a field",
	"ops.database_identity":    "one row per restore",
	"ops.job":                  "one or two rows per pipeline; it may read several connections",
	"ops.job_fire":             "one row per fire of a pipeline",
	"ref.warehouse_map":        "kept by people; belongs to two connections",
	"ref.sku_map":              "kept by people; belongs to two connections",
	"ref.ignore_rule":          "kept by people; belongs to a pipeline",
	"ref.shop_map":             "kept by people; belongs to two connections",
	"ref.payload_field":        "kept by people; belongs to a pipeline",
	"ops.rate_limit":           "one row per credential, which several connections may share",
	"outbox.archive_range":     "one row per partition of the outbox, which holds documents of several connections",
}

func TestLaws(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	m := newMigrator(t, schema.Options{URL: url})
	mustUp(t, m)
	conn := connect(t, url)

	for _, law := range []struct{ name, breakers string }{
		{
			"every_schema_table_and_function_has_a_comment",
			`select name
			from our_relation
			where obj_description(oid, 'pg_class') is null
			union all
			select format('schema %s', nspname)
			from pg_catalog.pg_namespace
			where
				nspname in (select our_relation.nspname from our_relation)
				and obj_description(oid, 'pg_namespace') is null
			union all
			select pg_proc.oid::regprocedure::text
			from pg_catalog.pg_proc
			where
				pronamespace::regnamespace::text in (select our_relation.nspname from our_relation)
				and obj_description(oid, 'pg_proc') is null`,
		},
		{
			"every_column_of_a_table_has_a_comment",
			`select format('%s.%s', our_relation.name, pg_attribute.attname)
			from our_relation
			inner join pg_catalog.pg_attribute on pg_attribute.attrelid = our_relation.oid
			where
				our_relation.relkind in ('r', 'p')
				and pg_attribute.attnum > 0
				and not pg_attribute.attisdropped
				and coalesce(btrim(col_description(our_relation.oid, pg_attribute.attnum)), '') = ''`,
		},
		{
			"no_unique_index_crosses_connections",
			`select pg_index.indexrelid::regclass::text
			from our_relation
			inner join pg_catalog.pg_index on pg_index.indrelid = our_relation.oid
			where
				pg_index.indisunique
				and not our_relation.name = any ($1)
				and not exists (
					select
					from pg_catalog.pg_attribute
					where
						pg_attribute.attrelid = our_relation.oid
						and pg_attribute.attnum = any (pg_index.indkey)
						and pg_attribute.attname = 'connection_code'
				)`,
		},
		{
			// A change feed has no key at all: it is only ever appended to. Those of
			// outbox and report that end the same are no feeds but findings for people.
			"every_big_table_has_connection_code_in_its_primary_key",
			`select our_relation.name
			from our_relation
			where
				our_relation.relkind in ('r', 'p')
				and (our_relation.name !~ '_change$' or our_relation.name ~ '^(outbox|report)[.]')
				and not our_relation.name = any ($1)
				and not exists (
					select
					from pg_catalog.pg_constraint
					inner join pg_catalog.pg_attribute
						on
							pg_attribute.attrelid = pg_constraint.conrelid
							and pg_attribute.attnum = any (pg_constraint.conkey)
					where
						pg_constraint.conrelid = our_relation.oid
						and pg_constraint.contype = 'p'
						and pg_attribute.attname = 'connection_code'
				)`,
		},
		{
			"every_big_table_has_connection_code_which_is_not_null",
			`select our_relation.name
			from our_relation
			where
				our_relation.relkind in ('r', 'p')
				and not our_relation.name = any ($1)
				and not exists (
					select
					from pg_catalog.pg_attribute
					where
						pg_attribute.attrelid = our_relation.oid
						and pg_attribute.attname = 'connection_code'
						and pg_attribute.attnotnull
				)`,
		},
		{
			"every_change_feed_is_partitioned_by_time",
			`select name
			from our_relation
			where
				name ~ '_change$'
				and name !~ '^(outbox|report)[.]'
				and coalesce(pg_get_partkeydef(oid), '') not like 'RANGE (%_at)'`,
		},
		{
			"no_foreign_key_crosses_connections",
			`select format('%s on %s', pg_constraint.conname, our_relation.name)
			from our_relation
			inner join pg_catalog.pg_constraint on pg_constraint.conrelid = our_relation.oid
			where
				pg_constraint.contype = 'f'
				and pg_get_constraintdef(pg_constraint.oid) !~ 'FOREIGN KEY \(.*\yconnection_code\y.*\) REFERENCES .*\(.*\yconnection_code\y.*\)'`,
		},
		{
			"an_exception_is_a_table_that_exists",
			`select listed.name
			from unnest($1::text[]) as listed (name)
			where listed.name not in (select our_relation.name from our_relation)`,
		},
	} {
		t.Run(law.name, func(t *testing.T) {
			var args []any
			if strings.Contains(law.breakers, "$1") {
				args = append(args, exceptions())
			}
			for _, breaker := range list(t, conn, ours+law.breakers, args...) {
				t.Error(breaker)
			}
		})
	}

	t.Run("every_constraint_is_named_by_its_author", func(t *testing.T) {
		written := upSections(t)
		for _, name := range list(t, conn, ours+`
			select distinct pg_constraint.conname::text
			from our_relation
			inner join pg_catalog.pg_constraint on pg_constraint.conrelid = our_relation.oid
			where
				pg_constraint.contype <> 'n'
				and our_relation.nspname <> 'pandian'`) {
			if !strings.Contains(written, "constraint "+name+" ") {
				t.Errorf("%s: no migration says \"constraint %s\"", name, name)
			}
		}
	})

	t.Run("the_schema_supports_its_own_program", func(t *testing.T) {
		if oldest := mustStatus(t, m).OldestSupported; oldest < 1 || oldest > m.Newest() {
			t.Errorf("got oldest_supported_version %d, want 1 to %d", oldest, m.Newest())
		}
	})
}

func exceptions() []string {
	var names []string
	for name := range withoutConnection {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func list(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// upSections is all that goose runs on the way up, comments included.
func upSections(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	eachMigration(t, func(_, text string) {
		up, _, _ := strings.Cut(text, "-- +goose Down")
		b.WriteString(up)
	})
	return b.String()
}

func eachMigration(t *testing.T, do func(name, text string)) {
	t.Helper()
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		do(name, string(text))
	}
}

func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	eachMigration(t, func(name, text string) {
		t.Run(strings.TrimSuffix(name, ".sql"), func(t *testing.T) {
			t.Parallel()
			if strings.Index(name, "_") != 5 {
				t.Error("its name does not begin with five digits")
			}
			if !strings.HasPrefix(text, "-- ") || strings.HasPrefix(text, "-- +goose") {
				t.Error("it does not open with why")
			}
			if !strings.Contains(text, "\n-- +goose Up\n") {
				t.Error("it has no up part")
			}
			_, down, _ := strings.Cut(text, "-- +goose Down\n")
			if !strings.Contains(down, ";") && !strings.Contains(strings.ToLower(text), "-- irreversible") {
				t.Error("it has no down part and does not say irreversible")
			}
			concurrently := strings.Contains(text, " concurrently ")
			if concurrently != strings.Contains(text, "\n-- +goose NO TRANSACTION\n") {
				t.Error("concurrently and NO TRANSACTION go together")
			}
			up, _, _ := strings.Cut(text, "-- +goose Down\n")
			if concurrently && strings.Count(up, ";") > 1 {
				t.Error("create index concurrently does not stand alone")
			}
			if concurrently && strings.Contains(text, "concurrently if not exists") {
				t.Error("if not exists would keep the invalid index of an interrupted attempt; up drops it without")
			}
		})
	})
}
