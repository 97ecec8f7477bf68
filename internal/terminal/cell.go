package terminal

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
)

// Kind says what a column holds.
type Kind int

const (
	// Text is anything that people wrote; the default.
	Text Kind = iota
	// Number is a quantity, an amount or a count: aligned to the right, and
	// never quoted in CSV.
	Number
)

// Column is one column of a table or file.
type Column struct {
	// Key is the name in CSV and JSON, in snake_case.
	Key string
	// Title stands above the column in a table; empty means Key.
	Title string
	Kind  Kind
}

func (c Column) title() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Key
}

// cellText writes a value for people and for CSV. A nil is empty; times keep
// their zone; decimals keep their digits.
func cellText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case decimal.NullDecimal:
		if !v.Valid {
			return ""
		}
		return v.Decimal.String()
	case *decimal.Decimal:
		if v == nil {
			return ""
		}
		return v.String()
	case *string:
		if v == nil {
			return ""
		}
		return *v
	case time.Time:
		return timeText(v)
	case *time.Time:
		if v == nil {
			return ""
		}
		return timeText(*v)
	}
	return fmt.Sprint(value)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05Z07:00")
}

// Printable returns text that cannot move the cursor or change what stands
// before it: control and direction-changing characters, which data of an ERP
// may hold, become visible escapes. Line breaks become spaces.
func Printable(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
