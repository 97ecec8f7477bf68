package terminal

// Style says how to write to one stream. The zero value is plain ASCII.
type Style struct {
	// Terminal says that a person watches: lines may be rewritten.
	Terminal bool
	// Fancy allows colour and characters beyond ASCII in frames and marks. Data
	// is never changed to ASCII.
	Fancy bool
	width func() int
}

// Width returns the columns that there are; 0 means no limit.
func (s Style) Width() int {
	if s.width == nil {
		return 0
	}
	return s.width()
}

// Mark stands in front of a line and says how it went.
type Mark int

const (
	// Good is ✓, in ASCII "ok".
	Good Mark = iota
	// Doubtful is ⚠, in ASCII "!".
	Doubtful
	// Bad is ✗, in ASCII "x".
	Bad
)

// Mark returns the mark as this style writes it.
func (s Style) Mark(mark Mark) string {
	if s.Fancy {
		return colored(mark, s.Sign(mark))
	}
	return s.Sign(mark)
}

// Sign returns the mark without colour, for the cells of a table.
func (s Style) Sign(mark Mark) string {
	if s.Fancy {
		return [...]string{"✓", "⚠", "✗"}[mark]
	}
	return [...]string{"ok", "!", "x"}[mark]
}

// isMark tells whether text is a mark as a Style writes it.
func isMark(text string) bool {
	for _, mark := range []Mark{Good, Doubtful, Bad} {
		if text == (Style{Fancy: true}).Mark(mark) {
			return true
		}
	}
	return false
}

// colored wraps text in green, yellow or red.
func colored(mark Mark, text string) string {
	return "\x1b[" + [...]string{"32", "33", "31"}[mark] + "m" + text + "\x1b[0m"
}

// arrow points to what to do next.
func (s Style) arrow() string {
	if s.Fancy {
		return "→"
	}
	return "->"
}
