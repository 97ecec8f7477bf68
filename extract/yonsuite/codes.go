package yonsuite

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// Code is one row of the platform's error table.
type Code struct {
	Code, Meaning string
	Action        erphttp.Action
	Advice        string
}

// Codes are the published codes of business calls.
func Codes() []Code {
	return []Code{
		{Code: "200", Meaning: "success", Action: erphttp.OK},
		// The query found nothing: an answer without records, not a failure.
		{Code: "1002", Meaning: "no such data (数据不存在)", Action: erphttp.OK},
		{Code: "310036", Meaning: "token expired or invalid (非法token)", Action: erphttp.LoginExpired,
			Advice: "check app_key and app_secret, and that the app is enabled for this tenant"},
		{Code: "310008", Meaning: "bad parameter (参数校验失败)", Action: erphttp.Final, Advice: "check the filters of the dataset"},
		// The text decides: it may also be a token that ran out.
		{Code: "999", Meaning: "server logic error", Action: erphttp.Final, Advice: "read the platform's message"},
		{Code: "500", Meaning: "system error", Action: erphttp.Retry},
		{Code: "9999", Meaning: "system error", Action: erphttp.Retry},
		{Code: "506", Meaning: "wrong filter form (other list interfaces)", Action: erphttp.Final, Advice: "check the filters of the dataset"},
		{Code: "118003", Meaning: "too many items in one call", Action: erphttp.Final, Advice: "narrow filters by org and warehouse"},
	}
}

// The platform's texts that say more than the code beside them.
const (
	tokenRanOut  = "bTmptoken已失效"
	tokenMissing = "access_token不能为空"
)

// throttleWait is assumed: ceilings are per minute, the code is not published.
const throttleWait = time.Minute

// isThrottled recognises throttling by its text, for want of a published code.
func isThrottled(text string) bool {
	return strings.Contains(text, "限流") || strings.Contains(text, "频率")
}

// answer is what every answer of the platform has.
type answer struct {
	Code    erphttp.Text    `json:"code"`
	Message erphttp.Text    `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// judge decides about an envelope; known is false where it has no code.
func judge(envelope []byte) (verdict erphttp.Verdict, known bool) {
	var found answer
	if err := json.Unmarshal(envelope, &found); err != nil || found.Code == "" {
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it has no code"}, false
	}
	return judgeCode(string(found.Code), string(found.Message)), true
}

func judgeCode(code, message string) erphttp.Verdict {
	verdict := erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message, Advice: "read the platform's message"}
	codes := Codes()
	if at := slices.IndexFunc(codes, func(row Code) bool { return row.Code == code }); at >= 0 {
		row := codes[at]
		if row.Action == erphttp.OK {
			return erphttp.Verdict{}
		}
		verdict.Action, verdict.Advice = row.Action, row.Advice
		if message == "" {
			verdict.Message = row.Meaning
		}
	}
	switch {
	case strings.Contains(message, tokenRanOut):
		verdict.Action = erphttp.LoginExpired
	case strings.Contains(message, tokenMissing):
		verdict.Action, verdict.Advice = erphttp.Final, "this is a fault in pandian or in a proxy that drops the query: report it"
	case isThrottled(message):
		verdict.Action, verdict.Wait, verdict.Advice = erphttp.Throttle, throttleWait, "lower calls_per_minute if it keeps happening"
	}
	return verdict
}

// classifyStock looks at the first bytes of an answer. A long one may keep its
// code for the end, after the records: that is looked at when they have been read.
func classifyStock(reply erphttp.Reply) erphttp.Verdict {
	envelope, bodyErr := extract.ScanEnvelope(reply.Body, StockLayout())
	verdict, known := judge(envelope)
	if known && verdict.Action != erphttp.OK {
		return verdict
	}
	if byStatus := classifyStatus(reply); byStatus.Action != erphttp.OK {
		return byStatus
	}
	switch {
	case bodyErr != nil && (reply.Whole || !cutOff(bodyErr)):
		return erphttp.Verdict{Action: erphttp.Retry, Message: bodyErr.Error()}
	case reply.Whole && !known:
		return verdict
	default:
		return erphttp.Verdict{}
	}
}

// classifyStatus is for answers without a code. That 401 is about the token is
// assumed; the caller tries a new one only once.
func classifyStatus(reply erphttp.Reply) erphttp.Verdict {
	verdict := erphttp.StatusVerdict(reply.Status)
	switch {
	case verdict.Action == erphttp.OK:
		return verdict
	case verdict.Action == erphttp.Throttle || isThrottled(string(reply.Body)):
		verdict.Action, verdict.Wait = erphttp.Throttle, throttleWait
	case reply.Status == http.StatusUnauthorized:
		verdict.Action = erphttp.LoginExpired
	}
	return verdict
}
