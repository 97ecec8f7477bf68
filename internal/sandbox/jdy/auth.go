package jdy

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// serveUserToken is V1's step 1: a token for client, user and password.
func (s *Server) serveUserToken(c call) answer {
	form, refused := s.tokenForm(c)
	if refused != nil {
		return *refused
	}
	account := s.options.Account
	if form.Get("username") != account.UserName || !same(form.Get("password"), account.Password) {
		return badLoginAnswer("用户名或密码不正确")
	}
	return s.giveToken(c.now)
}

// serveCodeToken is the other way to a token, by an authorization code.
func (s *Server) serveCodeToken(c call) answer {
	form, refused := s.tokenForm(c)
	if refused != nil {
		return *refused
	}
	if form.Get("grant_type") != "authorization_code" || !s.codes.redeem(form.Get("code"), c.now) {
		return badLoginAnswer("授权码无效")
	}
	return s.giveToken(c.now)
}

// tokenForm merges query and form body and checks the client. Faults of the
// endpoint come first.
func (s *Server) tokenForm(c call) (url.Values, *answer) {
	if refused := s.interfere(c, true); refused != nil {
		return nil, refused
	}
	form := c.request.URL.Query()
	if strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		posted, err := url.ParseQuery(string(c.body))
		if err != nil {
			refused := refuseV2(systemError, "表单无法解析")
			return nil, &refused
		}
		for name, values := range posted {
			form[name] = values
		}
	}
	if code := s.checkClient(form.Get("client_id"), form.Get("client_secret")); code != 0 {
		refused := s.gatewayRefusal(code)
		return nil, &refused
	}
	return form, nil
}

// checkClient returns the gateway's code, or 0.
func (s *Server) checkClient(id, secret string) int {
	account := s.options.Account
	switch {
	case id == "":
		return noClientID
	case id != account.ClientID:
		return badClientID
	case secret == "":
		return noClientSecret
	case !same(secret, account.ClientSecret):
		return badClientSecret
	}
	return 0
}

func badLoginAnswer(text string) answer {
	refused := refuseV2(badLogin, text)
	refused.event = meter.AuthFailures
	return refused
}

// giveToken answers with a token. expires is taken as milliseconds since 1970,
// expires_in as seconds (both assumed).
func (s *Server) giveToken(now time.Time) answer {
	token, expires := s.tokens.issue(now)
	data := jsonout.Begin(nil)
	data.Text("access_token", token)
	data.Int("expires", expires.UnixMilli())
	data.Int("expires_in", int64(expires.Sub(now).Seconds()))
	data.Raw("uid", s.idText(firstID))
	data.Text("nickname", "盘点")
	data.Text("avatar", "")
	data.Int("gender", 0)
	return succeedV2(data.End())
}

// serveAccountGroup is V1's step 2: the account sets that the token opens.
func (s *Server) serveAccountGroup(c call) answer {
	if refused := s.admitV1(c); refused != nil {
		return *refused
	}
	group := jsonout.Begin(nil)
	group.Text("accountId", s.options.Account.AccountID)
	group.Raw("groupId", s.idText(firstID-1))
	group.Text("groupName", s.options.Account.GroupName)
	service := jsonout.Begin(nil)
	service.Raw("serviceId", s.idText(firstID-2))
	service.Raw("accountGroups", "["+string(group.End())+"]")
	return succeedV1("[" + string(service.End()) + "]")
}

// v1 lets only such calls through to an operation as name the account set.
func (s *Server) v1(serve func(call) answer) func(call) answer {
	return func(c call) answer {
		if refused := s.admitV1(c); refused != nil {
			return *refused
		}
		header, account := c.request.Header, s.options.Account
		if header.Get("accountId") != account.AccountID || header.Get("groupName") != account.GroupName {
			refused := s.refuseCall("accountId或groupName不正确") // text assumed
			refused.event = meter.AuthFailures
			return refused
		}
		return serve(c)
	}
}

// admitV1 checks token, signature and data centre of a business call, and lets
// limits and faults refuse it.
func (s *Server) admitV1(c call) *answer {
	if _, ok := s.faults.Fire(c.endpoint, fault.TokenExpired); ok {
		s.tokens.expireAll()
	}
	code := s.tokenCode(s.tokens, c.request.URL.Query().Get("access_token"), c.now)
	header := c.request.Header
	if code == 0 && (s.options.SignV2Required || header.Get("X-Api-Signature") != "") {
		code = s.checkSignature(c)
	}
	if code == 0 && s.options.RequireRouter && header.Get("X-GW-Router-Addr") != s.options.Account.RouterAddr {
		code = noSuchAPI // assumed: the gateway cannot tell where to
	}
	if code == expiredToken && s.options.ExpiredInBody {
		refused := refuseWithCode(strconv.Itoa(code), gatewayTexts[code][1])
		refused.event = meter.AuthFailures
		return &refused
	}
	if code != 0 {
		refused := s.gatewayRefusal(code)
		return &refused
	}
	return s.interfere(c, false)
}

// tokenCode is what the gateway says about a token, or 0.
func (s *Server) tokenCode(book *tokenBook, token string, now time.Time) int {
	if token == "" {
		return noToken
	}
	switch book.state(token, now) {
	case tokenUnknown:
		return badToken
	case tokenExpired:
		return expiredToken
	}
	return 0
}

// interfere keeps the limits and lets faults refuse. Business calls share one
// limit; of the token calls only V2's has one.
func (s *Server) interfere(c call, v2 bool) *answer {
	allowed := true
	switch c.endpoint {
	case Token, V2Authorize:
	case V2Token:
		allowed = s.tokenLimit.Allow(s.options.Account.ClientID, c.now)
	default:
		allowed = s.limit.Allow(s.options.Account.AccountID, c.now)
	}
	if _, ok := s.faults.Fire(c.endpoint, fault.Throttle); ok || !allowed {
		refused := s.tooMany()
		return &refused
	}
	if rule, ok := s.faults.Fire(c.endpoint, fault.Code); ok {
		refused := s.forced(rule.Text, v2)
		return &refused
	}
	return nil
}

// succeedV1 wraps data as V1 does.
func succeedV1(data string) answer {
	o := jsonout.Begin(nil)
	o.Raw("success", "true")
	o.Raw("data", data)
	return succeeded(o.End())
}

// succeedV2 wraps data as V2 and the token calls do.
func succeedV2(data []byte) answer {
	o := jsonout.Begin(nil)
	o.Int("errcode", 0)
	o.Text("description", "成功")
	o.Raw("data", string(data))
	return succeeded(o.End())
}

// idText is an id as it stands in JSON.
func (s *Server) idText(id int64) string {
	text := strconv.FormatInt(id, 10)
	if s.options.IDsAsNumbers {
		return text
	}
	return `"` + text + `"`
}
