package terminal

import (
	"encoding/json"
	"fmt"
	"io"

	"pandian/internal/fault"
)

// Envelope is what a command writes to stdout under --json: always one object,
// also when it fails.
type Envelope struct {
	// Command is what was run, as in "migrate up".
	Command string `json:"command"`
	// OK is false if there is an error of any severity but notice.
	OK bool `json:"ok"`
	// Summary is the short of it: the balance of a run, counts.
	Summary any `json:"summary"`
	// Result is the long of it: rows, steps.
	Result any `json:"result"`
	// Error is null where all went well.
	Error *fault.Error `json:"error"`
}

// Envelope writes the envelope of a command that ended with err, which may be
// nil; without JSON it writes nothing. Summary and result hold no floats:
// decimal.Decimal is written as a string, exactly.
func (t *Terminal) Envelope(command string, summary, result any, err error) error {
	if !t.options.JSON {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return WriteEnvelope(t.options.Stdout, command, summary, result, t.maskFault(fault.From(err)))
}

// WriteEnvelope writes one envelope to w, indented, with a line break at its end.
func WriteEnvelope(w io.Writer, command string, summary, result any, failure *fault.Error) error {
	for _, part := range []any{summary, result} {
		if err := checkExact(part); err != nil {
			return fmt.Errorf("write envelope of %s: %w", command, err)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	envelope := Envelope{
		Command: command,
		OK:      failure == nil || failure.Severity() == fault.Notice,
		Summary: summary, Result: result, Error: failure,
	}
	if err := encoder.Encode(envelope); err != nil {
		return fmt.Errorf("write envelope of %s: %w", command, err)
	}
	return nil
}
