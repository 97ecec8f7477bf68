package schema_test

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

// rightsText is what each role may do, as people decided. A new table needs a
// line, and nothing writes it but a person.
//
//go:embed testdata/rights.txt
var rightsText string

// roles are those of the rights, in the order of their columns.
func roles() []string {
	return []string{"pandian_extract", "pandian_transform", "pandian_load", "pandian_operator", "pandian_analyst"}
}

// Every role tries every verb on every table and view there is; what is let
// through must be what testdata/rights.txt says, and nothing else.
func TestRights(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	mustUp(t, newMigrator(t, schema.Options{URL: url}))
	conn := connect(t, url)
	decided := decisions(t)

	t.Run("on_tables_and_views", func(t *testing.T) {
		seen := map[string]bool{}
		for _, name := range list(t, conn, ours+`select name from our_relation where nspname <> 'pandian' order by name`) {
			var got []string
			for _, role := range roles() {
				got = append(got, tried(t, conn, role, name))
			}
			seen[name] = true
			want, ok := decided["table "+name]
			if line := strings.Join(got, " "); !ok {
				t.Errorf("nobody decided on %[1]s; if it is meant so, write into testdata/rights.txt:\ntable %[1]s %[2]s", name, line)
			} else if line != want {
				t.Errorf("%s\n got %s\nwant %s", name, line, want)
			}
		}
		for what := range decided {
			if name, ok := strings.CutPrefix(what, "table "); ok && !seen[name] {
				t.Errorf("there is no %s any more", name)
			}
		}
	})

	t.Run("on_functions_with_the_rights_of_their_owner", func(t *testing.T) {
		seen := map[string]bool{}
		for _, name := range list(t, conn, `
			select format('%s.%s', pronamespace::regnamespace, proname)
			from pg_proc
			where prosecdef and pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
			group by 1
			order by 1`) {
			var got []string
			for _, role := range append(roles(), "public") {
				got = append(got, scan[string](t, conn, `
					select case when bool_or(has_function_privilege($2, oid, 'execute')) then 'x' else '-' end
					from pg_proc
					where format('%s.%s', pronamespace::regnamespace, proname) = $1`, name, role))
			}
			seen[name] = true
			want, ok := decided["function "+name]
			if line := strings.Join(got, " "); !ok {
				t.Errorf("nobody decided on %[1]s; if it is meant so, write into testdata/rights.txt:\nfunction %[1]s %[2]s", name, line)
			} else if line != want {
				t.Errorf("%s\n got %s\nwant %s", name, line, want)
			}
		}
		for what := range decided {
			if name, ok := strings.CutPrefix(what, "function "); ok && !seen[name] {
				t.Errorf("there is no %s any more", name)
			}
		}
	})

	t.Run("on_columns_of_tables_that_hold_what_is_private", func(t *testing.T) {
		got := map[string]string{}
		rows, err := conn.Query(t.Context(), ours+`
			select our_relation.name, string_agg(pg_attribute.attname::text, ',' order by pg_attribute.attname::text collate "C")
			from our_relation
			inner join pg_attribute on pg_attribute.attrelid = our_relation.oid
			where
				pg_attribute.attnum > 0
				and not pg_attribute.attisdropped
				and has_any_column_privilege('pandian_analyst', our_relation.oid, 'select')
				and not has_column_privilege('pandian_analyst', our_relation.oid, pg_attribute.attnum, 'select')
			group by our_relation.name`)
		if err != nil {
			t.Fatal(err)
		}
		var name, columns string
		if _, err := pgx.ForEachRow(rows, []any{&name, &columns}, func() error { got[name] = columns; return nil }); err != nil {
			t.Fatal(err)
		}
		for what, want := range decided {
			name, ok := strings.CutPrefix(what, "hidden ")
			if ok && got[name] != want {
				t.Errorf("hidden from analysts in %s\n got %s\nwant %s", name, got[name], want)
			}
		}
		for name, columns := range got {
			if _, ok := decided["hidden "+name]; !ok {
				t.Errorf("nobody decided on the columns of %[1]s; if it is meant so, write into testdata/rights.txt:\nhidden %[1]s %[2]s", name, columns)
			}
		}
	})

	t.Run("on_private_columns_no_reader_has_one", func(t *testing.T) {
		for _, column := range list(t, conn, ours+`
			select format('%s may read %s of %s', role, pg_attribute.attname, our_relation.name)
			from our_relation
			inner join pg_attribute on pg_attribute.attrelid = our_relation.oid
			cross join unnest(array['pandian_operator', 'pandian_analyst']) as role
			where
				our_relation.relkind in ('r', 'p')
				and pg_attribute.attnum > 0
				and ops.is_private_column(our_relation.nspname, split_part(our_relation.name, '.', 2), pg_attribute.attname)
				and has_column_privilege(role, our_relation.oid, pg_attribute.attnum, 'select')`) {
			t.Error(column)
		}
	})

	t.Run("on_partitions_and_everything_else_there_is_none", func(t *testing.T) {
		exec(t, conn, "select ops.make_id_partitions('outbox.document', 1, 5000000), ops.make_day_partitions('staging.page', '2026-01-01', '2026-01-02')")
		exec(t, conn, "select ops.grant_roles()") // as the next migration does
		for _, place := range list(t, conn, `
			select format('%s may read the partition %s', role, pg_class.oid::regclass)
			from pg_class
			cross join unnest($1::text[]) as role
			where relispartition and relkind = 'r' and has_any_column_privilege(role, pg_class.oid, 'select')
			union all
			select format('%s may truncate, refer to or trigger on %s', role, pg_class.oid::regclass)
			from pg_class
			cross join unnest($1::text[]) as role
			where
				relkind in ('r', 'p')
				and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
				and has_table_privilege(role, pg_class.oid, 'truncate, references, trigger')
			union all
			select format('%s may make things in %s', role, nspname)
			from pg_namespace
			cross join unnest($1::text[]) as role
			where nspname !~ '^(pg_|information_schema|public)' and has_schema_privilege(role, pg_namespace.oid, 'create')`, roles()) {
			t.Error(place)
		}
	})

	t.Run("that_were_given_by_hand_or_by_an_older_release_go", func(t *testing.T) {
		exec(t, conn, "grant all on outbox.document, staging.page, wdt.shop to pandian_analyst")
		exec(t, conn, "grant select (sealed) on ops.credential to pandian_analyst")
		exec(t, conn, "select ops.grant_roles()")
		for _, name := range []string{"outbox.document", "staging.page", "wdt.shop", "ops.credential"} {
			var got []string
			for _, role := range roles() {
				got = append(got, tried(t, conn, role, name))
			}
			if line := strings.Join(got, " "); line != decided["table "+name] {
				t.Errorf("%s: got %s, want %s", name, line, decided["table "+name])
			}
		}
		if scan[bool](t, conn, "select has_column_privilege('pandian_analyst', 'ops.credential', 'sealed', 'select')") {
			t.Error("the column of ops.credential can still be read")
		}
	})

	t.Run("are_the_same_after_granting_twice", func(t *testing.T) {
		acl := `select string_agg(format('%s %s', oid::regclass, relacl), ' ' order by oid) from pg_class where relacl is not null`
		before := scan[string](t, conn, acl)
		exec(t, conn, "select ops.grant_roles()")
		if after := scan[string](t, conn, acl); after != before {
			t.Errorf("got  %s\nwant %s", after, before)
		}
	})
}

// decisions reads testdata/rights.txt by what each line is about.
func decisions(t *testing.T) map[string]string {
	t.Helper()
	decided := map[string]string{}
	for line := range strings.Lines(rightsText) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		what := words[0] + " " + words[1]
		if _, twice := decided[what]; twice {
			t.Errorf("%s is decided twice", what)
		}
		decided[what] = strings.Join(words[2:], " ")
	}
	return decided
}

// tried lists what a role is let do with a table or view: select (on all of it, or
// on columns), insert, update, delete, by their first letters. Nothing is changed:
// Postgres asks for the rights before it explains a plan, too.
func tried(t *testing.T, conn *pgx.Conn, role, name string) string {
	t.Helper()
	columns := list(t, conn, `
		select quote_ident(attname)
		from pg_attribute
		where attrelid = $1::regclass and attnum > 0 and not attisdropped
		order by attnum`, name)
	column := columns[len(columns)-1] // the first may be an identity
	var allowed strings.Builder
	for _, attempt := range []struct{ letter, statement string }{
		{"s", "select to_json(row) from %[1]s as row"},
		{"i", "insert into %[1]s default values"},
		{"u", "update %[1]s set %[2]s = default"},
		{"d", "delete from %[1]s"},
	} {
		switch refused := attempted(t, conn, role, fmt.Sprintf(attempt.statement, name, column)); {
		case refused == nil:
			allowed.WriteString(attempt.letter)
		case attempt.letter == "s" && slices.ContainsFunc(columns, func(column string) bool {
			return attempted(t, conn, role, fmt.Sprintf("select %s from %s", column, name)) == nil
		}):
			allowed.WriteString("c")
		}
	}
	if allowed.Len() == 0 {
		return "-"
	}
	return allowed.String()
}

// attempted explains a statement as a role; the error is that of a right that is
// missing.
func attempted(t *testing.T, conn *pgx.Conn, role, statement string) error {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "set local role "+role+"; explain "+statement)
		return err
	})
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Code == "42501": // insufficient_privilege
		return err
	case errors.As(err, &refused) && (refused.Code == "55000" || refused.Code == "0A000"): // a view that cannot be written
		return err
	default:
		t.Fatalf("%s as %s: %v", statement, role, err)
		return err
	}
}
