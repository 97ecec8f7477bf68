package jst

import (
	"net/http"
	"regexp"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// tokenFlow is the last part of the path of a token call.
type tokenFlow string

// The token calls: of a merchant's own app (商家自研), of a consent's code
// (服务商), and the refresh of both.
const (
	initToken     tokenFlow = "getInitToken"
	exchangeToken tokenFlow = "accessToken"
	refreshToken  tokenFlow = "refreshToken"
)

// anyCode is what the app of a merchant makes up for getInitToken.
var anyCode = regexp.MustCompile(`^[0-9A-Za-z]{6}$`)

func (s *Server) serveToken(flow tokenFlow) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		got, refused := s.tokenAnswer(flow, r)
		if refused != nil {
			s.meter.Add(OpenToken, meter.AuthFailures, 1)
			w.Write(s.openRefusal(refused))
			return
		}
		s.meter.Add(OpenToken, meter.Answered, 1)
		data := jsonout.Begin(nil)
		data.Text("access_token", got.access)
		data.Text("refresh_token", got.refresh)
		data.Int("expires_in", int64(got.life.Seconds()))
		data.Text("scope", "all")
		w.Write(openSuccess(data.End()))
	})
}

func (s *Server) tokenAnswer(flow tokenFlow, r *http.Request) (tokens, *refusal) {
	params, refused := s.openForm(r)
	if refused == nil {
		refused = missing(params, "app_key", "timestamp", "charset", "grant_type", "sign")
	}
	if refused == nil {
		refused = s.openCaller(params, s.options.Now())
	}
	if refused != nil {
		return tokens{}, refused
	}
	if rule, ok := s.faults.Fire(OpenToken, fault.Code); ok {
		return tokens{}, injected(rule.Text, s.options.OlderCodes)
	}
	return s.grant(flow, params)
}

// grant hands out tokens. That getInitToken is closed to third parties, and
// the numbers of codes and tokens that are not good, are assumed.
func (s *Server) grant(flow tokenFlow, params map[string]string) (tokens, *refusal) {
	now, grantType := s.options.Now(), "authorization_code"
	if flow == refreshToken {
		grantType = "refresh_token"
	}
	if params["grant_type"] != grantType {
		return tokens{}, refuse(badParameter, "grant_type应为"+grantType)
	}
	switch {
	case flow == refreshToken && params["scope"] != "all":
		return tokens{}, refuse(badParameter, "scope应为all")
	case flow == refreshToken && s.options.ThirdParty:
		return tokens{}, refuse(noRefresh, "")
	case flow == refreshToken:
		if got, ok := s.tokens.rotate(params["refresh_token"], now); ok {
			return got, nil
		}
		return tokens{}, refuse(badToken, "refresh_token")
	case flow == exchangeToken:
		if got, ok := s.tokens.exchange(params["code"], now); ok {
			return got, nil
		}
		return tokens{}, refuse(badParameter, "code无效或已使用")
	case s.options.ThirdParty:
		return tokens{}, refuse(noPermission, "")
	case !anyCode.MatchString(params["code"]):
		return tokens{}, refuse(badParameter, "code应为6位字母或数字")
	}
	return s.tokens.current(now), nil
}
