package tplus

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"pandian/internal/erphttp"
)

// envelope is what an answer has that is an object: newer services always have
// one, older ones only when something is wrong.
type envelope struct {
	Code    erphttp.Text    `json:"code"`
	Message erphttp.Text    `json:"message"`
	Data    json.RawMessage `json:"data"`
	// Error is a text, or {"code","msg","hint"} from the sign-in services.
	Error json.RawMessage `json:"error"`
	// Result is true or false, or the data of a sign-in.
	Result json.RawMessage `json:"result"`
}

// readEnvelope is the zero envelope for an answer that is no object: null, a list,
// a text. isJSON is false for what is no JSON at all.
func readEnvelope(body []byte) (found envelope, isJSON bool) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return envelope{}, false
	}
	if body[0] == '{' && json.Unmarshal(body, &found) != nil {
		return envelope{}, false
	}
	return found, true
}

// failure is the code and text of what is wrong; both are empty where nothing is.
func (e envelope) failure() (code, message string) {
	var inner struct {
		Code      erphttp.Text `json:"code"`
		Msg, Hint erphttp.Text
	}
	switch text := erphttp.ReadText(e.Error); {
	case text == "":
	case json.Unmarshal(e.Error, &inner) == nil:
		return string(inner.Code), strings.TrimSpace(string(inner.Msg) + " " + string(inner.Hint))
	default:
		return "", string(text)
	}
	if code = string(e.Code); isGoodCode(code) {
		code = ""
	}
	if code != "" || string(e.Result) == "false" {
		return code, string(e.Message)
	}
	return "", ""
}

// isGood says that an answer reports no error: by the vendor's own rule an error is
// one that has a code, and newer services have a code of success.
func (e envelope) isGood() bool {
	return isGoodCode(string(e.Code)) && erphttp.ReadText(e.Error) == "" && string(e.Result) != "false"
}

func isGoodCode(code string) bool { return slices.Contains([]string{"", "0", "200"}, code) }

// classify reads answers of business calls.
func classify(reply erphttp.Reply) erphttp.Verdict {
	found, isJSON := readEnvelope(reply.Body)
	isOK := reply.Status >= 200 && reply.Status < 300
	if isJSON && isOK && found.isGood() {
		return erphttp.Verdict{}
	}
	code, message := found.failure()
	if message == "" {
		message = string(found.Message)
	}
	if row, isKnown := findCode(reply.Status, code, message); isKnown {
		return row.verdict(code, message)
	}
	hasWords := code != "" || message != ""
	isTokens := reply.Status == http.StatusUnauthorized || reply.Status == http.StatusForbidden
	switch {
	case code == "" && erphttp.ReadText(found.Error) != "" && !isTokens:
		// T+ gives its refusals a code: this is of the gateway, and says too little.
		return erphttp.Verdict{Action: erphttp.Retry, Message: message}
	case hasWords && (reply.Status < 500 || reply.Status == statusRule):
		return classifyWords(reply.Status, code, message)
	case isTokens:
		return erphttp.Verdict{Action: erphttp.LoginExpired, Message: "the token is not accepted"}
	case isOK:
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it is not JSON of this platform"}
	}
	verdict := erphttp.StatusVerdict(reply.Status)
	verdict.Code = code
	if verdict.Action == erphttp.Final {
		// A refusal without the platform's words is of something that stands between.
		verdict.Action, verdict.NoEffect = erphttp.Retry, true
	}
	return verdict
}

// statusRule is an HTTP status of T+'s own.
const statusRule = 999

// classifyWords is for a refusal that no row knows: of the token under 401 and 403,
// of the document else.
func classifyWords(status int, code, message string) erphttp.Verdict {
	verdict := erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message, Advice: "read the platform's message"}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		verdict.Action = erphttp.LoginExpired
	}
	return verdict
}

// classifyLogin reads answers of the sign-in services. A code that says "already
// logged in" is let through: the token is in it.
func classifyLogin(reply erphttp.Reply) erphttp.Verdict {
	const advice = "check the credentials of the connection; a refresh token is good once and for about 30 days: authorise the app again"
	found, isJSON := readEnvelope(reply.Body)
	isOK := reply.Status >= 200 && reply.Status < 300
	if isJSON && (isOK && found.isGood() || found.Code == loggedIn) {
		return erphttp.Verdict{}
	}
	code, message := found.failure()
	row, isKnown := findCode(reply.Status, code, message)
	switch {
	case isKnown && row.Decision != Expired && row.Decision != Duplicate:
		verdict := row.verdict(code, message)
		if verdict.Advice == "" {
			verdict.Advice = advice
		}
		return verdict
	case code != "" || message != "" || isJSON && isOK:
		return erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message, Advice: advice}
	case isOK:
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it is not JSON of this platform"}
	}
	verdict := erphttp.StatusVerdict(reply.Status)
	if verdict.Action == erphttp.Final {
		verdict.Advice = advice
	}
	return verdict
}

// loggedIn is the code with which a sign-in gives out the token that there is.
const loggedIn = "EXSM0004"
