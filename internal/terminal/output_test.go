package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// screen is a Terminal that writes into buffers.
type screen struct {
	*terminal.Terminal
	out, err *bytes.Buffer
}

func newScreen(options terminal.Options, environ map[string]string) screen {
	s := screen{out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	options.Stdout, options.Stderr = s.out, s.err
	options.Getenv = func(name string) string { return environ[name] }
	s.Terminal = terminal.New(options)
	return s
}

func watched(io.Writer) bool { return true }

func TestStyle(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		isTerminal func(io.Writer) bool
		environ    map[string]string
		fancy      bool
	}{
		"a terminal is fancy":          {watched, nil, true},
		"a pipe is plain":              {nil, nil, false},
		"NO_COLOR makes it plain":      {watched, map[string]string{"NO_COLOR": "1"}, false},
		"an empty NO_COLOR is no wish": {watched, map[string]string{"NO_COLOR": ""}, true},
		"a dumb terminal is plain":     {watched, map[string]string{"TERM": "dumb"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScreen(terminal.Options{IsTerminal: c.isTerminal}, c.environ)
			defer s.Close()
			if got := s.OutStyle().Fancy; got != c.fancy {
				t.Errorf("got fancy %v, want %v", got, c.fancy)
			}
		})
	}

	t.Run("marks are words in ASCII", func(t *testing.T) {
		t.Parallel()
		var plain terminal.Style
		if got := plain.Mark(terminal.Good) + plain.Mark(terminal.Doubtful) + plain.Mark(terminal.Bad); got != "ok!x" {
			t.Errorf("got %s, want ok!x", got)
		}
	})
}

func TestWhoSpeaksWhen(t *testing.T) {
	t.Parallel()
	table := terminal.Table{Columns: []terminal.Column{{Key: "n"}}, Rows: [][]any{{"row"}}}
	cases := map[string]struct {
		options                                 terminal.Options
		note, table, summary, envelope, failure bool
	}{
		"as usual":     {terminal.Options{}, true, true, true, false, true},
		"quiet":        {terminal.Options{Quiet: true}, false, true, false, false, true},
		"under --json": {terminal.Options{JSON: true}, false, false, false, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			speaks := func(say func(screen) error) bool {
				s := newScreen(c.options, nil)
				defer s.Close()
				if err := say(s); err != nil {
					t.Fatal(err)
				}
				return s.out.Len()+s.err.Len() > 0
			}
			got := []bool{
				speaks(func(s screen) error { s.Note("hello"); return nil }),
				speaks(func(s screen) error { return s.Table(table) }),
				speaks(func(s screen) error { return s.Summary(table) }),
				speaks(func(s screen) error { return s.Envelope("x", nil, nil, nil) }),
				speaks(func(s screen) error { s.Fail(errors.New("boom")); return nil }),
			}
			want := []bool{c.note, c.table, c.summary, c.envelope, c.failure}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("note, table, summary, envelope, failure: want -, got +\n%s", diff)
			}
		})
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	problems := &fault.Error{
		Code: fault.ConfigInvalid, Message: "pandian.yaml has 2 problems",
		Problems: []*fault.Error{
			{
				Code: fault.ConfigUnknownKey, Location: "pandian.yaml:3:5", Path: "log.levl", Message: "unknown key levl",
				Suggestion: "did you mean level?", Excerpt: "    3 |   levl: info\n      |   ^",
			},
			{Code: fault.ConfigMissingKey, Path: "connections.仓库.sid", Message: "sid is missing", Suggestion: "add sid"},
		},
	}
	single := fmt.Errorf("extract wdt.stock page 7: %w", fault.New(fault.SourceUnreachable, "connect to hunter2.example: refused\x1b[0m").At("connections.wdt-main"))

	for name, options := range map[string]terminal.Options{"plain": {}, "fancy": {IsTerminal: watched}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options.Mask = func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }
			s := newScreen(options, nil)
			defer s.Close()
			if got := s.Fail(problems); got != fault.ExitUsage {
				t.Errorf("got exit code %d, want %d", got, fault.ExitUsage)
			}
			if got := s.Fail(single); got != fault.ExitUnreachable {
				t.Errorf("got exit code %d, want %d", got, fault.ExitUnreachable)
			}
			if got := s.Fail(nil); got != fault.ExitOK {
				t.Errorf("got exit code %d, want 0", got)
			}
			golden(t, "fault_"+name+".txt", s.err.String())
		})
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()

	t.Run("decimals are strings and errors have all their parts", func(t *testing.T) {
		t.Parallel()
		s := newScreen(terminal.Options{JSON: true, Mask: func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }}, nil)
		defer s.Close()
		summary := struct {
			Landed int64           `json:"landed"`
			Delta  decimal.Decimal `json:"delta_qty"`
		}{1000, decimal.RequireFromString("0.30")}
		columns := []terminal.Column{{Key: "sku_code"}, {Key: "qty", Kind: terminal.Number}, {Key: "seen_at"}}
		rows := []terminal.Record{{Columns: columns, Values: []any{"<G&1>", decimal.RequireFromString("1.50"), time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}}}
		err := fault.New(fault.Differences, "1 difference at hunter2").At("pipelines.stock-compare")
		if err := s.Envelope("diff", summary, rows, err); err != nil {
			t.Fatal(err)
		}
		golden(t, "envelope.json", s.out.String())
	})

	t.Run("ok is false for a failure and true for a notice", func(t *testing.T) {
		t.Parallel()
		for code, want := range map[fault.Code]bool{fault.Differences: true, fault.RunFailed: false} {
			var out bytes.Buffer
			if err := terminal.WriteEnvelope(&out, "run", nil, nil, fault.New(code, "x")); err != nil {
				t.Fatal(err)
			}
			var got struct{ OK bool }
			if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.OK != want {
				t.Errorf("%s: got ok %v, %v, want %v", code, got.OK, err, want)
			}
		}
	})

	t.Run("floats and types that write bare numbers are refused", func(t *testing.T) {
		t.Parallel()
		type row struct{ Qty float64 }
		hidden := struct {
			Qty float64 `json:"-"`
		}{1.5}
		for name, value := range map[string]any{
			"field": row{1.5}, "pointer": &row{1.5}, "slice": []any{row{}}, "map": map[string]any{"a": map[string]float32{"b": 1}},
			"marshaler": numeric{}, "json.Number": json.Number("1.5"), "record": terminal.Record{Columns: []terminal.Column{{Key: "q"}}, Values: []any{0.5}},
		} {
			if err := terminal.WriteEnvelope(io.Discard, "run", value, nil, nil); err == nil {
				t.Errorf("%s: got no error, want one", name)
			}
		}
		for name, value := range map[string]any{"hidden field": hidden, "bytes": []byte("x"), "nil pointer": (*row)(nil), "time": time.Now(), "decimals": []decimal.Decimal{{}}} {
			if err := terminal.WriteEnvelope(io.Discard, "run", value, nil, nil); err != nil {
				t.Errorf("%s: got %v, want none", name, err)
			}
		}
	})
}

// numeric writes itself as a number, as pgtype.Numeric does.
type numeric struct{}

func (numeric) MarshalJSON() ([]byte, error) { return []byte("1.5"), nil }

func TestRows(t *testing.T) {
	t.Parallel()
	columns := []terminal.Column{{Key: "sku_code", Title: "SKU"}, {Key: "qty", Kind: terminal.Number}, {Key: "note"}, {Key: "seen_at"}}
	seen := time.Date(2024, 2, 29, 9, 30, 0, 0, time.FixedZone("", 8*60*60))
	rows := [][]any{
		{"G001", decimal.RequireFromString("-12.50"), "plain, with \"quotes\"\nand lines", seen},
		{"=HYPERLINK(\"http://e\")", decimal.RequireFromString("12345678901234567.123456"), "+1", nil},
		{"-红", "-1+cmd", "@sum", time.Time{}},
		{"＝全角", nil, "\tTAB", nil},
		{"00123", int64(42), "-", nil},
	}
	write := func(format terminal.Format, options terminal.RowOptions) string {
		var out bytes.Buffer
		w, err := terminal.Rows(&out, format, columns, options)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := w.Write(row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}

	t.Run("CSV keeps spreadsheets from running formulas, and numbers are numbers", func(t *testing.T) {
		t.Parallel()
		golden(t, "rows.csv", write(terminal.FormatCSV, terminal.RowOptions{}))
	})
	t.Run("CSV begins with a BOM for Excel", func(t *testing.T) {
		t.Parallel()
		if got := write(terminal.FormatCSV, terminal.RowOptions{BOM: true}); !strings.HasPrefix(got, "\ufeffsku_code,") {
			t.Errorf("got %q, want a BOM before the header", got[:20])
		}
	})
	t.Run("NDJSON has decimals as strings and one object per line", func(t *testing.T) {
		t.Parallel()
		golden(t, "rows.ndjson", write(terminal.FormatNDJSON, terminal.RowOptions{}))
	})
	t.Run("a table is written at the end", func(t *testing.T) {
		t.Parallel()
		golden(t, "rows.txt", write(terminal.FormatTable, terminal.RowOptions{Title: "rows"}))
	})
	t.Run("a row of another length is an error", func(t *testing.T) {
		t.Parallel()
		for _, format := range []terminal.Format{terminal.FormatTable, terminal.FormatCSV, terminal.FormatNDJSON} {
			w, err := terminal.Rows(io.Discard, format, columns, terminal.RowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write("only one"); err == nil {
				t.Errorf("%s: got no error, want one", format)
			}
		}
	})
	t.Run("a format is one of four", func(t *testing.T) {
		t.Parallel()
		if got, err := terminal.ParseFormat("csv"); err != nil || got != terminal.FormatCSV {
			t.Errorf("got %s, %v, want csv", got, err)
		}
		if _, err := terminal.ParseFormat("xlsx"); err == nil {
			t.Error("got no error for xlsx, want one")
		}
	})
}
