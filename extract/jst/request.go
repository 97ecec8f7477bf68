package jst

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	openPath    = "/open/orders/out/simple/query"
	oldMethod   = "orders.out.simple.query"
	qimenMethod = "jushuitan.saleout.list.query"
	formType    = "application/x-www-form-urlencoded;charset=UTF-8"
)

// operation is the name of the query on a route, for errors and logs.
func (r Route) operation() string {
	switch r {
	case Old:
		return oldMethod
	case Qimen:
		return qimenMethod
	default:
		return openPath
	}
}

// newRequest makes the signed request of one call. now is the platform's time;
// token is the access token of the open platform.
func (c Connection) newRequest(ctx context.Context, business params, token string, now time.Time) (*http.Request, error) {
	switch c.Route {
	case Old:
		return c.oldRequest(ctx, business, now)
	case Qimen:
		return c.gateway().NewRequest(ctx, qimenMethod, business.flat(), now)
	default:
		return c.openRequest(ctx, business, token, now)
	}
}

// openRequest puts everything into the form; biz is made once, signed and sent.
func (c Connection) openRequest(ctx context.Context, business params, token string, now time.Time) (*http.Request, error) {
	biz, err := business.json()
	if err != nil {
		return nil, err
	}
	return c.openForm(ctx, c.BaseURL, openPath, now, map[string]string{
		"access_token": token, "version": "2", "biz": biz,
	})
}

// openForm makes a signed form of the open platform; calls for tokens are of the
// same kind. The timestamp is Unix seconds and may be 10 minutes off.
func (c Connection) openForm(ctx context.Context, host, path string, now time.Time, fields map[string]string) (*http.Request, error) {
	fields["app_key"], fields["charset"] = c.AppKey, "utf-8"
	fields["timestamp"] = strconv.FormatInt(now.Unix(), 10)
	form := url.Values{"sign": {SignOpen(c.AppSecret, fields)}}
	for name, value := range fields {
		form.Set(name, value)
	}
	address := strings.TrimSuffix(host, "/") + path
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", formType)
	return request, nil
}

// oldRequest puts the system parameters into the query and the business
// parameters as JSON into the body.
func (c Connection) oldRequest(ctx context.Context, business params, now time.Time) (*http.Request, error) {
	body, err := business.json()
	if err != nil {
		return nil, err
	}
	pairs := []Pair{{"token", c.Token}, {"ts", strconv.FormatInt(now.Unix(), 10)}}
	query := "method=" + oldMethod + "&partnerid=" + url.QueryEscape(c.PartnerID)
	for _, pair := range pairs {
		query += "&" + pair.Name + "=" + url.QueryEscape(pair.Value)
	}
	query += "&sign=" + SignOld(oldMethod, c.PartnerID, c.PartnerKey, pairs)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"?"+query, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=UTF-8")
	return request, nil
}
