package transform_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"pandian/internal/pgtest"
	"pandian/transform"
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	const good = `-- Stock of Acme,
-- two lines long.
--
-- dataset: acme.stock
-- grain:   SKU
-- reads:   staging.page, ops.run
-- writes:  acme.stock
-- rerun:   safe
-- by hand: begin;
--
-- Note: this is no key.

select 1; -- reads: nothing
`
	t.Run("reads_the_header", func(t *testing.T) {
		t.Parallel()
		got, err := transform.ParseFile("source/acme.sql", good)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "source/acme" || got.Folder != "source" || got.Dataset != "acme.stock" || got.Step() != "source/acme" {
			t.Errorf("got %+v", got)
		}
		if want := "Stock of Acme, two lines long."; got.Title != want {
			t.Errorf("got title %q, want %q", got.Title, want)
		}
		if want := "[staging.page ops.run] [acme.stock]"; fmt.Sprint(got.Reads, got.Writes) != want {
			t.Errorf("got %v %v, want %s", got.Reads, got.Writes, want)
		}
	})

	refused := map[string]struct{ name, text, want string }{
		"without_a_line_that_its_folder_needs": {"source/a.sql", strings.Replace(good, "-- grain:", "-- grian:", 1), `no "grain" line`},
		"without_a_dataset":                    {"source/a.sql", strings.Replace(good, "-- dataset:", "-- data:", 1), `no "dataset" line`},
		"of_a_comparison_without_a_pipeline":   {"compare/a.sql", good, `no "pipeline" line`},
		"of_a_check_without_a_severity":        {"check/a.sql", good, `no "severity" line`},
		"with_an_unknown_severity":             {"check/a.sql", "-- A.\n-- severity: bad\n" + good, "severity"},
		"after_the_first_statement":            {"view/a.sql", "select 1;\n" + good, `no "reads" line`},
	}
	for name, test := range refused {
		t.Run("refuses_a_header_"+name, func(t *testing.T) {
			t.Parallel()
			_, err := transform.ParseFile(test.name, test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "sql/"+test.name) {
				t.Errorf("got error %v, want one with %s and the file", err, test.want)
			}
		})
	}
}

func TestStepsInACircle(t *testing.T) {
	t.Parallel()
	file := func(reads, writes string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"-- A.\n-- pipeline: p\n-- grain: g\n-- reads: %s\n-- writes: %s\n-- rerun: safe\n-- by hand: no\nselect 1;\n", reads, writes))}
	}
	library := load(t, fstest.MapFS{"compare/a.sql": file("c.b", "c.a"), "compare/b.sql": file("c.a", "c.b")})
	_, err := library.Steps("p", nil)
	if err == nil || !strings.Contains(err.Error(), "compare/a, compare/b") {
		t.Errorf("got error %v, want one that names both files", err)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	apply := func(fsys fs.FS) string {
		t.Helper()
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		names, err := load(t, fsys).Apply(t.Context(), conn.Conn())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	view := func(name, query string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"-- A.\n-- reads: nothing\n-- writes: nothing\n-- rerun: safe\ncreate or replace view report.%s as\n%s;\n", name, query))}
	}
	grant := &fstest.MapFile{Data: []byte(`-- A.
-- reads: nothing
-- writes: nothing
-- rerun: safe
create or replace function ops.grant_roles() returns void language sql return null;
`)}
	files := fstest.MapFS{
		"function/grant.sql": grant,
		"view/a.sql":         view("a_later", "select one from report.b_first"),
		"view/b.sql":         view("b_first", "select 1 as one"),
	}
	if got, want := apply(files), "function/grant view/b view/a"; got != want {
		t.Errorf("first: got %q, want %q: each after what it names", got, want)
	}
	if got := apply(files); got != "" {
		t.Errorf("again: got %q, want nothing", got)
	}
	files["view/a.sql"] = view("a_later", "select 'text' as other, one from report.b_first")
	if got, want := apply(files), "view/a"; got != want {
		t.Errorf("with other columns: got %q, want %q", got, want)
	}
	var text string
	if err := pool.QueryRow(t.Context(), "select other from report.a_later").Scan(&text); err != nil || text != "text" {
		t.Errorf("got %q and error %v from the view made again", text, err)
	}
}

func load(t *testing.T, fsys fs.FS) *transform.Library {
	t.Helper()
	library, err := transform.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return library
}
