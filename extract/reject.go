package extract

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRejectBytes is how much of what was refused is kept.
const maxRejectBytes = 1 << 20

// reject is one record, or one whole body (place 0), that cannot be landed.
type reject struct {
	place  int // in the response, counted from 1
	field  string
	value  string // what stood there, cut to 200 characters; empty if unknown
	reason string
	// record is what came, as text; raw in its stead where Postgres text cannot
	// hold it.
	record string
	raw    []byte
}

// Headed is a Response that can show how its body began: up to 1 MiB, as
// received. Without it a body that cannot be read is rejected with as much of its
// envelope as came.
type Headed interface {
	Head() []byte
}

func recordReject(record Record, place int) reject {
	refused := reject{place: place, field: record.Field, reason: record.Problem}
	refused.value = fieldValue(record.Raw, record.Field)
	refused.keep(record.Raw)
	return refused
}

func bodyReject(response Response, broken *BodyError) reject {
	refused := reject{reason: broken.Error()}
	if headed, ok := response.(Headed); ok {
		refused.keep(headed.Head())
	} else {
		refused.keep(response.Envelope().JSON)
	}
	return refused
}

// keep copies what came, because its buffer is used again.
func (r *reject) keep(raw []byte) {
	cut := raw[:min(len(raw), maxRejectBytes)]
	if len(cut) == len(raw) && len(raw) > 0 && storableText(raw) {
		r.record = string(raw)
		return
	}
	r.raw = append([]byte{}, cut...)
}

// pathStep is one step of a path such as details_list[3].remark.
var pathStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// fieldValue finds what stands at path in a record, as far as it is JSON; empty
// if it cannot be found. Text comes without its quotes.
func fieldValue(raw []byte, path string) string {
	if path == "" {
		return ""
	}
	value := json.RawMessage(raw)
	for _, step := range pathStep.FindAllString(path, -1) {
		if step[0] == '[' {
			var list []json.RawMessage
			at, err := strconv.Atoi(strings.Trim(step, "[]"))
			if err != nil || json.Unmarshal(value, &list) != nil || at >= len(list) {
				return ""
			}
			value = list[at]
			continue
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil || object[step] == nil {
			return ""
		}
		value = object[step]
	}
	return shortened(strings.Trim(cleanText(value), `"`))
}

// shortened cuts text to 200 characters.
func shortened(text string) string {
	const most = 200
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most])
}
