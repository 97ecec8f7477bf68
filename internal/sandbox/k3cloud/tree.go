package k3cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/jsonout"
)

// kind is what a JSON value is.
type kind int

const (
	null kind = iota
	truth
	number
	text
	object
	array
)

// value is a JSON value that keeps the order of its members and the digits of
// its numbers. The zero value is null.
type value struct {
	kind    kind
	text    string // the characters of a text, the literal of a number or truth
	members []member
	items   []value
}

type member struct {
	name  string
	value value
}

// parseJSON reads one JSON value; more than one is an error.
func parseJSON(body []byte) (value, error) {
	// Valid also bounds the depth, and with it the recursion below.
	if !json.Valid(body) {
		return value{}, errors.New("not one JSON value")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return nextValue(decoder)
}

func nextValue(decoder *json.Decoder) (value, error) {
	token, err := decoder.Token()
	if err != nil {
		return value{}, fmt.Errorf("read JSON: %w", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return restOfObject(decoder)
		}
		return restOfArray(decoder)
	case json.Number:
		return value{kind: number, text: token.String()}, nil
	case string:
		return value{kind: text, text: token}, nil
	case bool:
		return value{kind: truth, text: fmt.Sprint(token)}, nil
	}
	return value{}, nil
}

func restOfObject(decoder *json.Decoder) (value, error) {
	out := value{kind: object}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return value{}, fmt.Errorf("read JSON name: %w", err)
		}
		inner, err := nextValue(decoder)
		if err != nil {
			return value{}, err
		}
		out.members = append(out.members, member{name.(string), inner}) // a name is always text
	}
	_, err := decoder.Token()
	return out, err
}

func restOfArray(decoder *json.Decoder) (value, error) {
	out := value{kind: array}
	for decoder.More() {
		inner, err := nextValue(decoder)
		if err != nil {
			return value{}, err
		}
		out.items = append(out.items, inner)
	}
	_, err := decoder.Token()
	return out, err
}

// get finds a member without regard to letter case. Of several the last counts,
// as the fields are set one after the other.
func (v value) get(name string) value {
	for i := len(v.members) - 1; i >= 0; i-- {
		if strings.EqualFold(v.members[i].name, name) {
			return v.members[i].value
		}
	}
	return value{}
}

// plain is the text of a text, number or truth, and empty for all else.
func (v value) plain() string { return v.text }

// yes reads a truth value; true, "true" and "" (the default) are all in use.
func (v value) yes(byDefault bool) bool {
	switch strings.ToLower(v.text) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	return byDefault
}

// texts are the plain items of an array.
func (v value) texts() []string {
	var out []string
	for _, item := range v.items {
		if item.text != "" {
			out = append(out, item.text)
		}
	}
	return out
}

// json writes the value as compact JSON.
func (v value) json() []byte {
	switch v.kind {
	case null:
		return []byte("null")
	case text:
		return jsonout.AppendString(nil, v.text)
	case object:
		o := jsonout.Begin(nil)
		for _, m := range v.members {
			o.Raw(m.name, string(m.value.json()))
		}
		return o.End()
	case array:
		pieces := make([][]byte, len(v.items))
		for i, item := range v.items {
			pieces[i] = item.json()
		}
		return list(pieces)
	}
	return []byte(v.text)
}

// list joins JSON values to an array.
func list(pieces [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(pieces, []byte{','})...), ']')
}

// exact reads a number without loss. Figures that no field of a bill could hold
// are refused, so that an exponent cannot ask for gigabytes of digits.
func exact(literal string) (decimal.Decimal, bool) {
	const longest, widest = 64, 40
	if len(literal) > longest {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(literal)
	if err != nil || d.Exponent() > widest || d.Exponent() < -widest {
		return decimal.Decimal{}, false
	}
	return d, true
}
