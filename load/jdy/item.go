package jdy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"pandian/internal/erphttp"
	"pandian/load"
)

// item is one 商品 as SQL wrote it.
type item struct {
	// place is the document's place in the call of Send, documentID its number.
	place      int
	documentID int64
	members    []member
	// number is the natural key.
	number string
	// id is the platform's; empty to create.
	id string
}

// member keeps a value as it is written: ids are above 2^53, prices are decimals.
type member struct {
	key   string
	value json.RawMessage
}

// readItem reads a payload. The error names what is wrong with it for a person.
func (s schema) readItem(place int, document load.Document) (item, error) {
	members, err := readMembers(document.Payload)
	if err != nil {
		return item{}, fmt.Errorf("payload: %w", err)
	}
	read := item{place: place, documentID: document.ID, members: members}
	for _, one := range members {
		if field, isKnown := s[one.key]; isKnown {
			if err := field.check(one.value); err != nil {
				return item{}, fmt.Errorf("%s (%s): %w", field.Key, field.Name, err)
			}
		}
	}
	read.number, read.id = read.text("number"), read.text("id")
	if read.number == "" {
		return item{}, errors.New("number (商品编码): is missing, without it the material cannot be found again")
	}
	return read, nil
}

// readMembers reads one object and nothing after it, in its order.
func readMembers(text []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	var members []member
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("is not a JSON object: %w", err)
		}
		one := member{key: fmt.Sprint(key)}
		if err := decoder.Decode(&one.value); err != nil {
			return nil, fmt.Errorf("is not a JSON object: %w", err)
		}
		if slices.ContainsFunc(members, func(other member) bool { return other.key == one.key }) {
			return nil, fmt.Errorf("has %q twice", one.key)
		}
		members = append(members, one)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something after the JSON object")
	}
	return members, nil
}

func (i item) text(key string) string {
	for _, one := range i.members {
		if one.key == key {
			return string(erphttp.ReadText(one.value))
		}
	}
	return ""
}

// json is the item as it is sent: with the platform's id where there is one, and
// every other member as it was written.
func (i item) json() []byte {
	var text bytes.Buffer
	text.WriteByte('{')
	if i.id != "" {
		writeMember(&text, "id", quote(i.id))
	}
	for _, one := range i.members {
		if one.key != "id" {
			writeMember(&text, one.key, one.value)
		}
	}
	text.WriteByte('}')
	return text.Bytes()
}

func writeMember(text *bytes.Buffer, key string, value []byte) {
	if text.Len() > 1 {
		text.WriteByte(',')
	}
	text.Write(quote(key))
	text.WriteByte(':')
	text.Write(value)
}

// quote writes text as JSON, leaving <, > and & as they are.
func quote(text string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string in memory always can be
	return bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))
}

// check says what is wrong with a field's value. Blank values are the platform's
// to judge, but for a list, which it would not understand.
func (f Field) check(value json.RawMessage) error {
	isList, isObject := value[0] == '[', value[0] == '{'
	text := string(erphttp.ReadText(value))
	switch {
	case f.Kind == List && !isList:
		return fmt.Errorf("is %s, want an array", value)
	case f.Kind != List && (isList || isObject):
		return errors.New("is an array or object, want one value")
	case f.Kind == Flag && !slices.Contains([]string{"", "true", "false", "1", "0"}, strings.ToLower(text)):
		return fmt.Errorf("is %s, want true or false", value)
	case (f.Kind == Number || f.Kind == Figure) && text != "":
		if _, err := decimal.NewFromString(text); err != nil {
			return fmt.Errorf("is %s, want a number", value)
		}
	}
	return nil
}
