package jdy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// secretLife is how long an appSecret of V2 holds.
const secretLife = 24 * time.Hour

// appSecret is the one that holds now. Asking for it does not change it
// (assumed).
func (s *Server) appSecret(now time.Time) string {
	epoch := int64(now.Sub(s.started)/secretLife) + s.rotations.Load()
	sum := sha256.Sum256(fmt.Appendf(nil, "appSecret %d %d", s.options.Seed, epoch))
	return hex.EncodeToString(sum[:20])
}

// RotateAppSecret changes V2's appSecret before its day is over.
func (s *Server) RotateAppSecret() { s.rotations.Add(1) }

// serveAuthorize is V2's step 1: app key and secret of the account set.
func (s *Server) serveAuthorize(c call) answer {
	if refused := s.admitSigned(c); refused != nil {
		return *refused
	}
	account := s.options.Account
	if c.request.URL.Query().Get("outerInstanceId") != account.OuterInstanceID {
		return refuseV2(ruleRefused, "参数outerInstanceId["+c.request.URL.Query().Get("outerInstanceId")+"]不存在")
	}
	grant := jsonout.Begin(nil)
	for _, member := range [...][2]string{
		{"appKey", account.AppKey}, {"appSecret", s.appSecret(c.now)}, {"domain", account.RouterAddr},
		{"accountId", account.AccountID}, {"accountName", "盘点测试账套"}, {"agreementCompanyName", "盘点测试公司"},
		{"clientId", account.ClientID}, {"groupName", account.GroupName},
		{"serviceId", strconv.FormatInt(firstID-2, 10)}, {"outerInstanceId", account.OuterInstanceID},
	} {
		grant.Text(member[0], member[1])
	}
	grant.Int("status", 1)
	list := "[" + string(grant.End()) + "]"
	if s.options.OldAuthorizeForm {
		o := jsonout.Begin(nil)
		o.Int("code", 200)
		o.Text("msg", "成功")
		o.Raw("data", list)
		return succeeded(o.End())
	}
	return succeedV2([]byte(list))
}

// serveAppToken is V2's step 2: an app-token for a key signed with its secret.
func (s *Server) serveAppToken(c call) answer {
	if refused := s.admitSigned(c); refused != nil {
		return *refused
	}
	query, account := c.request.URL.Query(), s.options.Account
	want := appSignature(account.AppKey, s.appSecret(c.now))
	if query.Get("app_key") != account.AppKey || !same(query.Get("app_signature"), want) {
		refused := refuseV2(staleAppSecret, businessTexts[staleAppSecret])
		refused.event = meter.AuthFailures
		return refused
	}
	token, expires := s.appTokens.issue(c.now)
	data := jsonout.Begin(nil)
	data.Raw("uid", s.idText(firstID))
	data.Text("app-token", token)
	data.Text("access_token", token)
	data.Int("expires", expires.UnixMilli())
	return succeedV2(data.End())
}

// admitSigned checks the signature and lets limits and faults refuse.
func (s *Server) admitSigned(c call) *answer {
	if code := s.checkSignature(c); code != 0 {
		refused := s.gatewayRefusal(code)
		return &refused
	}
	return s.interfere(c, true)
}

// v2 lets signed calls through that bring a token and name the data centre.
func (s *Server) v2(serve func(call) answer) func(call) answer {
	return func(c call) answer {
		if _, ok := s.faults.Fire(c.endpoint, fault.TokenExpired); ok {
			s.appTokens.expireAll()
		}
		code := s.checkSignature(c)
		if code == 0 {
			code = s.tokenCode(s.appTokens, c.request.Header.Get("app-token"), c.now)
		}
		if code == 0 && c.request.Header.Get("X-GW-Router-Addr") != s.options.Account.RouterAddr {
			code = noSuchAPI // assumed: the gateway cannot tell where to
		}
		if code != 0 {
			return s.gatewayRefusal(code)
		}
		if refused := s.interfere(c, true); refused != nil {
			return *refused
		}
		return serve(c)
	}
}

// serveV2Material saves one 商品, or lists them.
func (s *Server) serveV2Material(c call) answer {
	if c.request.Method == http.MethodGet {
		return s.serveV2List(c)
	}
	items, err := s.parseAll([]json.RawMessage{c.body}, namesV2)
	if err != nil {
		return refuseV2(ruleRefused, err.Error())
	}
	result := s.save(items[0], 1, namesV2, c.now)
	if result.refusal != "" {
		return refuseV2(ruleRefused, result.refusal)
	}
	id := strconv.FormatInt(result.material.id, 10)
	numbers := jsonout.Begin(nil)
	numbers.Text(id, result.material.number)
	data := jsonout.Begin(nil)
	data.Raw("ids", "["+s.idText(result.material.id)+"]")
	data.Raw("id_number_map", string(numbers.End()))
	return succeedV2(data.End())
}

func (s *Server) serveV2List(c call) answer {
	query := c.request.URL.Query()
	page, size, err := parsePage(query.Get("page"), query.Get("page_size"))
	if err != nil {
		return refuseV2(ruleRefused, err.Error())
	}
	f := filter{search: query.Get("search"), page: page, size: size}
	return succeedV2([]byte(s.page(c, f, namesV2, "page_size", "total_page")))
}

func (s *Server) serveV2Detail(c call) answer {
	k, err := newKey(c.request.URL.Query().Get("id"), c.request.URL.Query().Get("number"))
	if err != nil {
		return refuseV2(ruleRefused, err.Error())
	}
	m := s.store.find(k.id, k.number)
	switch {
	case m != nil:
		s.meter.Add(c.endpoint, meter.Records, 1)
		return succeedV2([]byte(s.spell(m, namesV2)))
	case s.options.MissingAsNull:
		return succeedV2([]byte("null"))
	default:
		return refuseV2(ruleRefused, k.notFound())
	}
}
