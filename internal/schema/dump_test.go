package schema_test

import (
	_ "embed"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

var update = flag.Bool("update", false, "write testdata/schema.txt anew")

//go:embed testdata/dump.sql
var dumpSQL string

const dumpHead = `The schema of pandian after pandian migrate up, by the catalogue of Postgres: run
go test ./internal/schema -update
after a change of migrations/, sql/function/ or sql/view/.
`

// dump is the schema as text. It does not depend on the version of Postgres.
func dump(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), dumpSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, line := range lines {
		if !strings.HasPrefix(line, " ") {
			b.WriteString("\n")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func wantSameSchema(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the schemas differ (-want, +got):\n%s", diff)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	m := newMigrator(t, schema.Options{URL: url})
	mustUp(t, m)
	conn := connect(t, url)
	const file = "testdata/schema.txt"
	first := dump(t, conn)

	t.Run("is_the_one_in_testdata", func(t *testing.T) {
		if *update {
			if err := os.WriteFile(file, []byte(dumpHead+first), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wantSameSchema(t, string(want), dumpHead+first)
	})

	t.Run("goes_down_to_nothing_and_up_to_the_same", func(t *testing.T) {
		if _, err := m.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(strings.TrimSpace(dump(t, conn)), "\n\n") {
			if !strings.HasPrefix(block, "schema pandian\n") && !strings.Contains(block, " pandian.") {
				t.Errorf("left after down to 0: %s", block)
			}
		}
		mustUp(t, m)
		wantSameSchema(t, first, dump(t, conn))
	})
}
