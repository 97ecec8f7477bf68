package jst

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/saleouts"
)

// style is how a route writes values. The open platform and the old gateway
// write amounts as numbers and say null where there is nothing; Qimen writes
// amounts as text, and where there is nothing leaves the member out or writes
// an empty text (assumed).
type style struct {
	qimen  bool
	omit   bool // on Qimen: leave out what is missing
	escape bool // on Qimen: escape control characters
}

// record writes one object in a style.
type record struct {
	jsonout.Object
	style style
}

func begin(st style) *record { return &record{Object: jsonout.Begin(nil), style: st} }

// nothing writes a member without a value.
func (r *record) nothing(name string) {
	switch {
	case !r.style.qimen:
		r.Null(name)
	case !r.style.omit:
		r.Text(name, "")
	}
}

// text writes a text, even an empty one.
func (r *record) text(name, value string) {
	if !r.style.qimen || r.style.escape {
		r.Text(name, value)
		return
	}
	r.Raw(name, rawControls(value))
}

// maybe writes a text that may be missing.
func (r *record) maybe(name, value string) {
	if value == "" {
		r.nothing(name)
		return
	}
	r.text(name, value)
}

// maybeInt writes a number that is missing when it is 0.
func (r *record) maybeInt(name string, value int64) {
	if value == 0 {
		r.nothing(name)
		return
	}
	r.Int(name, value)
}

func (r *record) flag(name string, on bool) { r.Raw(name, truth(on)) }

// textInt and textFlag write what is a text on Qimen only.
func (r *record) textInt(name string, value int64) {
	if r.style.qimen && value != 0 {
		r.Text(name, strconv.FormatInt(value, 10))
		return
	}
	r.maybeInt(name, value)
}

func (r *record) textFlag(name string, on bool) {
	if r.style.qimen {
		r.Text(name, truth(on))
		return
	}
	r.flag(name, on)
}

// amount writes money or a weight.
func (r *record) amount(name string, a saleouts.Amount) {
	if a.Form == saleouts.Number && !r.style.qimen {
		r.Raw(name, withPoint(a.Value))
		return
	}
	r.worded(name, a, withCents(a.Value))
}

// quantity writes a quantity, which is a number on every route.
func (r *record) quantity(name string, a saleouts.Amount) {
	if a.Form == saleouts.Number {
		r.Raw(name, a.Value.String())
		return
	}
	r.worded(name, a, a.Value.String())
}

// worded writes an amount in any form but that of a plain number.
func (r *record) worded(name string, a saleouts.Amount, text string) {
	switch a.Form {
	case saleouts.Null:
		r.nothing(name)
	case saleouts.Blank:
		r.Text(name, "")
	case saleouts.Garbled:
		r.Text(name, "abc")
	case saleouts.Number, saleouts.Text:
		r.Text(name, text)
	}
}

// moment writes a time on Beijing's clock, one that is zero as missing.
func (r *record) moment(name string, at time.Time, millis bool) {
	layout := time.DateTime
	if millis {
		layout += ".000"
	}
	if at.IsZero() {
		r.nothing(name)
		return
	}
	r.Text(name, at.In(beijing).Format(layout))
}

// list writes an array of objects.
func (r *record) list(name string, objects [][]byte) {
	r.Raw(name, "["+string(bytes.Join(objects, []byte(",")))+"]")
}

// withPoint writes a number as the vendor's examples do: 706.0 and not 706.
func withPoint(d decimal.Decimal) string {
	if d.IsInteger() {
		return d.StringFixed(1)
	}
	return d.String()
}

// withCents writes at least two decimals.
func withCents(d decimal.Decimal) string {
	if d.Exponent() >= -2 {
		return d.StringFixed(2)
	}
	return d.String()
}

// rawControls is a JSON string whose control characters stand as they are, but
// for tab and the line ends. That is not valid JSON; clients of Qimen strip
// these characters before they parse.
func rawControls(text string) string {
	out := `"`
	for piece := range strings.SplitAfterSeq(text, "") {
		if c := piece; len(c) == 1 && c[0] < ' ' && !strings.Contains("\t\n\r", c) {
			out += c
			continue
		}
		quoted := jsonout.AppendString(nil, piece)
		out += string(quoted[1 : len(quoted)-1])
	}
	return out + `"`
}
