// Package logging builds the one *slog.Logger of a process. Everything that it
// writes passes a Redactor first, so that no secret reaches a log.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Format is how log lines are written.
type Format string

const (
	// Auto is Text on a terminal and JSON otherwise.
	Auto Format = "auto"
	// Text is one line of key=value pairs.
	Text Format = "text"
	// JSON is one object per line.
	JSON Format = "json"
)

// Options say how to log. The zero value logs at level info in format auto.
type Options struct {
	// Level is the lowest level that is written. A *slog.LevelVar lets it be
	// changed later; nil means info.
	Level slog.Leveler
	// Format is Auto when empty.
	Format Format
	// Terminal says that the writer is a terminal.
	Terminal bool
}

// New returns a logger that writes to w what redactor lets through. Attribute
// keys are snake_case; run_id, check, connector, window, page and attempt mean
// the same in every line.
func New(w io.Writer, redactor *Redactor, options Options) *slog.Logger {
	masked := redactor.Writer(w)
	handlerOptions := &slog.HandlerOptions{Level: options.Level}
	var handler slog.Handler
	if options.Format == Text || (options.Format != JSON && options.Terminal) {
		handler = slog.NewTextHandler(masked, handlerOptions)
	} else {
		handler = slog.NewJSONHandler(masked, handlerOptions)
	}
	return slog.New(&redactingHandler{next: handler, redactor: redactor})
}

// ParseLevel reads debug, info, warn or error, in any case.
func ParseLevel(text string) (slog.Level, error) {
	switch strings.ToLower(text) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("log level %q is none of debug, info, warn, error", text)
}
