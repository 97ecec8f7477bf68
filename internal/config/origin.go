package config

import "fmt"

// Where a value came from, weakest first.
const (
	FromDefault     = "default"
	FromFile        = "file"
	FromEnvironment = "environment"
	FromFlag        = "flag"
)

// Origin says where one value came from.
type Origin struct {
	// Kind is FromDefault, FromFile, FromEnvironment or FromFlag.
	Kind string `json:"kind"`
	// Name is the file, the variable or the flag; empty for a default.
	Name string `json:"name,omitempty"`
	// Line and Column count from 1 and are those of the value in the file.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// String returns "pandian.yaml:12:5", "PANDIAN_LOG_LEVEL", "--log-level" or
// "default".
func (o Origin) String() string {
	switch {
	case o.Kind == FromFile && o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.Name, o.Line, o.Column)
	case o.Name != "":
		return o.Name
	}
	return o.Kind
}

// Setting is one row of "pandian config show --origin".
type Setting struct {
	// Key is the path of the key, as in connections.wdt-main.timeout.
	Key string `json:"key"`
	// Value is what holds, in the form of the file; secrets are masked, and a
	// reference is shown as written.
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}
