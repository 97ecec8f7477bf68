package tplus

import (
	"encoding/json"
	"net/http"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
)

// authorized checks key and secret of a call to the authorization service, and
// its signature where the account has a sign key and the call has one.
func (s *Server) authorized(c call) (Account, *refusal) {
	appKey := c.request.Header.Get("appKey")
	if appKey == "" {
		appKey = c.request.URL.Query().Get("appKey") // the older form
	}
	if appKey == "" {
		return Account{}, rows["4001"]
	}
	account, ok := s.options.account(appKey)
	if !ok {
		return Account{}, rows["4002"]
	}
	if !same(c.request.Header.Get("appSecret"), account.AppSecret) || !s.signed(c, account, false) {
		return Account{}, rows["50003"]
	}
	return account, s.interfere(c, cloud, appKey)
}

// serveSelfBuilt gives a token to a 自建应用 for ticket and certificate. The
// ticket may stand in the query, the certificate under another name.
func (s *Server) serveSelfBuilt(c call) answer {
	account, refused := s.authorized(c)
	if refused != nil {
		return s.refuseSelfBuilt(*refused)
	}
	var body struct{ AppTicket, Certificate, AuthCertificate string }
	if err := json.Unmarshal(c.body, &body); err != nil || c.request.Method != http.MethodPost {
		return s.refuseSelfBuilt(*rows["50000"])
	}
	if body.AppTicket == "" {
		body.AppTicket = c.request.URL.Query().Get("appTicket")
	}
	if body.Certificate == "" {
		body.Certificate = body.AuthCertificate
	}
	if !same(body.AppTicket, account.AppTicket) || !same(body.Certificate, account.Certificate) {
		return s.refuseSelfBuilt(*rows["50003"]) // code assumed
	}
	g := s.tokens.issue(account.AppKey, c.now)
	value := jsonout.Begin(nil)
	value.Text("accessToken", g.access)
	value.Text("refreshToken", g.refresh)
	value.Text("scope", "auth_all")
	value.Int("expiresIn", int64(s.options.TokenLife.Seconds()))
	value.Int("refreshExpiresIn", int64(s.options.RefreshLife.Seconds()))
	value.Text("userId", "60000000001")
	value.Text("orgId", account.OrgID)
	value.Text("appName", "pandian")
	o := jsonout.Begin(nil)
	o.Raw("result", "true")
	o.Raw("value", string(value.End()))
	return succeeded(o.End())
}

// serveCodeToken gives a token for the code of a person's consent.
func (s *Server) serveCodeToken(c call) answer {
	account, refused := s.granting(c, "authorization_code")
	if refused != nil {
		return s.refuse(*refused, cloud)
	}
	g, ok := s.tokens.redeem(account.AppKey, c.request.URL.Query().Get("code"), c.now)
	if !ok || c.request.URL.Query().Get("redirectUri") == "" {
		return s.refuse(*rows["4007"], cloud)
	}
	return s.give(g, account)
}

// serveRefresh renews a token.
func (s *Server) serveRefresh(c call) answer {
	account, refused := s.granting(c, "refresh_token")
	if refused != nil {
		return s.refuse(*refused, cloud)
	}
	g, ok := s.tokens.rotate(account.AppKey, c.request.URL.Query().Get("refreshToken"), c.now)
	if !ok {
		return s.refuse(*rows["4007"], cloud)
	}
	return s.give(g, account)
}

// granting checks what the two OAuth calls share. Some clients post.
func (s *Server) granting(c call, want string) (Account, *refusal) {
	account, refused := s.authorized(c)
	if refused != nil {
		return account, refused
	}
	switch c.request.URL.Query().Get("grantType") {
	case want:
		return account, nil
	case "":
		return account, rows["4003"]
	default:
		return account, rows["4008"]
	}
}

func (s *Server) give(g grant, account Account) answer {
	result := jsonout.Begin(nil)
	result.Text("access_token", g.access)
	result.Text("refresh_token", g.refresh)
	result.Text("scope", "auth_all")
	result.Int("expires_in", int64(s.options.TokenLife.Seconds()))
	result.Text("user_id", "60000000001")
	result.Text("org_id", account.OrgID)
	result.Text("app_name", "pandian")
	result.Int("refresh_expires_in", int64(s.options.RefreshLife.Seconds()))
	result.Text("sid", g.access[:16])
	result.Text("user_auth_permanent_code", g.refresh[:16])
	o := jsonout.Begin(nil)
	o.Text("code", "200")
	o.Text("message", "success")
	o.Raw("result", string(result.End()))
	return succeeded(o.End())
}

// serveResend lets the platform push the ticket again.
func (s *Server) serveResend(c call) answer {
	account, refused := s.authorized(c)
	if refused == nil && c.request.Method != http.MethodPost {
		refused = rows["50000/404"]
	}
	if refused != nil {
		return s.refuse(*refused, cloud)
	}
	s.push("APP_TICKET", map[string]string{"appTicket": account.AppTicket})
	o := jsonout.Begin(nil)
	o.Text("code", "200")
	o.Text("message", "success")
	return succeeded(o.End())
}

// NewCode is the code that a person's consent in the browser would yield, for
// /auth/v2/getToken.
func (s *Server) NewCode(appKey string) string { return s.tokens.newCode(appKey, s.options.Now()) }

// passGateway checks a call of T+ through the open platform.
func (s *Server) passGateway(c call) *refusal {
	if _, ok := s.faults.Fire(c.endpoint, fault.TokenExpired); ok {
		s.tokens.expireAll()
	}
	header := c.request.Header
	account, ok := s.options.account(header.Get("appKey"))
	if !ok || !same(header.Get("appSecret"), account.AppSecret) || !s.signed(c, account, true) {
		return rows["50000/401"]
	}
	if row := s.tokens.check(account.AppKey, header.Get("openToken"), c.now); row != "" {
		return rows[row]
	}
	return s.interfere(c, cloud, account.AppKey)
}
