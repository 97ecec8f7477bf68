package terminal

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Format is the value of --format.
type Format string

const (
	// FormatTable is a table for people.
	FormatTable Format = "table"
	// FormatCSV is RFC 4180 with a header.
	FormatCSV Format = "csv"
	// FormatJSON is the envelope: collect Records and give them as its result.
	FormatJSON Format = "json"
	// FormatNDJSON is one object per line, written as the rows come.
	FormatNDJSON Format = "ndjson"
)

// Formats lists them all, for help texts and completion.
func Formats() []string {
	return []string{string(FormatTable), string(FormatCSV), string(FormatJSON), string(FormatNDJSON)}
}

// ParseFormat reads the value of --format.
func ParseFormat(text string) (Format, error) {
	if !slices.Contains(Formats(), text) {
		return "", fmt.Errorf("format %q is none of %s", text, strings.Join(Formats(), ", "))
	}
	return Format(text), nil
}

// RowWriter takes rows one at a time. Close must be called after the last one.
type RowWriter interface {
	// Write takes one value per column: string, decimal, integer, time, bool
	// or nil.
	Write(row ...any) error
	Close() error
}

// RowOptions shape what Rows writes.
type RowOptions struct {
	// BOM begins a CSV file with a byte order mark, so that Excel reads it as
	// UTF-8.
	BOM bool
	// Title and Empty are those of the table.
	Title, Empty string
	// Style is that of the table; see Terminal.OutStyle.
	Style Style
}

// Rows returns a writer of rows to w. CSV and NDJSON are streamed; a table is
// written by Close. FormatJSON is refused: see Record.
func Rows(w io.Writer, format Format, columns []Column, options RowOptions) (RowWriter, error) {
	switch format {
	case FormatTable:
		return &tableRows{w: w, options: options, table: Table{Title: options.Title, Empty: options.Empty, Columns: columns}}, nil
	case FormatCSV:
		return newCSVRows(w, columns, options.BOM)
	case FormatNDJSON:
		return &ndjsonRows{w: w, columns: columns}, nil
	}
	return nil, fmt.Errorf("rows cannot be written as %q", format)
}

type tableRows struct {
	w       io.Writer
	options RowOptions
	table   Table
}

func (r *tableRows) Write(row ...any) error {
	if err := checkLength(r.table.Columns, row); err != nil {
		return err
	}
	r.table.Rows = append(r.table.Rows, slices.Clone(row))
	return nil
}

func (r *tableRows) Close() error {
	_, err := io.WriteString(r.w, r.table.Render(r.options.Style))
	return err
}

type csvRows struct {
	w       *csv.Writer
	columns []Column
}

func newCSVRows(w io.Writer, columns []Column, bom bool) (*csvRows, error) {
	if bom {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, err
		}
	}
	r := &csvRows{csv.NewWriter(w), columns}
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = column.Key
	}
	return r, r.w.Write(header)
}

func (r *csvRows) Write(row ...any) error {
	if err := checkLength(r.columns, row); err != nil {
		return err
	}
	cells := make([]string, len(row))
	for i, value := range row {
		if t, ok := value.(time.Time); ok && !t.IsZero() {
			value = t.Format(time.RFC3339)
		}
		cells[i] = csvCell(cellText(value), r.columns[i].Kind)
	}
	return r.w.Write(cells)
}

func (r *csvRows) Close() error {
	r.w.Flush()
	return r.w.Error()
}

var plainNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// csvCell keeps a spreadsheet from taking text for a formula: a cell that
// begins like one gets a ' in front. Numbers are left alone, but a cell of a
// number column that holds no number is text, whatever the column says.
func csvCell(cell string, kind Kind) string {
	if cell == "" || (kind == Number && plainNumber.MatchString(cell)) {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

type ndjsonRows struct {
	w       io.Writer
	columns []Column
}

func (r *ndjsonRows) Write(row ...any) error {
	if err := checkLength(r.columns, row); err != nil {
		return err
	}
	line, err := Record{r.columns, row}.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = r.w.Write(append(line, '\n'))
	return err
}

func (r *ndjsonRows) Close() error { return nil }

// Record is one row as a JSON object, its members in the order of the columns.
type Record struct {
	Columns []Column
	Values  []any
}

// MarshalJSON writes decimals as strings, times by RFC 3339 and nil as null. A
// float is an error.
func (r Record) MarshalJSON() ([]byte, error) {
	if err := checkLength(r.Columns, r.Values); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, column := range r.Columns {
		if err := checkExact(r.Values[i]); err != nil {
			return nil, fmt.Errorf("column %s: %w", column.Key, err)
		}
		value, err := encode(jsonValue(r.Values[i]))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column.Key, err)
		}
		key, err := encode(column.Key)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// jsonValue turns decimals, which could write themselves as numbers if a switch
// of their package were thrown, into strings, and times that are not set into
// null.
func jsonValue(value any) any {
	switch v := value.(type) {
	case decimal.Decimal:
		return v.String()
	case decimal.NullDecimal:
		if !v.Valid {
			return nil
		}
		return v.Decimal.String()
	case time.Time:
		if v.IsZero() {
			return nil
		}
	}
	return value
}

// encode is json.Marshal without the escaping of <, > and &.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func checkLength(columns []Column, row []any) error {
	if len(row) != len(columns) {
		return fmt.Errorf("row has %d values, want %d", len(row), len(columns))
	}
	return nil
}
