package jdy

import (
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// unknown is how the platform says that it does not have what was named.
const unknown = "不存在"

// Decision is what an answer means for the documents it is about.
type Decision string

const (
	// Refused: the platform will not take the document, now or later.
	Refused Decision = "refused"
	// Misconfigured: it takes no document until a person has changed something.
	Misconfigured Decision = "misconfigured"
	// Expired: the token is no longer good. Nothing happened; a new one is fetched
	// and the call repeated, once.
	Expired Decision = "expired"
	// Throttled: too many calls. Nothing happened; the call is repeated after Wait.
	Throttled Decision = "throttled"
	// Retryable: the gateway says that it kept the call out. It is repeated after a
	// wait, a write only after another look-up.
	Retryable Decision = "retryable"
	// Duplicate: the number is taken; a look-up decides by whom.
	Duplicate Decision = "duplicate"
	// InDoubt: nobody knows whether it happened. A look-up is repeated; a write
	// never is before a look-up.
	InDoubt Decision = "in_doubt"
)

// Code is one row of the platform's error table. An answer is of the first row
// whose Status, Code and Texts all fit.
type Code struct {
	// Status is the HTTP status; 0 is any.
	Status int
	// Code is errcode, errorCode or code; empty is any.
	Code string
	// Texts are parts of the message, of which one must be there; none is any.
	// With are further ones, of which one must be there too, and of Without there
	// must be none. Case does not count.
	Texts, With, Without []string

	Meaning  string
	Decision Decision
	// Wait is how long to stay away.
	Wait time.Duration
	// Advice tells a person what to do.
	Advice string
}

// Codes are the gateway's codes, which come with HTTP 519, and the texts of rules
// for 商品, which were seen in the newer generation and are assumed here. V1's
// own errorCode values are not published.
func Codes() []Code {
	return slices.Concat(gatewayCodes(), businessCodes(), ruleTexts())
}

func gatewayCodes() []Code {
	const (
		client  = "check client_id and client_secret"
		fault   = "check this machine's clock, and sign_headers"
		support = "ask the vendor whether the app may use this interface"
	)
	return []Code{
		{Status: 429, Meaning: "called too often", Decision: Throttled, Wait: time.Minute, Advice: "lower calls_per_minute if it keeps happening"},
		{Code: "4001", Meaning: "auth version not supported", Decision: Misconfigured, Advice: fault},
		{Code: "4002", Meaning: "client id empty", Decision: Misconfigured, Advice: client},
		{Code: "4003", Meaning: "client id invalid", Decision: Misconfigured, Advice: client},
		{Code: "4004", Meaning: "client secret empty", Decision: Misconfigured, Advice: client},
		{Code: "4005", Meaning: "id or secret invalid", Decision: Misconfigured, Advice: client},
		{Code: "4006", Meaning: "timestamp invalid", Decision: Misconfigured, Advice: fault},
		{Code: "4007", Meaning: "sign headers invalid", Decision: Misconfigured, Advice: fault},
		{Code: "4008", Meaning: "signature invalid", Decision: Misconfigured, Advice: client},
		{Code: "4009", Meaning: "access token empty", Decision: Expired, Advice: client},
		{Code: "4010", Meaning: "access token invalid", Decision: Expired, Advice: client},
		{Code: "4011", Meaning: "access token expired", Decision: Expired, Advice: client},
		{Code: "4012", Meaning: "no right to call this API", Decision: Misconfigured, Advice: support},
		{Code: "5000", Meaning: "internal service failed", Decision: InDoubt},
		{Code: "5001", Meaning: "API not found", Decision: Misconfigured, Advice: "check url and router_addr; " + support},
		{Code: "5002", Meaning: "method not allowed", Decision: Misconfigured, Advice: support},
		{Code: "5003", Meaning: "API unavailable", Decision: Retryable},
		{Code: "5004", Meaning: "timeout", Decision: InDoubt},
		{Code: "5005", Meaning: "cancelled", Decision: InDoubt},
		{Code: "5006", Meaning: "fused (熔断)", Decision: Retryable},
		{Code: "5007", Meaning: "overload", Decision: Retryable},
	}
}

func businessCodes() []Code {
	return []Code{
		// Of the newer generation, whose app secret changes each day.
		{Code: "1030002006", Meaning: "stale app secret (授权密钥校验失败)", Decision: Expired, Advice: "authorise the app again"},
		// What it says beside that goes first: a code for everything is likely.
		{Code: "2000002000", Without: []string{unknown, "已存在"}, Meaning: "system error (系统错误)", Decision: InDoubt},
	}
}

// ruleTexts are read last and from top to bottom: they are words, and words
// change.
func ruleTexts() []Code {
	const master = "create it in 金蝶云星辰 or correct the mapping, then retry"
	return []Code{
		{Texts: []string{"token已过期", "token过期", "token失效", "token已失效", "token无效", "token expired", "token invalid", "invalid token"},
			Meaning: "token no longer good (text assumed)", Decision: Expired},
		{Texts: []string{"accountId", "groupName", "账套"}, Meaning: "wrong account (text assumed)", Decision: Misconfigured,
			Advice: "check account_id and group_name"},
		{Texts: []string{"已存在", "重复"}, With: []string{"名称", "name"}, Without: []string{"编码", "编号", "number"},
			Meaning: "another material has this name", Decision: Refused,
			Advice: "give it another name, as in name(number); ignorewarn lets it pass but may overwrite what exists"},
		{Texts: []string{"已存在", "重复"}, Meaning: "another material has this number", Decision: Duplicate,
			Advice: "compare the material with the document; change the number of one of them"},
		{Texts: []string{"不能为空"}, Meaning: "a mandatory field is missing", Decision: Refused, Advice: "complete the mapping, then retry"},
		{Texts: []string{unknown}, Meaning: "unknown reference", Decision: Refused, Advice: master},
		{Texts: []string{"invalid value", "proto:"}, Meaning: "wrong JSON type", Decision: Refused, Advice: "correct the field's type in the mapping"},
		{Texts: []string{"系统错误"}, Meaning: "system error", Decision: InDoubt},
	}
}

// findCode returns the row of an answer.
func findCode(status int, code, message string) (Code, bool) {
	codes := Codes()
	at := slices.IndexFunc(codes, func(row Code) bool { return row.fits(status, code, message) })
	if at < 0 {
		return Code{}, false
	}
	return codes[at], true
}

func (c Code) fits(status int, code, message string) bool {
	has := func(fragment string) bool {
		return strings.Contains(strings.ToLower(message), strings.ToLower(fragment))
	}
	return (c.Status == 0 || c.Status == status) && (c.Code == "" || c.Code == code) &&
		(len(c.Texts) == 0 || slices.ContainsFunc(c.Texts, has)) &&
		(len(c.With) == 0 || slices.ContainsFunc(c.With, has)) && !slices.ContainsFunc(c.Without, has)
}

// verdict is the row for the client that repeats calls.
func (c Code) verdict(code, message string) erphttp.Verdict {
	if message == "" {
		message = c.Meaning
	}
	verdict := erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message, Advice: c.Advice, Wait: c.Wait}
	switch c.Decision {
	case Expired:
		verdict.Action = erphttp.LoginExpired
	case Throttled:
		verdict.Action = erphttp.Throttle
	case Retryable, InDoubt:
		verdict.Action = erphttp.Retry
	}
	return verdict
}
