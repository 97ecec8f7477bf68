package schema_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

// fault 33: no table grows for ever without anybody having said so. Each table is
// listed in docs/limits.md with what bounds it, in both languages.
func TestEveryTableSaysWhatBoundsIt(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	mustUp(t, newMigrator(t, schema.Options{URL: url}))
	want := list(t, connect(t, url), ours+`select name from our_relation where relkind in ('r', 'p') order by name collate "C"`)
	for page, heading := range map[string]string{"limits.md": "## What bounds each table", "limits.zh-CN.md": "## 每张表的大小由什么限制"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("../../docs/" + page)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, boundedTables(string(text), heading)); diff != "" {
				t.Errorf("docs/%s must say of each table what bounds its size (want -, got +)\n%s", page, diff)
			}
		})
	}
}

// boundedTables are the tables named in the first column of the section's rows
// that say something in the second, sorted.
func boundedTables(text, heading string) []string {
	section := regexp.MustCompile(`(?s)\n` + regexp.QuoteMeta(heading) + `\n(.*?)(\n## |$)`).FindStringSubmatch(text)
	if section == nil {
		return nil
	}
	var tables []string
	for _, row := range regexp.MustCompile(`(?m)^\| (.+?) \| .*\S.* \|$`).FindAllStringSubmatch(section[1], -1) {
		for _, name := range regexp.MustCompile("`([a-z_]+\\.[a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			tables = append(tables, name[1])
		}
	}
	slices.Sort(tables)
	return tables
}
