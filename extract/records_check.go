package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// nulEscape is JSON's way to write the one character that Postgres text cannot
// hold.
const nulEscape = `\u0000`

// checker finds what Postgres could not hold or type in a record.
type checker struct {
	maxRecord, maxDepth int
	// strict refuses bytes that are not UTF-8 and unpaired surrogates. Repeated
	// names pass: Postgres takes the last one.
	strict []jsontext.Options
}

func newChecker(layout Layout) checker {
	return checker{
		maxRecord: layout.MaxRecord, maxDepth: layout.MaxDepth,
		strict: []jsontext.Options{jsontext.AllowDuplicateNames(true)},
	}
}

// record makes a Record of a value. The good case is one pass and no memory.
func (c checker) record(raw span) Record {
	record := Record{Raw: raw.bytes}
	switch {
	case raw.cut:
		record.Problem = fmt.Sprintf("the record is %d bytes long, more than the %d allowed: only its first %d are kept",
			raw.size, c.maxRecord, len(raw.bytes))
	case raw.bytes[0] != '{':
		record.Problem = "the record is " + kindOf(raw.bytes) + ", not an object"
	case raw.depth > c.maxDepth:
		record.Problem = fmt.Sprintf("the record is nested %d deep, more than the %d allowed", raw.depth, c.maxDepth)
	case !jsontext.Value(raw.bytes).IsValid(c.strict...) || bytes.Contains(raw.bytes, []byte(nulEscape)):
		record.Problem, record.Field = c.explain(raw.bytes)
	}
	return record
}

// explain walks a suspicious record to its first fault and names the field.
func (c checker) explain(raw []byte) (problem, field string) {
	decoder := jsontext.NewDecoder(bytes.NewReader(raw),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		var err error
		var text []byte
		if decoder.PeekKind() == jsontext.KindString {
			text, err = decoder.ReadValue()
		} else {
			_, err = decoder.ReadToken()
		}
		if err != nil {
			return notJSON(raw, err)
		}
		if what := c.faultOf(text); what != "" {
			field = fieldPath(decoder.StackPointer())
			return "field " + field + " " + what, field
		}
		if decoder.StackDepth() == 0 {
			return "", ""
		}
	}
}

// faultOf looks at one string as it stands in the JSON.
func (c checker) faultOf(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case !utf8.Valid(text):
		return "is not UTF-8 (GBK, perhaps): ask the platform for UTF-8, or correct the text there"
	case !jsontext.Value(text).IsValid(c.strict...):
		return "holds half of a surrogate pair, which is no character: correct the text at the platform"
	case hasNUL(text):
		return `holds ` + nulEscape + `, which Postgres cannot store: correct the text at the platform`
	default:
		return ""
	}
}

func notJSON(raw []byte, err error) (problem, field string) {
	detail := "it does not end as it should"
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		field = fieldPath(syntax.JSONPointer)
		detail = syntax.Err.Error()
		if at := syntax.ByteOffset; at < int64(len(raw)) && raw[at] == 0 {
			detail = "a NUL byte, which neither JSON nor Postgres can hold"
		}
	}
	if field == "" {
		return "the record is not valid JSON: " + detail, ""
	}
	return "field " + field + " is not valid JSON: " + detail, field
}

// hasNUL looks for a NUL escape whose backslash is not itself escaped.
func hasNUL(text []byte) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(text[i:], []byte(nulEscape)) {
			return true
		}
		i++
	}
	return false
}

// storable returns the JSON value in raw such that Postgres can hold it; false
// when it is no JSON value. Good values come back as they are.
func storable(raw []byte) ([]byte, bool) {
	lenient := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	if !jsontext.Value(raw).IsValid(lenient...) {
		return nil, false
	}
	if jsontext.Value(raw).IsValid(lenient[0]) && !bytes.Contains(raw, []byte(nulEscape)) {
		return raw, true
	}
	// Formatting spells every string anew, with U+FFFD for what is no character.
	clean, err := jsontext.AppendFormat(nil, raw, lenient...)
	if err != nil {
		return nil, false
	}
	for i := 0; i+1 < len(clean); i++ {
		if clean[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(clean[i:], []byte(nulEscape)) {
			copy(clean[i:], `\uFFFD`)
		}
		i++
	}
	return clean, true
}

// fieldPath writes a JSON pointer the way people write paths:
// details_list[3].remark. It is storable and at most 200 bytes long.
func fieldPath(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			path.WriteString("[" + token + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(token)
	}
	text := strings.ReplaceAll(strings.ToValidUTF8(path.String(), "\uFFFD"), "\x00", "\uFFFD")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

// kindOf names a JSON value by its first byte.
func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return "a number"
	default:
		return "no JSON"
	}
}
