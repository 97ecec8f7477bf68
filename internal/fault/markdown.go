package fault

import (
	"fmt"
	"strings"
)

// Markdown returns docs/errors.md: the exit codes, and a section for each code.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Errors and exit codes\n\n")
	b.WriteString("[中文](errors.zh-CN.md)\n\n")
	b.WriteString("Every failure that pandian reports has a code that never changes its meaning, the place where it\n")
	b.WriteString("happened and what to do next. With `--json` they are the fields of `error` in the envelope.\n\n")
	b.WriteString("This page is written from the registry in `internal/fault/registry.go`: run\n")
	b.WriteString("`go test ./internal/fault -update` after a change there.\n\n")
	b.WriteString("## Exit codes\n\n| exit code | meaning |\n| --- | --- |\n")
	for _, exit := range Exits() {
		fmt.Fprintf(&b, "| %d | %s |\n", exit.Code, exit.Meaning)
	}
	b.WriteString("\n## Severities\n\n| severity | meaning |\n| --- | --- |\n")
	b.WriteString("| fatal | the command could not do its work |\n")
	b.WriteString("| failed | the work was done in part, or its result must not be relied upon |\n")
	b.WriteString("| notice | no failure; something was found that was asked for |\n")
	area := ""
	for _, definition := range Registry() {
		if next := strings.Split(string(definition.Code), "-")[1]; next != area {
			area = next
			fmt.Fprintf(&b, "\n## %s\n", strings.ToLower(area))
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s.\n\n", definition.Code, sentence(definition.Meaning))
		fmt.Fprintf(&b, "- severity: %s\n- exit code: %d\n", definition.Severity, definition.Exit)
		fmt.Fprintf(&b, "- what to do: %s\n", definition.Remedy)
	}
	return b.String()
}

// sentence returns text with its first letter in upper case.
func sentence(text string) string {
	return strings.ToUpper(text[:1]) + text[1:]
}
