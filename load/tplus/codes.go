package tplus

import (
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// Decision is what an answer means for the document it is about.
type Decision string

const (
	// Refused: the platform will not take the document, now or later.
	Refused Decision = "refused"
	// Barred: it takes no document until a person has changed something.
	Barred Decision = "barred"
	// Expired: the token is no longer good. Nothing happened; it is renewed and the
	// call repeated, once.
	Expired Decision = "expired"
	// Throttled: too many calls. Nothing happened; the call is repeated after Wait.
	Throttled Decision = "throttled"
	// Paused: throttled, or no such service. Nothing happened; the call is repeated
	// once, after Wait, and then nothing is sent for now.
	Paused Decision = "paused"
	// Duplicate: the voucher's number is taken; a look-up decides by whom.
	Duplicate Decision = "duplicate"
	// InDoubt: nobody knows whether it happened. A look-up is repeated; a write
	// never is before a look-up.
	InDoubt Decision = "in_doubt"
)

// Code is one row of the platform's error table. An answer is of the first row
// whose Statuses, Code and Texts all fit.
type Code struct {
	// Statuses are HTTP statuses; none is any.
	Statuses []int
	// Code is empty for any, or for none where HasNoCode is set.
	Code      string
	HasNoCode bool
	// Texts are parts of the message, of which one must be there; none is any.
	Texts    []string
	Meaning  string
	Decision Decision
	// Wait is how long to stay away.
	Wait time.Duration
	// IsOutage says that the platform does not reach the server, so that no other
	// document is tried for Connection.OutageWait.
	IsOutage bool
	// Advice tells a person what to do.
	Advice string
}

// Codes are the rows of the platform page, the particular ones first: its codes
// mean different things under different statuses, and much is said in words only.
func Codes() []Code {
	return slices.Concat(gatewayCodes(), authCodes(), serverCodes(), serverTexts(), generalCodes())
}

func gatewayCodes() []Code {
	return []Code{
		{Statuses: []int{401}, Code: "50112", Meaning: "monthly quota used up", Decision: Barred, Advice: "raise the quota of app and organisation, or wait for the next month"},
		{Statuses: []int{403}, Code: "50112", Meaning: "app key is not that of the token", Decision: Barred, Advice: "check app_key; the token is of another app"},
		{Code: "50107", Meaning: "token expired (openToken已失效)", Decision: Expired, Advice: "authorise the app again"},
		{Statuses: []int{401, 403, 404}, Code: "50000", Meaning: "wrong app secret, token or path", Decision: Barred, Advice: "check app_secret, the token and url"},
		{Statuses: []int{409}, HasNoCode: true, Meaning: "protective throttling", Decision: Throttled, Wait: 30 * time.Second, Advice: "lower calls_per_minute if it keeps happening"},
		{Statuses: []int{429}, Meaning: "throttled", Decision: Throttled, Wait: 30 * time.Second, Advice: "lower calls_per_minute if it keeps happening"},
		{Code: "EXERROR0001", Texts: []string{"网络异常"}, Meaning: "the platform does not reach the T+ server", Decision: InDoubt, IsOutage: true,
			Advice: "see whether the T+ server runs and is reachable"},
	}
}

func authCodes() []Code {
	const app = "check app_key and app_secret"
	return []Code{
		{Code: "4001", Meaning: "appKey empty", Decision: Barred, Advice: app},
		{Code: "4002", Meaning: "appKey wrong", Decision: Barred, Advice: app},
		{Code: "4003", Meaning: "grantType empty", Decision: Barred, Advice: "this is a fault in pandian or in a proxy that drops the query: report it"},
		{Code: "4008", Meaning: "grantType not supported", Decision: Barred, Advice: "check what kind of app it is and which token was given"},
		{Code: "4007", Meaning: "token invalid or expired", Decision: Expired, Advice: "authorise the app again"},
		{Code: "14002", Meaning: "too fast", Decision: Throttled, Wait: 5 * time.Second, Advice: "see that no other program uses the same app"},
		{Code: "500", Meaning: "internal error", Decision: InDoubt},
		{Code: "50000", Meaning: "system error", Decision: Barred, Advice: "check app_secret and the token; then ask the vendor"},
		{Code: "50003", Meaning: "configuration, or app key mismatch", Decision: Barred, Advice: app + ", and app_ticket and certificate"},
		{Code: "50112", Meaning: "quota, or app key mismatch", Decision: Barred, Advice: "read the platform's message"},
	}
}

func serverCodes() []Code {
	return []Code{
		{Code: "EXSM0003", Meaning: "bad token (提供令牌信息不正确)", Decision: Expired, Advice: "check username, password and account_number"},
		{Code: "EXSM0004", Meaning: "user already logged in", Decision: Expired, Advice: "give pandian a T+ user of its own"},
		{Code: "EXSV0011", Meaning: "no such service, or throttled (服务名不正确)", Decision: Paused, Wait: 5 * time.Second,
			Advice: "see whether this version of T+ has the service"},
	}
}

// serverTexts are words; T+ hands the texts of .NET through.
func serverTexts() []Code {
	const master = "create it in T+ or correct the mapping, then retry"
	return []Code{
		{Texts: []string{"token已失效", "token失效", "token无效", "token已过期", "token过期", "invalid token", "token expired", "token is invalid", "令牌"},
			Meaning: "token no longer good", Decision: Expired, Advice: "authorise again"},
		{Texts: []string{"重复", "已存在"}, Meaning: "the voucher is there already", Decision: Duplicate, Advice: "compare the voucher with the document"},
		{Texts: []string{noRow}, Meaning: "往来单位 not found", Decision: Refused, Advice: "the code of Partner or Customer is not in T+: " + master},
		{Texts: []string{noAuthOrData}, Meaning: "no permission, or no such record", Decision: Refused,
			Advice: "a code of the document (Warehouse, Inventory, …) is not in T+, or the user may not see it: " + master},
		{Texts: []string{"索引超出范围"}, Meaning: "BusiType missing", Decision: Refused, Advice: "give BusiType in the mapping, then retry"},
		{Texts: []string{"未将对象引用设置到对象的实例", "NullReferenceException", "Object reference not set"}, Meaning: "reference data missing", Decision: Refused,
			Advice: "a reference of the document (VoucherType, Partner, Warehouse, Inventory) is missing: complete the mapping, then retry"},
	}
}

func generalCodes() []Code {
	return []Code{
		{Code: "EXERROR0001", Meaning: "bad argument", Decision: Refused, Advice: "read the platform's message"},
		{Code: "999", Meaning: "a rule of T+ forbids it", Decision: Refused, Advice: "read the platform's message"},
		{Statuses: []int{999}, Meaning: "a rule of T+ forbids it", Decision: Refused, Advice: "read the platform's message"},
	}
}

const (
	// noRow is .NET's "there is no row at position 0".
	noRow        = "没有任何行"
	noAuthOrData = "NoAuthOrData"
)

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
	return (len(c.Statuses) == 0 || slices.Contains(c.Statuses, status)) &&
		(c.Code == "" || c.Code == code) && (!c.HasNoCode || code == "") &&
		(len(c.Texts) == 0 || slices.ContainsFunc(c.Texts, has))
}

// verdict is the row for the client that repeats calls.
func (c Code) verdict(code, message string) erphttp.Verdict {
	if message == "" {
		message = c.Meaning
	}
	verdict := erphttp.Verdict{Action: erphttp.Final, Code: code, Message: message, Advice: c.Advice}
	switch c.Decision {
	case Expired:
		verdict.Action = erphttp.LoginExpired
	case Throttled:
		verdict.Action, verdict.Wait = erphttp.Throttle, c.Wait
	case InDoubt:
		verdict.Action = erphttp.Retry
	}
	return verdict
}
