package jst

import (
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// Code is one row of 聚水潭's own error tables.
type Code struct {
	Code, Meaning string
	Action        erphttp.Action
	// Wait is how long to stay away; 0 leaves it to the client's backoff.
	Wait time.Duration
	// NextMinute says to stay away until the platform's next minute begins.
	NextMinute bool
	Advice     string
	// Clock says that the code is about the timestamp; ClockText that it is so
	// where the message speaks of one, and about something else otherwise.
	Clock, ClockText bool
}

// Advice that stands for several codes.
const (
	adviceSignature  = "check app_secret (on the old gateway partner_key)"
	adviceAddress    = "have the address that the message names put on the app's list of allowed addresses (IP白名单)"
	adviceBug        = "this is a fault in pandian or in url: report it"
	adviceArguments  = "read the platform's message; check the filters of the connection"
	adviceClock      = "set this machine's clock by NTP: 10 minutes off is too much"
	advicePermission = "have the app authorised for this interface at the open platform, and check url"
	adviceGrant      = "grant the partner again (授权) and put the new token into the configuration"
	adviceConsent    = "the merchant has to consent again (重新授权): put the new access_token and refresh_token into the configuration"
)

// Codes is the error table of a route.
//
// The tables were renumbered: 140 and 150 mean different things on the old
// gateway and on the open platform. Both are in use with apps of the open platform
// (assumed), so there the rows that only the older table has are valid as well.
// The older one is that of the old gateway. Errors of 聚水潭 behind Qimen are
// assumed to be those of the newer; the gateway's own are in package qimen.
func Codes(route Route) []Code {
	if route == Old {
		return oldCodes()
	}
	codes := newCodes()
	for _, row := range oldCodes() {
		if !slices.ContainsFunc(codes, func(known Code) bool { return known.Code == row.Code }) {
			row.Meaning += " (older table)"
			codes = append(codes, row)
		}
	}
	return codes
}

func newCodes() []Code {
	return []Code{
		{Code: "0", Meaning: "success"},
		{Code: "10", Meaning: "invalid sign", Action: erphttp.Final, Advice: adviceSignature},
		{Code: "100", Meaning: "token invalid or expired", Action: erphttp.LoginExpired},
		{Code: "110", Meaning: "address not allowed", Action: erphttp.Final, Advice: adviceAddress},
		{Code: "140", Meaning: "bad timestamp", Action: erphttp.Final, Advice: adviceArguments, ClockText: true},
		// To a refresh it says that the app may not; what it says to a query is not known.
		{Code: "150", Meaning: "third-party app may not refresh", Action: erphttp.Retry},
		{Code: "190", Meaning: "no permission for this interface", Action: erphttp.Final, Advice: advicePermission},
		{Code: "199", Meaning: "more than 5 calls in a second", Action: erphttp.Throttle, Wait: time.Second},
		{Code: "200", Meaning: "more than 100 calls in a minute", Action: erphttp.Throttle, NextMinute: true},
	}
}

func oldCodes() []Code {
	return []Code{
		{Code: "0", Meaning: "success"},
		{Code: "100", Meaning: "partner grant wrong or expired", Action: erphttp.LoginExpired, Advice: adviceGrant},
		{Code: "110", Meaning: "address not allowed", Action: erphttp.Final, Advice: adviceAddress},
		{Code: "120", Meaning: "invalid sign", Action: erphttp.Final, Advice: adviceSignature},
		{Code: "130", Meaning: "empty payload", Action: erphttp.Final, Advice: adviceBug},
		{Code: "140", Meaning: "bad parameter", Action: erphttp.Final, Advice: adviceArguments, ClockText: true},
		{Code: "150", Meaning: "internal error", Action: erphttp.Retry},
		{Code: "160", Meaning: "save failed or document missing", Action: erphttp.Final, Advice: adviceArguments},
		{Code: "170", Meaning: "shop number unknown or data not valid", Action: erphttp.Final, Advice: adviceArguments},
		{Code: "180", Meaning: "bad timestamp", Action: erphttp.Final, Advice: adviceClock, Clock: true},
		{Code: "190", Meaning: "no permission, or unknown method", Action: erphttp.Final, Advice: advicePermission},
		{Code: "199", Meaning: "called too often", Action: erphttp.Throttle, Wait: time.Second},
		{Code: "200", Meaning: "call quota exceeded", Action: erphttp.Throttle, NextMinute: true},
	}
}

// judgeCode decides about a code other than 0. What the table does not name is
// final. timing says that this machine's clock may be the reason.
func judgeCode(route Route, code, message string) (verdict erphttp.Verdict, nextMinute, timing bool) {
	verdict = erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message}
	codes := Codes(route)
	at := slices.IndexFunc(codes, func(row Code) bool { return row.Code == code })
	if at < 0 {
		return verdict, false, false
	}
	row := codes[at]
	verdict.Action, verdict.Wait, verdict.Advice = row.Action, row.Wait, row.Advice
	if message == "" {
		verdict.Message = row.Meaning
	}
	timing = row.Clock || row.ClockText && speaksOfTimestamp(message)
	if timing {
		verdict.Advice = adviceClock
	}
	return verdict, row.NextMinute, timing
}

func speaksOfTimestamp(message string) bool {
	lower := strings.ToLower(message)
	return strings.Contains(lower, "timestamp") || strings.Contains(lower, "时间戳")
}

// toNextMinute is how long the platform's present minute goes on, and a second
// for the way there.
func toNextMinute(now time.Time) time.Duration {
	return now.Truncate(time.Minute).Add(time.Minute + time.Second).Sub(now)
}
