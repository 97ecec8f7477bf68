package k3cloud

import (
	"crypto/sha1" //nolint:gosec // older servers know nothing else
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// The LoginResultTypes. Anything but 1 is a refusal; that -1 stands for all but
// a wrong user or password is assumed.
const (
	loginWrongUser = 0
	loginGood      = 1
	loginFailed    = -1
)

// validateUser is the login with a password.
func (s *Server) validateUser(c *call) answer {
	account := s.options.Account
	switch {
	case s.options.ForbidValidateUser:
		return s.loginRefused(loginFailed, textForbidden)
	case c.argument(0, "acctID").plain() != account.AcctID:
		return s.loginRefused(loginFailed, textSessionLost)
	case c.argument(1, "username").plain() != account.UserName,
		!same(c.argument(2, "password").plain(), account.Password):
		return s.loginRefused(loginWrongUser, textBadLogin)
	}
	return s.loggedIn(c)
}

// loginByAppSecret is the login with an application's secret in the clear.
func (s *Server) loginByAppSecret(c *call) answer {
	if refused, ok := s.checkApp(c); !ok {
		return refused
	}
	if !same(c.argument(3, "appSecret").plain(), s.options.Account.AppSecret) {
		return s.loginRefused(loginFailed, textBadApp)
	}
	return s.loggedIn(c)
}

// loginBySign is the login with a hash over the secret and the time in seconds,
// which may be a number or a text.
func (s *Server) loginBySign(c *call) answer {
	if refused, ok := s.checkApp(c); !ok {
		return refused
	}
	account, timestamp := s.options.Account, c.argument(3, "timestamp").plain()
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || s.options.Now().Sub(time.Unix(seconds, 0)).Abs() > s.options.TimestampWindow {
		return s.loginRefused(loginFailed, textBadApp)
	}
	newHash := sha256.New
	if s.options.SignSHA1 {
		newHash = func() hash.Hash { return sha1.New() } //nolint:gosec // see above
	}
	want := loginSign(newHash, account.AcctID, account.UserName, account.AppID, account.AppSecret, timestamp)
	if !same(c.argument(4, "sign").plain(), want) {
		return s.loginRefused(loginFailed, textBadApp)
	}
	return s.loggedIn(c)
}

// checkApp compares what both logins of an application begin with. A wrong
// acctID or an application without rights shows as a lost session.
func (s *Server) checkApp(c *call) (answer, bool) {
	account := s.options.Account
	switch {
	case c.argument(0, "acctID").plain() != account.AcctID, c.argument(2, "appId").plain() != account.AppID:
		return s.loginRefused(loginFailed, textSessionLost), false
	case c.argument(1, "username").plain() != account.UserName:
		return s.loginRefused(loginWrongUser, textBadLogin), false
	}
	return answer{}, true
}

func (s *Server) loginRefused(resultType int, message string) answer {
	s.meter.Add(Login, meter.AuthFailures, 1)
	return loginRefused(resultType, message)
}

// loginRefused has no Context (assumed).
func loginRefused(resultType int, message string) answer {
	return answer{body: loginResult(resultType, message, "", nil)}
}

func (s *Server) loggedIn(c *call) answer {
	account := s.options.Account
	opened := s.sessions.issue(s.options.Now())
	opened.setCookies(c.cookies)
	o := jsonout.Begin(nil)
	o.Text("UserLocale", locale(account.LCID))
	o.Text("DBid", account.AcctID)
	o.Text("SessionId", opened.aspID)
	o.Int("UserId", internalID("user", account.UserName))
	o.Text("UserName", account.UserName)
	o.Text("CustomName", "沙箱测试公司")
	o.Text("DisplayVersion", "8.2.0.202405")
	o.Text("DataCenterName", "沙箱账套")
	o.Text("UserToken", opened.id)
	return answer{body: loginResult(loginGood, "", opened.id, o.End()), ok: true}
}

// loginResult is the answer of every login; without a context it is a refusal.
func loginResult(resultType int, message, sessionID string, context []byte) []byte {
	o := jsonout.Begin(nil)
	orNull := func(name, value string) {
		if value == "" {
			o.Null(name)
			return
		}
		o.Text(name, value)
	}
	orNull("Message", message)
	o.Null("MessageCode")
	o.Int("LoginResultType", int64(resultType))
	if context == nil {
		o.Null("Context")
	} else {
		o.Raw("Context", string(context))
	}
	orNull("KDSVCSessionId", sessionID)
	for _, name := range []string{"FormId", "RedirectFormParam", "FormInputObject", "ErrorStackTrace"} {
		o.Null(name)
	}
	o.Int("Lcid", 0)
	for _, name := range []string{"AccessToken", "CustomParam", "KdAccessResult"} {
		o.Null(name)
	}
	o.Raw("IsSuccessByAPI", strconv.FormatBool(context != nil))
	return o.End()
}

// locale is the language tag of an lcid.
func locale(lcid int) string {
	switch lcid {
	case 1033:
		return "en-US"
	case 3076:
		return "zh-TW"
	}
	return "zh-CN"
}

// logout ends the session; its answer is the bare word true (assumed).
func (s *Server) logout(c *call) answer {
	s.sessions.drop(c.session.id)
	return answer{body: []byte("true"), ok: true}
}

// checkSignedAccount checks the headers that stand for a login: X-Kd-Appkey,
// X-Kd-Appdata and X-Kd-Signature. It returns the refusal's text.
func (s *Server) checkSignedAccount(header http.Header) string {
	account, appID := s.options.Account, header.Get("X-Kd-Appkey")
	raw, err := base64.StdEncoding.DecodeString(header.Get("X-Kd-Appdata"))
	if err != nil || appID != account.AppID {
		return textBadPassport
	}
	parts := strings.Split(string(raw), ",")
	if len(parts) != 4 || parts[1] != account.UserName || !account.acceptsOrg(parts[3]) {
		return textBadPassport
	}
	if parts[0] != account.AcctID {
		return textNoDataCenter + parts[0]
	}
	if !same(header.Get("X-Kd-Signature"), accountSignature(appID, account.AppSecret, string(raw))) {
		return textBadPassport
	}
	return ""
}

// acceptsOrg takes the ways in which clients say "no organisation", too.
func (a Account) acceptsOrg(org string) bool {
	return a.OrgNum == "" || org == a.OrgNum || org == "" || org == "0" || org == "null"
}

// gatewayAccepts checks the headers that the vendor's public gateway asks for on
// every call. An appId without an underscore has no signature and is refused
// there (assumed).
func (s *Server) gatewayAccepts(r *http.Request, now time.Time) bool {
	appID := s.options.Account.AppID
	clientID, _, _ := strings.Cut(appID, "_")
	timestamp, nonce := r.Header.Get("X-Api-Timestamp"), r.Header.Get("X-Api-Nonce")
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	clock := time.UnixMilli(sent)
	if len(timestamp) <= 10 { // some ports send seconds
		clock = time.Unix(sent, 0)
	}
	return r.Header.Get("X-Api-ClientID") == clientID &&
		r.Header.Get("X-Api-Auth-Version") == "2.0" &&
		strings.EqualFold(r.Header.Get("X-Api-Signheaders"), "X-Api-TimeStamp,X-Api-Nonce") &&
		now.Sub(clock).Abs() <= s.options.TimestampWindow &&
		same(r.Header.Get("X-Api-Signature"), apiSignature(appID, r.URL.RequestURI(), nonce, timestamp))
}
