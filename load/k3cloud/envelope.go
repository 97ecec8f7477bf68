package k3cloud

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"pandian/internal/erphttp"
)

// status is the ResponseStatus of an answer. ErrorCode is left out: it is 500 or
// absent, which IsSuccess says too.
type status struct {
	IsSuccess erphttp.Text
	MsgCode   erphttp.Text
	Errors    []complaint
	// SuccessEntitys, as the platform spells it.
	SuccessEntitys []entity
}

// complaint is one entry of Errors. They are grouped by check, not by bill.
type complaint struct {
	FieldName, Message erphttp.Text
	// DIndex is the place of the bill in Model, or in the list of numbers, from 0.
	DIndex erphttp.Text
}

// entity is one entry of SuccessEntitys. That DIndex is the place in Model when
// other bills failed is assumed, so Number goes first where there is one.
type entity struct {
	ID     erphttp.Text `json:"Id"`
	Number erphttp.Text
	DIndex erphttp.Text
}

// result is the Result of an answer; Save names its bill beside the status too.
type result struct {
	ResponseStatus *status
	ID             erphttp.Text `json:"Id"`
	Number         erphttp.Text
}

func (s *status) isSuccess() bool { return strings.EqualFold(string(s.IsSuccess), "true") }

// code is the row of the table for the answer as a whole.
func (s *status) code() Code {
	if len(s.Errors) == 0 {
		return findCode(string(s.MsgCode), "", "")
	}
	return s.codeOf(s.Errors[0])
}

func (s *status) codeOf(one complaint) Code {
	return findCode(string(s.MsgCode), string(one.FieldName), string(one.Message))
}

// message is all that the platform complains of, without repetition.
func (s *status) message() string { return joinMessages(s.Errors) }

func joinMessages(complaints []complaint) string {
	var texts []string
	seen := map[string]bool{}
	for _, one := range complaints {
		text := string(one.Message)
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// place reads a DIndex; -1 where it names none of count bills.
func place(text erphttp.Text, count int) int {
	at, err := strconv.Atoi(string(text))
	if err != nil || at < 0 || at >= count {
		return -1
	}
	return at
}

// reply is an answer of DynamicFormService: a result, or the rows of a query.
type reply struct {
	result *result
	rows   [][]erphttp.Text
}

// readReply reads {"Result":{"ResponseStatus":…}}, the same inside [[…]] as a query
// answers its errors, or a bare table; ok is false for anything else.
func readReply(body []byte) (found reply, ok bool) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		found.result, ok = readResult(body)
		return found, ok
	}
	var table [][]json.RawMessage
	if err := json.Unmarshal(body, &table); err != nil || table == nil {
		return reply{}, false
	}
	if len(table) == 1 && len(table[0]) == 1 {
		if found.result, ok = readResult(table[0][0]); ok {
			return found, true
		}
	}
	found.rows = make([][]erphttp.Text, len(table))
	for i, row := range table {
		for _, cell := range row {
			found.rows[i] = append(found.rows[i], erphttp.ReadText(cell))
		}
	}
	return found, true
}

func readResult(body []byte) (*result, bool) {
	var envelope struct{ Result *result }
	err := json.Unmarshal(body, &envelope)
	if err != nil || envelope.Result == nil || envelope.Result.ResponseStatus == nil {
		return nil, false
	}
	return envelope.Result, true
}

// readException reads the text that stands for JSON when the server threw an
// exception: "response_error:发生时间：…\r\n错误编号：…\r\n错误信息：…".
func readException(body []byte) (message string, ok bool) {
	text, ok := strings.CutPrefix(string(bytes.TrimSpace(body)), "response_error:")
	if !ok {
		return "", false
	}
	if _, said, hasLabel := strings.Cut(text, "错误信息："); hasLabel {
		text = said
	}
	return strings.TrimSpace(text), true
}

// printable makes a platform's text fit for a line on a terminal: control and
// invisible characters become spaces, and it is cut after limit characters.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
