package jst

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// param is one business parameter; its value is a string, an int64 or a bool.
type param struct {
	name  string
	value any
}

// params are the business parameters of a call in the order in which they are
// sent: the open platform signs the very text.
type params []param

func (p params) add(name string, value any) params { return append(p, param{name, value}) }

// json writes the parameters as one JSON object with their own types, for biz on
// the open platform and for the body on the old gateway. Text stays as it is,
// without escapes for other alphabets.
func (p params) json() (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	text.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			text.WriteByte(',')
		}
		if err := encoder.Encode(one.name); err != nil {
			return "", fmt.Errorf("parameter %s: %w", one.name, err)
		}
		text.Truncate(text.Len() - 1) // the encoder ends each value with a new line
		text.WriteByte(':')
		if err := encoder.Encode(one.value); err != nil {
			return "", fmt.Errorf("parameter %s: %w", one.name, err)
		}
		text.Truncate(text.Len() - 1)
	}
	text.WriteByte('}')
	return text.String(), nil
}

// flat writes each value as text: qimen takes decimal digits, true and false.
func (p params) flat() map[string]string {
	flat := make(map[string]string, len(p))
	for _, one := range p {
		flat[one.name] = fmt.Sprint(one.value)
	}
	return flat
}
