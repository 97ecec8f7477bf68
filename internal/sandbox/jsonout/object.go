// Package jsonout writes JSON members in a given order into a byte slice. The
// standard encoder keeps no order over generated members and cannot send the
// malformed values that a simulated platform sends on purpose.
package jsonout

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Object appends one JSON object to a slice. Call End for the closing brace.
type Object struct {
	buf   []byte
	empty bool
}

// Begin opens an object behind what buf already holds.
func Begin(buf []byte) Object {
	return Object{buf: append(buf, '{'), empty: true}
}

// End closes the object and returns the whole slice.
func (o *Object) End() []byte {
	return append(o.buf, '}')
}

// Text appends a string member.
func (o *Object) Text(name, value string) {
	o.name(name)
	o.buf = AppendString(o.buf, value)
}

// Int appends a number member.
func (o *Object) Int(name string, value int64) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, value, 10)
}

// Raw appends a member whose value is written as it is, valid JSON or not.
func (o *Object) Raw(name, value string) {
	o.name(name)
	o.buf = append(o.buf, value...)
}

// Null appends a member without a value.
func (o *Object) Null(name string) { o.Raw(name, "null") }

func (o *Object) name(name string) {
	if !o.empty {
		o.buf = append(o.buf, ',')
	}
	o.empty = false
	o.buf = AppendString(o.buf, name)
	o.buf = append(o.buf, ':')
}

// AppendString appends value as a JSON string. Characters beyond ASCII stay as
// they are; bytes that are not UTF-8 become the replacement character.
func AppendString(buf []byte, value string) []byte {
	if !plain(value) {
		quoted, _ := json.Marshal(value) // a string always marshals
		return append(buf, quoted...)
	}
	buf = append(buf, '"')
	buf = append(buf, value...)
	return append(buf, '"')
}

// plain tells whether a text needs no escape in JSON.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}
