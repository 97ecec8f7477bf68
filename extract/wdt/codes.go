package wdt

import (
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// Code is one row of 旺店通's own error table: code on openapi2, sub_code on
// Qimen.
type Code struct {
	Code, Meaning string
	Action        erphttp.Action
	// Wait is how long to stay away.
	Wait   time.Duration
	Advice string
	// Clock says that a wrong clock may be the reason: the code for a timestamp
	// that is off is not published, one of the credential group is assumed.
	Clock bool
}

// Codes are the published codes. Which code of the credential group stands for
// what (sid, appkey, signature, authorisation) is unknown.
func Codes() []Code {
	const (
		arguments   = "read the platform's message; check the filters and the window"
		credentials = "check sid, app_key and app_secret, and that the interface is authorised"
		edition     = "this code belongs to another edition of the product: check url"
		local       = "the platform itself does not send this code: something stands between"
	)
	return []Code{
		{Code: "1", Meaning: "bad argument or business error", Action: erphttp.Final, Advice: arguments},
		{Code: "100", Meaning: "bad argument or business error", Action: erphttp.Final, Advice: arguments},
		{Code: "2104", Meaning: "bad argument or business error", Action: erphttp.Final, Advice: arguments},
		// A client in production waits 31 s, three times.
		{Code: "1012", Meaning: "called too often", Action: erphttp.Throttle, Wait: 31 * time.Second},
		{Code: "2030", Meaning: "credentials refused", Action: erphttp.Final, Advice: credentials, Clock: true},
		{Code: "2060", Meaning: "credentials refused", Action: erphttp.Final, Advice: credentials, Clock: true},
		{Code: "2100", Meaning: "credentials refused", Action: erphttp.Final, Advice: credentials, Clock: true},
		{Code: "7200", Meaning: "nothing found (pre-stockin query)", Action: erphttp.Final},
		{Code: "7201", Meaning: "nothing found (pre-stockin query)", Action: erphttp.Final},
		{Code: "40", Meaning: "sid missing (vendor's PHP client)", Action: erphttp.Final, Advice: local},
		{Code: "41", Meaning: "appkey missing (vendor's PHP client)", Action: erphttp.Final, Advice: local},
		{Code: "42", Meaning: "secret missing (vendor's PHP client)", Action: erphttp.Final, Advice: local},
		{Code: "46", Meaning: "empty value (vendor's PHP client)", Action: erphttp.Final, Advice: local},
		{Code: "2900", Meaning: "neither time nor order number (web edition)", Action: erphttp.Final, Advice: edition},
		{Code: "21000024", Meaning: "SKU not found (web edition)", Action: erphttp.Final, Advice: edition},
	}
}

func findCode(code string) (Code, bool) {
	codes := Codes()
	at := slices.IndexFunc(codes, func(row Code) bool { return row.Code == code })
	if at < 0 {
		return Code{}, false
	}
	return codes[at], true
}

// adviceFor reads the platform's message where no code says more. Codes are
// matched first, text second.
func adviceFor(message string) string {
	lower := strings.ToLower(message)
	for _, fragment := range []string{"权限不足", "无仓库访问权限"} {
		if strings.Contains(lower, fragment) {
			return "give the interface account access to this interface and its warehouses"
		}
	}
	for _, fragment := range []string{"验证失败", "签名", "app auth fail", "sid is not", "sign error", "invalid sign"} {
		if strings.Contains(lower, fragment) {
			return "check sid, app_key, app_secret and sign_method"
		}
	}
	return ""
}
