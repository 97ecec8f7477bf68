package config

import (
	"fmt"
	"io"
	"log/slog"
)

// masked is what a secret looks like wherever it is printed.
const masked = "***"

// Secret is a text that prints as *** through fmt, slog, JSON and YAML. Only
// Reveal gives it away. The text sits behind a pointer, so that fmt shows an
// address even where it reads unexported fields and cannot call methods.
type Secret struct {
	value *string
	// reference is ${NAME} or file:PATH as configured; empty for a secret made
	// by NewSecret.
	reference string
}

// NewSecret returns a secret that needs no resolving.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the secret itself. A secret of the file is empty until
// Config.Connection or Config.DatabaseURL has resolved it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Reference says where the secret comes from, as in "${WDT_APP_SECRET}". It
// holds no secret itself.
func (s Secret) Reference() string { return s.reference }

// IsZero tells whether nothing was configured, or it resolved to nothing.
func (s Secret) IsZero() bool {
	return s.Reveal() == "" && (s.reference == "" || s.value != nil)
}

// Equal compares what Reveal returns and where it comes from.
func (s Secret) Equal(other Secret) bool {
	return s.Reveal() == other.Reveal() && s.reference == other.reference
}

// String returns ***.
func (s Secret) String() string { return masked }

// Format writes *** for every verb and flag.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, masked) }

// LogValue logs ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText writes *** into JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
