package terminal

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// narrowest is the number of cells below which no column is squeezed.
const narrowest = 10

// Table is a result for people. Cells are strings, decimals, integers, times,
// booleans or nil.
type Table struct {
	// Title stands above the table; it may be empty.
	Title   string
	Columns []Column
	Rows    [][]any
	// Footer is a last row for totals; it may be nil.
	Footer []any
	// Empty is said instead of a table without rows. Default "nothing".
	Empty string
}

// Render returns the table with a line break at its end. On a terminal, wide
// text columns are wrapped so that it fits.
func (t Table) Render(style Style) string {
	narrowAmbiguousCharacters()
	if len(t.Rows) == 0 {
		return t.emptyText() + "\n"
	}
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = printableRow(row)
	}
	w := table.NewWriter()
	w.SetStyle(tableStyle(style))
	w.AppendHeader(t.header())
	for _, row := range rows {
		w.AppendRow(tableRow(row))
	}
	if t.Footer != nil {
		w.AppendFooter(tableRow(printableRow(t.Footer)))
	}
	w.SetColumnConfigs(t.columnConfigs(t.widths(rows, style.Width())))
	title := ""
	if t.Title != "" {
		title = Printable(t.Title) + "\n"
	}
	return title + w.Render() + "\n"
}

func (t Table) emptyText() string {
	empty := t.Empty
	if empty == "" {
		empty = "nothing"
	}
	if t.Title != "" {
		return Printable(t.Title) + ": " + empty
	}
	return empty
}

func (t Table) header() table.Row {
	row := make(table.Row, len(t.Columns))
	for i, column := range t.Columns {
		row[i] = column.title()
	}
	return row
}

func (t Table) columnConfigs(widths []int) []table.ColumnConfig {
	configs := make([]table.ColumnConfig, len(t.Columns))
	for i, column := range t.Columns {
		config := table.ColumnConfig{Number: i + 1, WidthMax: widths[i], WidthMaxEnforcer: wrap}
		if column.Kind == Number {
			config.Align, config.AlignHeader, config.AlignFooter = text.AlignRight, text.AlignRight, text.AlignRight
		}
		configs[i] = config
	}
	return configs
}

// widths returns the cells that each column may take; 0 is no limit. The widest
// text column gives first, until the table fits into limit.
func (t Table) widths(rows [][]string, limit int) []int {
	natural := make([]int, len(t.Columns))
	total := 1
	for i, column := range t.Columns {
		natural[i] = text.StringWidth(column.title())
		for _, row := range append(rows, printableRow(t.Footer)) {
			if i < len(row) {
				natural[i] = max(natural[i], text.StringWidth(row[i]))
			}
		}
		total += natural[i] + 3 // padding on both sides and a border
	}
	if limit <= 0 || total <= limit {
		return make([]int, len(t.Columns))
	}
	for ; total > limit; total-- {
		widest := -1
		for i, column := range t.Columns {
			if column.Kind == Text && natural[i] > narrowest && (widest < 0 || natural[i] > natural[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break // nothing left to squeeze; the terminal breaks the lines
		}
		natural[widest]--
	}
	return natural
}

// wrap breaks one line of text so that no part takes more than limit cells, at
// a space where there is one in the second half. go-pretty's own wrapping lets
// a Chinese character stand over the edge.
func wrap(line string, limit int) string {
	var b strings.Builder
	for rest := []rune(line); len(rest) > 0; {
		fits, cells := 0, 0
		for fits < len(rest) && cells+text.RuneWidth(rest[fits]) <= max(limit, 2) {
			cells += text.RuneWidth(rest[fits])
			fits++
		}
		if fits == len(rest) {
			b.WriteString(string(rest))
			break
		}
		part, next := rest[:fits], rest[fits:]
		if space := lastSpace(rest[:fits+1]); space > fits/2 {
			part, next = rest[:space], rest[space+1:]
		}
		b.WriteString(string(part) + "\n")
		rest = next
	}
	return b.String()
}

func lastSpace(line []rune) int {
	for i := len(line) - 1; i >= 0; i-- {
		if line[i] == ' ' {
			return i
		}
	}
	return -1
}

func printableRow(row []any) []string {
	cells := make([]string, len(row))
	for i, value := range row {
		cells[i] = Printable(cellText(value))
	}
	return cells
}

func tableRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}

func tableStyle(style Style) table.Style {
	chosen := table.StyleDefault
	if style.Fancy {
		chosen = table.StyleLight
	}
	chosen.Format.Header, chosen.Format.Footer = text.FormatDefault, text.FormatDefault
	return chosen
}

// Width returns the terminal cells that a text takes: two for a Chinese
// character, none for colour.
func Width(s string) int {
	narrowAmbiguousCharacters()
	return text.StringWidthWithoutEscSequences(strings.TrimRight(s, "\n"))
}
