package qimen

import (
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// Code is one row of the gateway's error table.
type Code struct {
	Code, Meaning string
	Action        erphttp.Action
	// Wait is how long to stay away; 0 leaves it to the client's backoff.
	Wait   time.Duration
	Advice string
	// Clock says that the code is about the timestamp: with the platform's time
	// instead of this machine's the call may go well, once.
	Clock bool
}

// limitWindow is the window of TOP's call limits: they name the minute.
const limitWindow = time.Minute

// Codes are the errors of the gateway itself (TOP's error list). Codes below
// 100 other than 15, 40 and 41 are problems of the request or of permissions.
func Codes() []Code {
	const (
		permission = "have the app authorised for this interface at the open platform"
		bug        = "this is a fault in pandian or in url: report it"
		signature  = "check app_secret and sign_method"
		session    = "these calls need no session: check that the app is a Qimen app"
		key        = "check app_key"
		clock      = "set this machine's clock by NTP: 10 minutes off is too much"
		arguments  = "check what the platform names: sid or customer_id, and the filters of the connection"
	)
	return []Code{
		{Code: "7", Meaning: "app call limited", Action: erphttp.Throttle, Wait: limitWindow},
		{Code: "8", Meaning: "app call limited (frequency, older lists)", Action: erphttp.Throttle, Wait: limitWindow},
		{Code: "9", Meaning: "HTTP action not allowed", Action: erphttp.Final, Advice: bug},
		{Code: "10", Meaning: "service currently unavailable", Action: erphttp.Retry},
		{Code: "11", Meaning: "insufficient ISV permissions", Action: erphttp.Final, Advice: permission},
		{Code: "12", Meaning: "insufficient user permissions", Action: erphttp.Final, Advice: permission},
		{Code: "13", Meaning: "insufficient partner permissions", Action: erphttp.Final, Advice: permission},
		// 15 is decided by its sub code; alone it is the callee's refusal.
		{Code: "15", Meaning: "remote service error", Action: erphttp.Final},
		{Code: "21", Meaning: "missing method", Action: erphttp.Final, Advice: bug},
		{Code: "22", Meaning: "invalid method", Action: erphttp.Final, Advice: "check url: each vendor has a gateway of its own"},
		{Code: "23", Meaning: "invalid format", Action: erphttp.Final, Advice: bug},
		{Code: "24", Meaning: "missing signature", Action: erphttp.Final, Advice: bug},
		{Code: "25", Meaning: "invalid signature", Action: erphttp.Final, Advice: signature},
		{Code: "26", Meaning: "missing session", Action: erphttp.Final, Advice: session},
		{Code: "27", Meaning: "invalid session", Action: erphttp.Final, Advice: session},
		{Code: "28", Meaning: "missing app key", Action: erphttp.Final, Advice: key},
		{Code: "29", Meaning: "invalid app key", Action: erphttp.Final, Advice: key},
		{Code: "30", Meaning: "missing timestamp", Action: erphttp.Final, Advice: clock, Clock: true},
		{Code: "31", Meaning: "invalid timestamp", Action: erphttp.Final, Advice: clock, Clock: true},
		{Code: "32", Meaning: "missing version", Action: erphttp.Final, Advice: bug},
		{Code: "33", Meaning: "invalid version", Action: erphttp.Final, Advice: bug},
		{Code: "34", Meaning: "unsupported version", Action: erphttp.Final, Advice: bug},
		{Code: "40", Meaning: "missing required arguments", Action: erphttp.Final, Advice: arguments},
		{Code: "41", Meaning: "invalid arguments", Action: erphttp.Final, Advice: arguments},
		// Assumed, in no public list: the callee's own check of the signature failed.
		{Code: "sign-check-failure", Meaning: "the callee refused the signature", Action: erphttp.Final,
			Advice: "check app_secret and target_app_key"},
	}
}

// Judge decides about a failure that the vendor's own table does not name.
//
// The call limits come first, then the sub code's family (isp. is the
// platform's side and may pass, isv. is the caller's), then the gateway's
// table. What none of them knows is final.
func Judge(e Envelope) (verdict erphttp.Verdict, clock bool) {
	verdict = erphttp.Verdict{
		Action: erphttp.Final, Code: e.Code, Message: e.Message, SubCode: e.SubCode, SubMessage: e.SubMessage,
	}
	if verdict.Code == "" && e.ErrorCode != "0" {
		verdict.Code = e.ErrorCode
	}
	if e.Code == "" && e.SubCode == "" && e.Message == "" && e.ErrorCode == "" {
		verdict.Message = "the answer has neither errorcode nor an error"
	}
	codes := Codes()
	at := slices.IndexFunc(codes, func(row Code) bool { return row.Code == e.Code })
	switch {
	case at >= 0 && codes[at].Action == erphttp.Throttle:
		verdict.Action, verdict.Wait = erphttp.Throttle, codes[at].Wait
	case strings.HasPrefix(e.SubCode, "isp."):
		verdict.Action = erphttp.Retry
	case at >= 0:
		verdict.Action = codes[at].Action
		if strings.HasPrefix(e.SubCode, "isv.") {
			verdict.Action = erphttp.Final
		}
		verdict.Advice = codes[at].Advice
		if verdict.Message == "" {
			verdict.Message = codes[at].Meaning
		}
		clock = codes[at].Clock
	}
	return verdict, clock
}
