package jst

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// beijing is the zone of every time on the wire.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// arguments are business parameters by their name on the open platform, each as
// the texts that were sent. Numbers, truth values and texts are taken for one
// another, since published requests mix them.
type arguments map[string][]string

// readJSON reads the JSON object of a request.
func readJSON(text []byte) (arguments, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, fmt.Errorf("read business parameters: %w", err)
	}
	if decoder.More() {
		return nil, fmt.Errorf("read business parameters: more than one value")
	}
	args := arguments{}
	for name, value := range members {
		list, isList := value.([]any)
		if !isList {
			list = []any{value}
		}
		for _, element := range list {
			if element != nil {
				args[name] = append(args[name], fmt.Sprint(element))
			}
		}
	}
	return args, nil
}

// qimenNames are the parameters of the Qimen method and their names on the
// open platform, where they differ.
var qimenNames = map[string]string{
	"start_time": "modified_begin", "end_time": "modified_end", "date_type": "date_type", "status": "status",
	"page_index": "page_index", "page_size": "page_size", "start_ts": "start_ts", "is_get_total": "is_get_total",
	"so_ids": "so_ids", "o_ids": "o_ids", "io_ids": "io_ids", "wave_ids": "wave_ids", "shop_id": "shop_id",
	"wms_co_id": "wms_co_id", "owner_co_id": "owner_co_id", "archive": "archive",
}

// readForm takes the business parameters out of a Qimen request.
func readForm(params map[string]string) arguments {
	args := arguments{}
	for name, open := range qimenNames {
		if params[name] != "" {
			args[open] = []string{params[name]}
		}
	}
	return args
}

// text is a parameter as text, empty when it was not sent.
func (a arguments) text(name string) string {
	if len(a[name]) == 0 {
		return ""
	}
	return a[name][0]
}

// integer is a parameter as a number, or usual when it was not sent.
func (a arguments) integer(name string, usual int64) (int64, *refusal) {
	text := a.text(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, refuse(badParameter, name+"不是整数")
	}
	return n, nil
}

// flag is a parameter as a truth value, or usual when it was not sent.
func (a arguments) flag(name string, usual bool) (bool, *refusal) {
	text := a.text(name)
	if text == "" {
		return usual, nil
	}
	on, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, refuse(badParameter, name+"不是布尔值")
	}
	return on, nil
}

// moment is a parameter as a time, zero when it was not sent.
func (a arguments) moment(name string) (time.Time, *refusal) {
	text := a.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateTime, text, beijing)
	if err != nil {
		return time.Time{}, refuse(badParameter, name+"格式应为yyyy-MM-dd HH:mm:ss")
	}
	return t, nil
}

// list is a parameter that holds up to most values: an array, the text of an
// array, or values between commas (that all are taken is assumed). It is nil
// when nothing was sent.
func (a arguments) list(name string, most int) ([]string, *refusal) {
	var out []string
	for _, text := range a[name] {
		if strings.HasPrefix(text, "[") {
			inner, err := readJSON([]byte(`{"list":` + text + `}`))
			if err != nil {
				return nil, refuse(badParameter, name+"格式错误")
			}
			out = append(out, inner["list"]...)
			continue
		}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	if len(out) > most {
		return nil, refuse(badParameter, fmt.Sprintf("%s最多%d个", name, most))
	}
	return out, nil
}

// numbers is list for whole numbers.
func (a arguments) numbers(name string, most int) ([]int64, *refusal) {
	texts, refused := a.list(name, most)
	var out []int64
	for _, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, refuse(badParameter, name+"不是整数")
		}
		out = append(out, n)
	}
	return out, refused
}
