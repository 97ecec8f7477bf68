package erphttp

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Text is a JSON scalar read leniently: ERP platforms change between strings
// and numbers from one method to the next. It never passes through a float.
type Text string

// UnmarshalJSON takes a string, trimmed, or any other value as it is written;
// null is empty.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = ReadText(raw)
	return nil
}

// ReadText is the text of one JSON value; no value at all is empty.
func ReadText(raw []byte) Text {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return ""
	}
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return Text(strings.TrimSpace(text))
	}
	return Text(raw)
}
