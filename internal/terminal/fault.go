package terminal

import (
	"fmt"
	"io"
	"strings"

	"pandian/internal/fault"
)

// Fail tells a person about err on stderr, above the progress, and returns the
// exit code. Under JSON it says nothing: the envelope does. A nil err is
// ExitOK and silent.
func (t *Terminal) Fail(err error) int {
	failure := t.maskFault(fault.From(err))
	if failure != nil && !t.options.JSON {
		_, _ = io.WriteString(t.LogWriter(), RenderFault(failure, t.err))
	}
	return fault.ExitCode(err)
}

// RenderFault writes a fault for people: what happened, where, and what to do.
//
//	x PD-CONFIG-002 pandian.yaml has 1 problem
//
//	  pandian.yaml:3:5 PD-CONFIG-004
//	  log.levl: unknown key levl
//	      3 |     levl: info
//	        |     ^
//	  -> did you mean level?
func RenderFault(failure *fault.Error, style Style) string {
	var b strings.Builder
	mark := Bad
	if failure.Severity() == fault.Notice {
		mark = Doubtful
	}
	fmt.Fprintf(&b, "%s %s %s\n", style.Mark(mark), failure.Code, headline(failure))
	if len(failure.Problems) == 0 {
		writeDetails(&b, failure, style)
		return b.String()
	}
	for _, problem := range failure.Problems {
		fmt.Fprintf(&b, "\n  %s\n", strings.TrimSpace(problem.Location+" "+string(problem.Code)))
		fmt.Fprintf(&b, "  %s\n", headline(problem))
		writeDetails(&b, problem, style)
	}
	return b.String()
}

// headline is the message with its path in front, unless it holds it already.
func headline(f *fault.Error) string {
	message := Printable(f.Message)
	if f.Path == "" || strings.Contains(message, f.Path) {
		return message
	}
	return Printable(f.Path) + ": " + message
}

func writeDetails(b *strings.Builder, f *fault.Error, style Style) {
	if f.Location != "" && f.Excerpt == "" {
		fmt.Fprintf(b, "  at %s\n", f.Location)
	}
	for line := range strings.Lines(f.Excerpt) {
		fmt.Fprintf(b, "  %s\n", Printable(strings.TrimRight(line, "\n")))
	}
	if advice := f.Advice(); advice != "" {
		fmt.Fprintf(b, "  %s %s\n", style.arrow(), Printable(advice))
	}
}

// maskFault returns a copy without secrets.
func (t *Terminal) maskFault(f *fault.Error) *fault.Error {
	if f == nil {
		return nil
	}
	masked := *f
	mask := t.options.Mask
	masked.Message, masked.Path, masked.Suggestion = mask(f.Message), mask(f.Path), mask(f.Suggestion)
	masked.Excerpt = mask(f.Excerpt)
	masked.Problems = nil
	for _, problem := range f.Problems {
		masked.Problems = append(masked.Problems, t.maskFault(problem))
	}
	return &masked
}
