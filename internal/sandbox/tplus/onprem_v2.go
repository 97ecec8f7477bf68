package tplus

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// longestExp is how far ahead exp may lie: one library in use adds 18000 s, the
// others 30 s.
const longestExp = 5*time.Hour + clockSkew

// badUser is a login with a wrong user, password or account number. Its code is
// not published (assumed).
var badUser = &refusal{code: "EXERROR0001", message: "用户名或密码不正确", event: meter.AuthFailures}

// appDigest is the claim datas: MD5 over key, organisation and secret, each as
// the member of one object.
func appDigest(account Account, orgID string) string {
	o := jsonout.Begin(nil)
	o.Text("appkey", account.AppKey)
	o.Text("orgid", orgID)
	o.Text("appsecret", account.AppSecret)
	return md5Hex(string(o.End()))
}

// listDigest is the same over an array of three objects, as one client sends it
// at login.
func listDigest(account Account, orgID string) string {
	list := []string{}
	for _, member := range [...][2]string{{"appkey", account.AppKey}, {"orgid", orgID}, {"appsecret", account.AppSecret}} {
		o := jsonout.Begin(nil)
		o.Text(member[0], member[1])
		list = append(list, string(o.End()))
	}
	return md5Hex("[" + strings.Join(list, ",") + "]")
}

// v2Header is what v2's Authorization header says once it is opened. orgId is
// empty unless the login is by organisation.
type v2Header struct{ AppKey, AuthInfo, OrgID string }

func openV2(header string) (v2Header, error) {
	var out v2Header
	text, err := base64.StdEncoding.DecodeString(header)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, fmt.Errorf("open v2 header: %w", err)
	}
	return out, nil
}

// claims are those of a token that matter; sub differs from client to client.
type claims struct {
	Datas       string
	Exp         json.Number
	AccessToken string `json:"access_token"`
}

// openJWT verifies a token signed with PS256 or RS256 and returns its claims.
func openJWT(token string, key *rsa.PublicKey) (claims, error) {
	var out claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || key == nil {
		return out, fmt.Errorf("open token: no key, or not three parts")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return out, fmt.Errorf("open token: %w", err)
		}
	}
	var header struct{ Alg string }
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return out, fmt.Errorf("open token header: %w", err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	var err error
	switch header.Alg {
	case "PS256":
		err = rsa.VerifyPSS(key, crypto.SHA256, digest[:], decoded[2], nil)
	case "RS256":
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], decoded[2])
	default:
		err = fmt.Errorf("algorithm %q", header.Alg)
	}
	if err == nil {
		err = json.Unmarshal(decoded[1], &out)
	}
	if err != nil {
		return out, fmt.Errorf("open token: %w", err)
	}
	return out, nil
}

// inTime tells whether exp, in seconds or milliseconds since 1970 and perhaps
// with a fraction, is neither over nor too far ahead.
func (x claims) inTime(now time.Time) bool {
	exp, err := decimal.NewFromString(x.Exp.String())
	if err != nil || exp.IsNegative() || exp.GreaterThan(decimal.New(1, 15)) {
		return false
	}
	if exp.LessThan(decimal.New(1, 11)) {
		exp = exp.Shift(3)
	}
	left := time.UnixMilli(exp.IntPart()).Sub(now)
	return left > -clockSkew && left <= longestExp
}

// The services of v2 that begin a session, in lower case.
const (
	loginByUser         = "collaborationapp/getrealnametplustoken"
	loginByOrganisation = "collaborationapp/getanonymoustplustoken"
)

// caller is who calls v2, once that is proved.
type caller struct {
	account     Account
	orgID       string
	accessToken string
}

// prove checks the Authorization header; nothing but a login does without a
// session.
func (s *Server) prove(c call) (caller, bool) {
	header, err := openV2(c.request.Header.Get("Authorization"))
	account, known := s.options.account(header.AppKey)
	if err != nil || !known || header.OrgID != "" && header.OrgID != account.OrgID {
		return caller{}, false
	}
	token, err := openJWT(header.AuthInfo, account.PublicKey)
	if err != nil || !token.inTime(c.now) {
		return caller{}, false
	}
	login := c.service == loginByUser || c.service == loginByOrganisation
	listed := login && token.Datas == listDigest(account, header.OrgID)
	if !listed && token.Datas != appDigest(account, header.OrgID) {
		return caller{}, false
	}
	ok := login || s.sessions.holds(token.AccessToken, account.AppKey, false, c.now)
	return caller{account, header.OrgID, token.AccessToken}, ok
}

// serveOnPremV2 is everything below /tplus/api/v2/ at a customer's server.
func (s *Server) serveOnPremV2(c call) answer {
	if _, ok := s.faults.Fire(c.endpoint, fault.TokenExpired); ok {
		s.sessions.endAll()
	}
	who, ok := s.prove(c)
	if !ok {
		return s.refuse(*rows["EXSM0003"], onPremV2)
	}
	if refused := s.interfere(c, onPremV2, who.account.AppKey); refused != nil {
		return s.refuse(*refused, onPremV2)
	}
	args, refused := s.formArgs(c)
	if refused != nil {
		return s.refuse(*refused, onPremV2)
	}
	switch c.service {
	case loginByUser:
		return s.loginV2(who.account, args, c.now)
	case loginByOrganisation:
		if who.orgID == "" {
			return s.refuse(*badUser, onPremV2)
		}
		return v2Session(s.sessions.begin(who.account.AppKey, false, c.now))
	case "collaborationapp/loginout":
		s.sessions.end(who.accessToken)
		return succeeded([]byte(`{"result":true}`))
	}
	if op, ok := operations[c.service]; ok {
		return s.operate(op, onPremV2, args, c.now)
	}
	return s.refuse(*rows["EXSV0011"], onPremV2)
}

func (s *Server) loginV2(account Account, args []byte, now time.Time) answer {
	var login struct{ UserName, Password, AccNum string }
	if err := json.Unmarshal(args, &login); err != nil {
		return s.refuse(*rows["EXERROR0001"], onPremV2)
	}
	if login.UserName != account.UserName || !same(login.Password, md5Hex(account.Password)) || login.AccNum != account.AccountNumber {
		return s.refuse(*badUser, onPremV2)
	}
	return v2Session(s.sessions.begin(account.AppKey, false, now))
}

// v2Session shows a session; that the cookie is needed later is not known and
// not asked for.
func v2Session(x session) answer {
	o := jsonout.Begin(nil)
	o.Raw("result", "true")
	o.Text("access_token", x.token)
	o.Text("sid", x.sid)
	got := succeeded(o.End())
	got.cookie = &http.Cookie{Name: "sid", Value: x.sid, Path: "/"}
	return got
}

// formArgs takes the JSON out of the form that both generations of the
// on-premise server want; no _args is an empty object.
func (s *Server) formArgs(c call) ([]byte, *refusal) {
	kind, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	form, formErr := url.ParseQuery(string(c.body))
	if err != nil || formErr != nil || kind != "application/x-www-form-urlencoded" || c.request.Method != http.MethodPost {
		return nil, rows["EXERROR0001"]
	}
	if args := form.Get("_args"); args != "" {
		return s.lenient([]byte(args)), nil
	}
	return []byte("{}"), nil
}
