package yonsuite

import (
	"net/http"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// serveGateway tells where a tenant's gateway and token service are.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("tenantId") != s.options.Account.TenantID {
		s.meter.Add(Gateway, meter.AuthFailures, 1)
		s.refuse(w, http.StatusOK, "50001", "租户不存在")
		return
	}
	base := s.options.BaseURL
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	data := jsonout.Begin(nil)
	data.Text("gatewayUrl", base+"/iuap-api-gateway")
	data.Text("tokenUrl", base+"/iuap-api-auth")
	s.succeed(w, Gateway, data.End())
}

// serveAppToken gives a token to a 自建应用.
func (s *Server) serveAppToken(w http.ResponseWriter, r *http.Request) {
	account := s.options.Account
	if r.URL.Query().Get("appKey") != account.AppKey {
		s.refuseToken(w, "appKey不存在")
		return
	}
	s.giveToken(w, r, account.AppSecret)
}

// serveSuiteToken gives a token to a 套件 of an ISV.
func (s *Server) serveSuiteToken(w http.ResponseWriter, r *http.Request) {
	account, query := s.options.Account, r.URL.Query()
	if query.Get("suiteKey") != account.SuiteKey || query.Get("tenantId") != account.TenantID {
		s.refuseToken(w, "suiteKey或tenantId不存在")
		return
	}
	s.giveToken(w, r, account.SuiteSecret)
}

// giveToken checks clock and signature. The signature is checked on the decoded
// query, so a + that was not escaped has become a blank and does not match.
func (s *Server) giveToken(w http.ResponseWriter, r *http.Request, secret string) {
	query, now := r.URL.Query(), s.options.Now()
	sent, ok := milliseconds(query.Get("timestamp"))
	if !ok || s.options.ClockSkew > 0 && now.Sub(sent).Abs() > s.options.ClockSkew {
		s.refuseToken(w, "timestamp不合法")
		return
	}
	if !same(query.Get("signature"), sign(secret, query)) {
		s.refuseToken(w, "签名错误")
		return
	}
	data := jsonout.Begin(nil)
	data.Text("access_token", s.tokens.issue(now))
	data.Int("expire", int64(s.options.TokenLife.Seconds()))
	s.succeed(w, Token, data.End())
}

func (s *Server) refuseToken(w http.ResponseWriter, message string) {
	s.meter.Add(Token, meter.AuthFailures, 1)
	s.refuse(w, http.StatusOK, codeBadSign, message)
}

// succeed answers as discovery and the token endpoints do: their code for
// success is 00000 and not the 200 of the business calls.
func (s *Server) succeed(w http.ResponseWriter, endpoint string, data []byte) {
	s.meter.Add(endpoint, meter.Answered, 1)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	o := jsonout.Begin(nil)
	o.Text("code", "00000")
	o.Text("message", "成功！")
	o.Raw("data", string(data))
	w.Write(o.End())
}
