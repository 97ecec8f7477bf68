package terminal_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"golang.org/x/text/width"

	"pandian/internal/terminal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// discrepancies is a table with Chinese of all widths.
func discrepancies() terminal.Table {
	beijing := time.FixedZone("", 8*60*60)
	return terminal.Table{
		Title: "worst differences (差异)",
		Columns: []terminal.Column{
			{Key: "delta_qty", Title: "差", Kind: terminal.Number},
			{Key: "warehouse", Title: "仓库"},
			{Key: "sku_code", Title: "SKU"},
			{Key: "source_qty", Title: "旺店通", Kind: terminal.Number},
			{Key: "counterpart_qty", Title: "YonSuite", Kind: terminal.Number},
			{Key: "first_seen_at", Title: "first seen"},
		},
		Rows: [][]any{
			{decimal.RequireFromString("-120.5000"), "上海主仓（一期）", "G001-红", decimal.RequireFromString("9007199254740993.000001"), decimal.RequireFromString("0"), time.Date(2024, 2, 29, 9, 30, 0, 0, beijing)},
			{7, "WH01", "“引号”…①", nil, int64(7), nil},
			{decimal.RequireFromString("0.1"), "ＡＢＣ全角", "emoji 📦", "", nil, time.Time{}},
		},
		Footer: []any{decimal.RequireFromString("-113.4"), "合计", 3, nil, nil, nil},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	fancy := terminal.Style{Terminal: true, Fancy: true}

	t.Run("in ASCII", func(t *testing.T) {
		t.Parallel()
		golden(t, "table_ascii.txt", discrepancies().Render(terminal.Style{}))
	})

	t.Run("on a terminal", func(t *testing.T) {
		t.Parallel()
		golden(t, "table_fancy.txt", discrepancies().Render(fancy))
	})

	t.Run("every line takes the same number of cells", func(t *testing.T) {
		t.Parallel()
		for _, style := range []terminal.Style{{}, fancy} {
			rendered := discrepancies().Render(style)
			lines := strings.Split(strings.TrimSuffix(rendered, "\n"), "\n")[1:]
			for _, line := range lines {
				if got, want := cells(line), cells(lines[0]); got != want {
					t.Errorf("got %d cells, want %d: %s", got, want, line)
				}
			}
		}
	})

	t.Run("control characters of the data cannot reach the terminal", func(t *testing.T) {
		t.Parallel()
		table := terminal.Table{
			Columns: []terminal.Column{{Key: "name"}},
			Rows:    [][]any{{"a\x1b[2Jb\x07c\u202ed\nsecond\tline\u009bx" + "\xff"}},
		}
		got := table.Render(terminal.Style{})
		if strings.ContainsAny(got, "\x1b\x07\u202e\u009b\t") || strings.Count(got, "\n") != 5 {
			t.Errorf("got %q, want visible escapes on one line", got)
		}
		if !strings.Contains(got, `a\u001b[2Jb\u0007c\u202ed second line`) {
			t.Errorf("got %s, want the escapes to be readable", got)
		}
	})

	t.Run("without rows it says so", func(t *testing.T) {
		t.Parallel()
		got := terminal.Table{Title: "differences", Empty: "none, both sides agree"}.Render(terminal.Style{})
		if want := "differences: none, both sides agree\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A Chinese locale makes some libraries count “ and … as two cells.
func TestTablesAlignUnderAChineseLocaleToo(t *testing.T) {
	t.Parallel()
	command := exec.Command(os.Args[0], "-test.run=^TestTable$", "-test.count=1")
	command.Env = append(os.Environ(), "LC_ALL=zh_CN.UTF-8", "LANG=zh_CN.UTF-8", "RUNEWIDTH_EASTASIAN=1")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"abc": 3, "中文": 4, "ＡＢ": 4, "\x1b[31m中\x1b[0m": 2, "“…”": 3, "─": 1, "": 0} {
		if got := terminal.Width(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

// cells counts terminal cells without the library that draws the tables.
func cells(line string) int {
	total := 0
	for _, r := range line {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			total += 2
		default:
			total++
		}
	}
	return total
}
