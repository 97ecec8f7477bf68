package tplus

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
)

// clockSkew is how far the caller's clock may be off, on both generations of
// the on-premise server (assumed).
const clockSkew = 5 * time.Minute

// hmacSign is v1's signature over the text of paramInfo as it was sent.
func hmacSign(appSecret, paramInfo string) string {
	mac := hmac.New(sha1.New, []byte(appSecret))
	mac.Write([]byte(paramInfo))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// rawMD5 is how v1 wants a password.
func rawMD5(password string) string {
	sum := md5.Sum([]byte(password))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// v1Header is what v1's Authorization header says once it is opened.
type v1Header struct {
	appKey, signature, paramInfo string
	accessToken, date            string
}

// openV1 reads the header. paramInfo is kept letter by letter, because it is
// what was signed; one that is a JSON text counts as its content.
func openV1(header string) (v1Header, error) {
	outer, err := base64.StdEncoding.DecodeString(header)
	if err != nil {
		return v1Header{}, fmt.Errorf("open v1 header: %w", err)
	}
	var members struct {
		AppKey, AuthInfo string
		ParamInfo        json.RawMessage
	}
	if err := json.Unmarshal(outer, &members); err != nil {
		return v1Header{}, fmt.Errorf("open v1 header: %w", err)
	}
	paramInfo := string(members.ParamInfo)
	if strings.HasPrefix(paramInfo, `"`) {
		if err := json.Unmarshal(members.ParamInfo, &paramInfo); err != nil {
			return v1Header{}, fmt.Errorf("open paramInfo: %w", err)
		}
	}
	var info struct {
		AccessToken string `json:"access_token"`
		Date        string
	}
	if err := json.Unmarshal([]byte(paramInfo), &info); err != nil {
		return v1Header{}, fmt.Errorf("open paramInfo: %w", err)
	}
	signature, ok := strings.CutPrefix(members.AuthInfo, "hmac-sha1 ")
	if !ok {
		return v1Header{}, fmt.Errorf("authInfo is not hmac-sha1")
	}
	return v1Header{members.AppKey, signature, paramInfo, info.AccessToken, info.Date}, nil
}

// valid holds signature and date against the account. One client in use encodes
// the digest twice, which is accepted.
func (h v1Header) valid(appSecret string, now time.Time) bool {
	sent, err := time.Parse(time.RFC1123, h.date)
	if err != nil || now.Sub(sent).Abs() > clockSkew {
		return false
	}
	want := hmacSign(appSecret, h.paramInfo)
	return same(h.signature, want) || same(h.signature, base64.StdEncoding.EncodeToString([]byte(want)))
}

// serveV1 is everything below /TPlus/api/v1/.
func (s *Server) serveV1(c call) answer {
	if _, ok := s.faults.Fire(c.endpoint, fault.TokenExpired); ok {
		s.sessions.endAll()
	}
	header, err := openV1(c.request.Header.Get("Authorization"))
	account, known := s.options.account(header.appKey)
	if err != nil || !known || !header.valid(account.AppSecret, c.now) {
		return s.refuse(*rows["EXSM0003"], onPremV1)
	}
	login := c.service == "authorization"
	if !login && !s.sessions.holds(header.accessToken, account.AppKey, true, c.now) {
		return s.refuse(*rows["EXSM0003"], onPremV1)
	}
	if refused := s.interfere(c, onPremV1, account.AppKey); refused != nil {
		return s.refuse(*refused, onPremV1)
	}
	args, refused := s.formArgs(c)
	if refused != nil {
		return s.refuse(*refused, onPremV1)
	}
	switch c.service {
	case "authorization":
		return s.loginV1(account, args, c.now)
	case "authorization/relogin":
		x, ok := s.sessions.renew(header.accessToken, account.AppKey, c.now)
		if !ok { // another call was faster
			return s.refuse(*rows["EXSM0003"], onPremV1)
		}
		return v1Session(x.token)
	case "authorization/logout":
		s.sessions.end(header.accessToken)
		return succeeded([]byte(`{"result":true}`))
	}
	if op, ok := operations[c.service]; ok && op.v1 {
		return s.operate(op, onPremV1, args, c.now)
	}
	return s.refuse(*rows["EXSV0011"], onPremV1)
}

// loginV1 begins the one session of a user, or names the one there is.
func (s *Server) loginV1(account Account, args []byte, now time.Time) answer {
	var login struct{ UserName, Password, AccountNumber, LoginDate string }
	if err := json.Unmarshal(args, &login); err != nil {
		return s.refuse(*rows["EXERROR0001"], onPremV1)
	}
	_, err := time.Parse(time.DateOnly, login.LoginDate)
	if login.UserName != account.UserName || !same(login.Password, rawMD5(account.Password)) ||
		login.AccountNumber != account.AccountNumber || err != nil {
		return s.refuse(*badUser, onPremV1)
	}
	x, existed := s.sessions.beginOnly(account.AppKey, true, now)
	if existed {
		refused := *rows["EXSM0004"]
		refused.token = x.token
		return s.refuse(refused, onPremV1)
	}
	return v1Session(x.token)
}

func v1Session(token string) answer {
	o := jsonout.Begin(nil)
	o.Raw("result", "true")
	o.Text("access_token", token)
	return succeeded(o.End())
}
