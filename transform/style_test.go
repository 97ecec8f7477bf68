package transform_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// maxLines is how long a file may be, not counting lines that only name a
// column: a table of thirty columns names each five times.
const maxLines = 420

var columnLine = regexp.MustCompile(`^\s+[a-z_]+(\.[a-z_]+)?( (text|numeric))?( = excluded\.[a-z_]+)?,?$`)

// TestStyle holds the files of sql/ to the style that is checked by eye
// elsewhere.
func TestStyle(t *testing.T) {
	t.Parallel()
	for _, file := range loadLibrary(t).Files() {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			statements := codeOf(file.Text)
			for number, line := range strings.Split(statements, "\n") {
				if strings.ContainsFunc(line, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
					t.Errorf("line %d: keywords and names are lower case: %s", number+1, line)
				}
				if strings.Contains(line, "\t") {
					t.Errorf("line %d: indent with blanks: %q", number+1, line)
				}
			}
			for _, problem := range starProblems(statements) {
				t.Error(problem)
			}
			lines := 0
			for line := range strings.Lines(file.Text) {
				if !columnLine.MatchString(strings.TrimRight(line, "\n")) {
					lines++
				}
			}
			if lines > maxLines {
				t.Errorf("%d lines besides its columns, want at most %d", lines, maxLines)
			}
			if !strings.HasSuffix(file.Text, "\n") || strings.Contains(file.Text, "\r") {
				t.Error("want lines that end in a newline")
			}
		})
	}
}

var (
	star = regexp.MustCompile(`([a-z_]+\.)?\*(\s*,|\s*\n|\s*$)`)
	// A name whose columns are spelled out in the same file: a CTE, a temporary
	// table, the records of a page, or a row of the very table it goes into.
	spelled = regexp.MustCompile(`(?:^|[\s,])([a-z_]+) as (?:materialized )?\(|create temporary table ([a-z_]+)|as ([a-z_]+) \(|(?:jsonb_populate_record|pg_temp\.read_[a-z_]+)\((?s:.*?)\n\) as ([a-z_]+)`)
)

// starProblems holds the rule about *: never of a table or a view, whose
// columns come and go, but of what this very file spelled out just above.
func starProblems(statements string) []string {
	named := map[string]bool{}
	for _, match := range spelled.FindAllStringSubmatch(statements, -1) {
		for _, name := range match[1:] {
			named[name] = true
		}
	}
	var problems []string
	for _, match := range star.FindAllStringSubmatch(statements, -1) {
		of := strings.TrimSuffix(match[1], ".")
		if of == "" || !named[of] {
			problems = append(problems, fmt.Sprintf("%s: name the columns; * is for what the same file spells out", strings.TrimSpace(match[0])))
		}
	}
	return problems
}
