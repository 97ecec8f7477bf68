package jst

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
)

// toXML shows a JSON answer as the gateway's XML, for clients that forget
// format=json: an element per member, one data per row. The shape is assumed.
func toXML(body []byte) []byte {
	clean := bytes.Map(func(c rune) rune {
		if c < ' ' {
			return -1
		}
		return c
	}, body)
	decoder := json.NewDecoder(bytes.NewReader(clean))
	decoder.UseNumber()
	var value map[string]any
	if err := decoder.Decode(&value); err != nil {
		value = map[string]any{"response": map[string]any{"flag": "failure", "message": err.Error()}}
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	writeXML(&out, "response", value["response"])
	return out.Bytes()
}

func writeXML(out *bytes.Buffer, name string, value any) {
	if list, ok := value.([]any); ok {
		fmt.Fprintf(out, "<%s>", name)
		for _, element := range list {
			writeXML(out, "data", element)
		}
		fmt.Fprintf(out, "</%s>", name)
		return
	}
	fmt.Fprintf(out, "<%s>", name)
	switch v := value.(type) {
	case nil:
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(v)) {
			writeXML(out, member, v[member])
		}
	default:
		_ = xml.EscapeText(out, fmt.Append(nil, v)) // a buffer takes everything
	}
	fmt.Fprintf(out, "</%s>", name)
}
