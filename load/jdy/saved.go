package jdy

import (
	"bytes"
	"encoding/json"
	"strings"

	"pandian/internal/erphttp"
)

// saved is what the answer of saveMethod says about one item, or about several of
// which it does not tell which is which.
type saved struct {
	isSaved bool
	ids     []string
	// message is why it was not saved.
	message string
}

// readSaved reads the answer's data: for several items an array in their order
// (the order is assumed), else one object,
//
//	{"success":true,"successPkIds":["…"],"errorInfo":[{"msg":"…"}]}
//
// where some methods put a plain message instead of errorInfo. ok is false where
// it is neither.
func readSaved(body []byte) (results []saved, ok bool) {
	found, isJSON := readAnswer(body)
	data := bytes.TrimSpace(found.Data)
	if !isJSON || len(data) == 0 {
		return nil, false
	}
	elements := []json.RawMessage{data}
	if data[0] == '[' && json.Unmarshal(data, &elements) != nil {
		return nil, false
	}
	for _, element := range elements {
		result, ok := readOne(element)
		if !ok {
			return nil, false
		}
		results = append(results, result)
	}
	return results, len(results) > 0
}

func readOne(element []byte) (saved, bool) {
	var found struct {
		Success      erphttp.Text    `json:"success"`
		SuccessPkIDs []erphttp.Text  `json:"successPkIds"`
		ErrorInfo    json.RawMessage `json:"errorInfo"`
		Message      erphttp.Text    `json:"message"`
	}
	element = bytes.TrimSpace(element)
	if len(element) == 0 || element[0] != '{' || json.Unmarshal(element, &found) != nil || found.Success == "" {
		return saved{}, false
	}
	result := saved{isSaved: isTrue(found.Success)}
	for _, id := range found.SuccessPkIDs {
		result.ids = append(result.ids, string(id))
	}
	texts := append(messagesIn(found.ErrorInfo), string(found.Message))
	result.message = strings.Trim(strings.Join(texts, "; "), "; ")
	return result, true
}

// messagesIn reads errorInfo: [{"msg":"…"}].
func messagesIn(errorInfo []byte) []string {
	var rows []struct {
		Msg     erphttp.Text `json:"msg"`
		Message erphttp.Text `json:"message"`
	}
	if json.Unmarshal(errorInfo, &rows) != nil {
		return []string{string(erphttp.ReadText(errorInfo))}
	}
	var texts []string
	for _, row := range rows {
		if text := first(row.Msg, row.Message); text != "" {
			texts = append(texts, string(text))
		}
	}
	return texts
}

// pair gives each of n items its own result: by place where there are as many, and
// from one object for all when all were saved. ok is false where it cannot be told
// which result is whose; the items are then read back by number.
func pair(results []saved, n int) (each []saved, ok bool) {
	if len(results) == n {
		return results, true
	}
	if len(results) != 1 || !results[0].isSaved || len(results[0].ids) != n {
		return nil, false
	}
	for _, id := range results[0].ids {
		each = append(each, saved{isSaved: true, ids: []string{id}})
	}
	return each, true
}
