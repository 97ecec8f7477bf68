package jdy

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"pandian/internal/erphttp"
)

// answer is what any answer has, of the platform and of the gateway before it:
// {"success":true,"data":…}, {"success":false,"errorCode":…,"message":…}, or with
// HTTP 519 {"errcode":…,"description":…,"description_cn":…}, where one of the
// vendor's clients reads code instead of errcode.
type answer struct {
	Success       erphttp.Text    `json:"success"`
	Data          json.RawMessage `json:"data"`
	ErrCode       erphttp.Text    `json:"errcode"`
	ErrorCode     erphttp.Text    `json:"errorCode"`
	Code          erphttp.Text    `json:"code"`
	Message       erphttp.Text    `json:"message"`
	Description   erphttp.Text    `json:"description"`
	DescriptionCN erphttp.Text    `json:"description_cn"`
}

func readAnswer(body []byte) (answer, bool) {
	var found answer
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' {
		return answer{}, false
	}
	return found, json.Unmarshal(body, &found) == nil
}

// code is the one that an answer has, whatever it calls it.
func (a answer) code() string {
	return string(first(a.ErrCode, a.ErrorCode, a.Code))
}

// message is the text that says most to the people who use the platform.
func (a answer) message() string {
	return string(first(a.DescriptionCN, a.Message, a.Description))
}

func first(texts ...erphttp.Text) erphttp.Text {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func isTrue(text erphttp.Text) bool { return strings.EqualFold(string(text), "true") || text == "1" }

// classify reads answers of business calls. That a call was understood is not yet
// that a record was saved: the caller reads on.
func classify(reply erphttp.Reply) erphttp.Verdict {
	found, isJSON := readAnswer(reply.Body)
	isGood := reply.Status >= 200 && reply.Status < 300
	if isJSON && isGood && isTrue(found.Success) {
		return erphttp.Verdict{}
	}
	if row, isKnown := findCode(reply.Status, found.code(), found.message()); isKnown {
		return row.verdict(found.code(), found.message())
	}
	switch {
	case isJSON && found.Success != "" && reply.Status < 500:
		return erphttp.Verdict{Action: erphttp.Final, Code: found.code(), Message: found.message(), Advice: "read the platform's message"}
	case reply.Status == http.StatusUnauthorized: // assumed: the codes for it come with 519
		return erphttp.Verdict{Action: erphttp.LoginExpired, Code: found.code(), Message: found.message()}
	case isGood:
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it has no success that is true or false"}
	}
	verdict := classifyStatus(reply.Status, found)
	if verdict.Action == erphttp.Final {
		// A refusal without the platform's words is of something that stands between.
		verdict.Action, verdict.NoEffect = erphttp.Retry, true
	}
	return verdict
}

// classifyStatus is for answers that no row knows.
func classifyStatus(status int, found answer) erphttp.Verdict {
	verdict := erphttp.StatusVerdict(status)
	verdict.Code = found.code()
	if message := found.message(); message != "" {
		verdict.Message = message
	}
	return verdict
}
