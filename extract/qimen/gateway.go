package qimen

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Gateway is the address and the identity with which calls are made.
type Gateway struct {
	// URL is the router's address, without a query, as in
	// "https://hu3cgwt0tc.api.taobao.com/router/qm".
	URL string
	// AppKey and AppSecret are the caller's own at TOP.
	AppKey, AppSecret string
	// TargetAppKey is the vendor's app key inside Qimen.
	TargetAppKey string
	SignMethod   SignMethod
	// System are further parameters that go into the query with each call, such
	// as the vendor's account number sid.
	System map[string]string
}

// Validate says which fields are missing or cannot be used.
func (g Gateway) Validate() error {
	var problems []error
	for _, field := range []struct{ name, value string }{
		{"app_key", g.AppKey}, {"app_secret", g.AppSecret}, {"target_app_key", g.TargetAppKey},
	} {
		if field.value == "" {
			problems = append(problems, fmt.Errorf("%s is missing", field.name))
		}
	}
	if _, err := ParseSignMethod(string(g.SignMethod)); err != nil {
		problems = append(problems, err)
	}
	address, err := url.Parse(g.URL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		problems = append(problems, errors.New("url is not an http address"))
	} else if address.RawQuery != "" {
		problems = append(problems, errors.New("url must have no query: it would have to be signed"))
	}
	return errors.Join(problems...)
}

// NewRequest makes a signed POST of one call: system parameters in the query,
// business parameters in the form, both UTF-8; the gateway merges the two and
// checks the signature of the union. Parameters without a value are not sent:
// TOP's own SDKs disagree on whether they are signed.
//
// now is the platform's time; the gateway accepts a difference of 10 minutes.
func (g Gateway) NewRequest(ctx context.Context, method string, business map[string]string, now time.Time) (*http.Request, error) {
	query := g.query(method, now)
	form := url.Values{}
	all := maps.Clone(query)
	for name, value := range business {
		if _, taken := query[name]; taken {
			return nil, fmt.Errorf("business parameter %s has the name of a system parameter", name)
		}
		if value != "" {
			form.Set(name, value)
			all[name] = value
		}
	}
	query["sign"] = Sign(g.SignMethod, g.AppSecret, all)
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"?"+values.Encode(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	return request, nil
}

// query holds the system parameters that have a value. format is always sent:
// without it TOP answers in XML.
func (g Gateway) query(method string, now time.Time) map[string]string {
	query := map[string]string{
		"method":         method,
		"app_key":        g.AppKey,
		"target_app_key": g.TargetAppKey,
		"timestamp":      FormatTime(now),
		"format":         "json",
		"v":              "2.0",
		"sign_method":    string(g.SignMethod),
	}
	maps.Copy(query, g.System)
	maps.DeleteFunc(query, func(_, value string) bool { return value == "" })
	return query
}
