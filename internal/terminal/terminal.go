// Package terminal is all that a command says to people and programs: tables,
// progress, faults, and the JSON envelope, CSV and NDJSON for scripts.
//
// Results go to stdout; everything about how the work goes (notes, progress,
// faults, logs) goes to stderr, so that stdout can always be piped.
package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Options say where a command speaks and how. Stdout and Stderr are required.
type Options struct {
	Stdout io.Writer
	Stderr io.Writer
	// JSON (--json) leaves stdout to one envelope: no tables, notes, progress.
	JSON bool
	// Quiet (-q) leaves out notes, summaries and progress; results, faults and
	// the envelope stay.
	Quiet bool
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(string) string
	// IsTerminal tells whether a writer is a terminal; nil asks the system.
	IsTerminal func(io.Writer) bool
	// Mask removes secrets from faults; nil changes nothing.
	Mask func(string) string
}

// Terminal is one command's way to speak. It is safe for concurrent use.
type Terminal struct {
	options  Options
	out, err Style
	progress progressEngine
	mu       sync.Mutex // held while a whole block is written
}

// New returns the Terminal of one command. Close must be called at its end.
func New(options Options) *Terminal {
	narrowAmbiguousCharacters()
	if options.Getenv == nil {
		options.Getenv = os.Getenv
	}
	if options.IsTerminal == nil {
		options.IsTerminal = isTerminal
	}
	if options.Mask == nil {
		options.Mask = func(s string) string { return s }
	}
	t := &Terminal{options: options, out: options.style(options.Stdout), err: options.style(options.Stderr)}
	t.progress = t.newProgress()
	return t
}

// Close ends the progress display. It may be called twice.
func (t *Terminal) Close() { t.progress.close() }

// OutStyle is the style of stdout, ErrStyle that of stderr.
func (t *Terminal) OutStyle() Style { return t.out }

// ErrStyle is the style of stderr: see OutStyle.
func (t *Terminal) ErrStyle() Style { return t.err }

// Note writes one line for people to stderr, above the progress. It is silent
// under Quiet and JSON. What the arguments hold is made Printable, but for the
// marks of a Style.
func (t *Terminal) Note(format string, args ...any) {
	if t.options.Quiet || t.options.JSON {
		return
	}
	shown := make([]any, len(args))
	for index, arg := range args {
		switch arg := arg.(type) {
		case string:
			shown[index] = arg
			if !isMark(arg) {
				shown[index] = Printable(arg)
			}
		case error:
			shown[index] = Printable(arg.Error())
		default:
			shown[index] = arg
		}
	}
	_, _ = fmt.Fprintf(t.LogWriter(), format+"\n", shown...)
}

// Table writes a result to stdout; under JSON it writes nothing.
func (t *Terminal) Table(table Table) error {
	if t.options.JSON {
		return nil
	}
	t.progress.settle()
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := io.WriteString(t.options.Stdout, table.Render(t.out))
	return err
}

// Summary writes a table as Table does, but not under Quiet: a balance, say.
func (t *Terminal) Summary(table Table) error {
	if t.options.Quiet {
		return nil
	}
	return t.Table(table)
}

// Print writes text to stdout, secrets masked; with --json nothing, because
// stdout is left to the envelope.
func (t *Terminal) Print(format string, args ...any) error {
	if t.options.JSON {
		return nil
	}
	t.progress.settle()
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := io.WriteString(t.options.Stdout, t.options.Mask(fmt.Sprintf(format, args...)))
	return err
}

// LogWriter is stderr for loggers: what is written goes above the progress
// bars. Each Write must be whole lines, as slog's handlers do it.
func (t *Terminal) LogWriter() io.Writer { return t.progress.logWriter() }

// style finds out how to write to w. NO_COLOR, a dumb terminal and everything
// that is no terminal get plain ASCII.
func (o Options) style(w io.Writer) Style {
	isTerminal := o.IsTerminal(w)
	style := Style{Terminal: isTerminal}
	style.Fancy = isTerminal && o.Getenv("NO_COLOR") == "" && o.Getenv("TERM") != "dumb"
	if isTerminal {
		style.width = func() int { return terminalWidth(w) }
	}
	return style
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// terminalWidth returns the columns of the terminal behind w; 0 if unknown.
func terminalWidth(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// narrowAmbiguousCharacters counts characters such as “ and … as one cell in
// every locale, as today's terminals draw them. go-pretty would count two of
// them under a Chinese locale and tear the tables; it keeps this in a variable
// of its package, hence the once.
var narrowAmbiguousCharacters = sync.OnceFunc(func() { text.OverrideRuneWidthEastAsianWidth(false) })
