package terminal

import (
	"strings"
	"testing"
)

func TestAWideTableIsWrappedToTheTerminal(t *testing.T) {
	t.Parallel()
	table := Table{
		Columns: []Column{{Key: "qty", Kind: Number}, {Key: "warehouse"}, {Key: "reason"}},
		Rows: [][]any{
			{"12345678901234567890", "上海市浦东新区张江高科技园区一号仓库", "several specs meet one row of the counterpart, so the figure cannot be told"},
			{"1", "b", "c"},
		},
	}
	for _, limit := range []int{60, 80, 100} {
		style := Style{Terminal: true, Fancy: true, width: func() int { return limit }}
		rendered := table.Render(style)
		for line := range strings.Lines(rendered) {
			if got := Width(line); got > limit {
				t.Errorf("got %d cells, want at most %d: %s", got, limit, line)
			}
		}
		if !strings.Contains(rendered, "12345678901234567890") {
			t.Errorf("a number was broken:\n%s", rendered)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line  string
		limit int
		want  string
	}{
		"a line that fits":                     {"short", 10, "short"},
		"a wide character never stands over":   {"上海市浦东新区", 5, "上海\n市浦\n东新\n区"},
		"a space in the second half is chosen": {"the figure cannot be told", 12, "the figure\ncannot be\ntold"},
		"a space just after the edge":          {"abcde fghij", 5, "abcde\nfghij"},
		"a long word is broken":                {"a bcdefghijklm", 6, "a bcde\nfghijk\nlm"},
		"nothing":                              {"", 6, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wrap(c.line, c.limit); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
