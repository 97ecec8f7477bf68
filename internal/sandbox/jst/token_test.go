package jst

import (
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
)

var (
	initParams    = map[string]string{"grant_type": "authorization_code", "code": "a1B2c3"}
	refreshParams = map[string]string{"grant_type": "refresh_token", "refresh_token": "simrefresh0001", "scope": "all"}
)

const allOrders = `{"start_ts":1,"is_get_total":false,"page_index":1,"page_size":50}`

func TestATokenLivesExpiresAndIsRefreshed(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{TokenLife: time.Hour})
	r.want(r.open(allOrders), "0")
	got := r.token(initToken, initParams)
	if got.AccessTok != "simtoken0001" || got.ExpiresIn != 3600 || got.Msg != "执行成功" {
		t.Errorf("init: got %s", got.raw)
	}
	r.now = testNow.Add(59 * time.Minute)
	if got := r.token(initToken, initParams); got.AccessTok != "simtoken0001" || got.ExpiresIn != 60 {
		t.Errorf("a second init: got %s, want the same token with what is left of it", got.raw)
	}
	r.now = testNow.Add(time.Hour)
	r.want(r.open(allOrders), "100")
	got = r.token(refreshToken, refreshParams)
	if got.AccessTok == "simtoken0001" || got.RefreshTok == "simrefresh0001" || got.ExpiresIn != 3600 {
		t.Errorf("refresh: got %s, want a new pair", got.raw)
	}
	r.want(r.open(allOrders), "100")
	r.want(r.open(allOrders, map[string]string{"access_token": got.AccessTok}), "0")
	r.want(r.token(refreshToken, refreshParams), "100")
	r.now = testNow.Add(24 * time.Hour)
	r.want(r.token(refreshToken, with(refreshParams, map[string]string{"refresh_token": got.RefreshTok})), "100")
	if again := r.token(initToken, initParams); again.AccessTok == got.AccessTok || again.AccessTok == "" {
		t.Errorf("init after all has expired: got %s, want a new pair", again.raw)
	}
}

func TestARefreshMayKeepTheAccessToken(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{TokenLife: time.Hour, KeepAccess: true})
	r.now = testNow.Add(50 * time.Minute)
	got := r.token(refreshToken, refreshParams)
	if got.AccessTok != "simtoken0001" || got.RefreshTok == "simrefresh0001" || got.ExpiresIn != 3600 {
		t.Errorf("refresh: got %s", got.raw)
	}
	r.now = testNow.Add(80 * time.Minute)
	r.want(r.open(allOrders), "0")
}

func TestAThirdPartyLivesOnConsents(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{ThirdParty: true})
	r.want(r.token(refreshToken, refreshParams), "150")
	r.want(r.token(initToken, initParams), "190")
	exchange := map[string]string{"grant_type": "authorization_code", "code": "consent0001"}
	got := r.token(exchangeToken, exchange)
	r.want(r.open(allOrders, map[string]string{"access_token": got.AccessTok}), "0")
	r.want(r.token(exchangeToken, exchange), "140")
	again := r.token(exchangeToken, with(exchange, map[string]string{"code": r.server.Consent()}))
	r.want(r.open(allOrders, map[string]string{"access_token": got.AccessTok}), "100")
	r.want(r.open(allOrders, map[string]string{"access_token": again.AccessTok}), "0")
}

func TestTokensCanBeExpiredFromOutside(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{}, fault.Rule{Kind: fault.TokenExpired, Endpoint: OpenSaleout, After: 1, Count: 1})
	r.want(r.open(allOrders), "0")
	r.want(r.open(allOrders), "100")
	r.want(r.open(allOrders), "100")
	got := r.token(refreshToken, refreshParams)
	access := map[string]string{"access_token": got.AccessTok}
	r.want(r.open(allOrders, access), "0")
	r.server.ExpireTokens()
	r.want(r.open(allOrders, access), "100")
	r.want(r.token(refreshToken, with(refreshParams, map[string]string{"refresh_token": got.RefreshTok})), "0")
}

func TestATokenCallIsChecked(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{})
	for name, test := range map[string]struct {
		flow tokenFlow
		more map[string]string
		code string
	}{
		"code of 5":        {initToken, with(initParams, map[string]string{"code": "12345"}), "140"},
		"code with a dash": {initToken, with(initParams, map[string]string{"code": "12-456"}), "140"},
		"no grant type":    {initToken, map[string]string{"code": "123456"}, "140"},
		"other grant type": {initToken, with(initParams, map[string]string{"grant_type": "refresh_token"}), "140"},
		"no scope":         {refreshToken, with(refreshParams, map[string]string{"scope": ""}), "140"},
		"unknown refresh":  {refreshToken, with(refreshParams, map[string]string{"refresh_token": "simrefresh0002"}), "100"},
		"unknown code":     {exchangeToken, with(initParams, map[string]string{"code": "nobody"}), "140"},
		"old clock":        {initToken, with(initParams, map[string]string{"timestamp": "1699999399"}), "140"},
		"other app":        {initToken, with(initParams, map[string]string{"app_key": "simapp0002"}), "10"},
		"charset":          {initToken, with(initParams, map[string]string{"charset": "gbk"}), "140"},
		"charset in upper": {initToken, with(initParams, map[string]string{"charset": "UTF-8"}), "0"},
	} {
		if got := r.token(test.flow, test.more); got.Code.String() != test.code {
			t.Errorf("%s: got %s, want code %s", name, got.raw, test.code)
		}
	}
	body := r.send("/openWeb/auth/getInitToken", "", formType, encode(with(initParams, map[string]string{
		"app_key": testAccount.AppKey, "charset": "utf-8", "timestamp": "1700000000", "sign": "05E3A51E19E0883AFD1882CCD309E0B9",
	})))
	r.want(r.read(body, "data"), "10")
}

func TestTheTokenOfTheOldGatewayIsExtended(t *testing.T) {
	t.Parallel()
	r := newSmallRig(t, Options{OldTokenLife: time.Hour}, fault.Rule{Kind: fault.TokenExpired, Endpoint: OldSaleout, After: 2, Count: 1})
	r.want(r.old(oldQuery, allOrders), "0")
	r.now = testNow.Add(time.Hour)
	r.want(r.old(oldQuery, allOrders), "100")
	if got := r.old("refresh.token", ""); !got.IsSuccess {
		t.Errorf("refresh: got %s", got.raw)
	}
	r.want(r.old(oldQuery, allOrders), "100") // the fault
	r.want(r.old(oldQuery, allOrders), "0")
}
