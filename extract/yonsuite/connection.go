// Package yonsuite reads 用友 YonSuite (YonBIP) over its OpenAPI: it finds the
// tenant's data centre, keeps an access token of a 自建应用 (self-built app), and
// streams 现存量查询V2, which has no paging.
package yonsuite

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

const (
	discoveryURL  = "https://apigateway.yonyoucloud.com"
	discoveryPath = "/open-auth/dataCenter/getGatewayAddress"
	// tokenPathNew replaced tokenPathOld on 2023-07-21; its tokens are longer and
	// hold reserved characters.
	tokenPathNew = "/open-auth/selfAppAuth/base/v1/getAccessToken"
	tokenPathOld = "/open-auth/selfAppAuth/getAccessToken"
	stockPath    = "/yonbip/scm/stock/QueryCurrentStocksByCondition"
	// callsPerMinute is assumed: each API has its own ceiling on its page, and a public
	// client keeps 1.1 s between calls.
	callsPerMinute = 60
	// refreshEarly is how long before its end a token is replaced.
	refreshEarly = 300 * time.Second
)

// Connection is one tenant's app with its credentials.
type Connection struct {
	// TenantID names the tenant whose data centre is looked up. It is not needed
	// when GatewayURL and TokenURL are both given.
	TenantID string
	// AppKey and AppSecret are those of the tenant's 自建应用.
	AppKey, AppSecret string
	// DiscoveryURL is the host where data centres are looked up, without the
	// path. Default: the vendor's.
	DiscoveryURL string
	// GatewayURL and TokenURL replace what the lookup gives, as in
	// "https://yonbip.diwork.com/iuap-api-gateway" and "…/iuap-api-auth".
	GatewayURL, TokenURL string
	// TokenPaths are tried in order under TokenURL; one that answers 404 is
	// passed over for good. Default: the path since 2023-07-21, then the older.
	TokenPaths []string
	// StockPath is the path of 现存量查询V2 under the gateway. Default: the vendor's.
	StockPath string
	// RefreshEarly is how long before its end a token is replaced, but never
	// more than half its life. Default 300 s.
	RefreshEarly time.Duration
	// HTTP tunes the client. CallsPerMinute is 60 by default; calls for tokens do
	// not count.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	if c.DiscoveryURL == "" {
		c.DiscoveryURL = discoveryURL
	}
	if len(c.TokenPaths) == 0 {
		c.TokenPaths = []string{tokenPathNew, tokenPathOld}
	}
	if c.StockPath == "" {
		c.StockPath = stockPath
	}
	if c.RefreshEarly == 0 {
		c.RefreshEarly = refreshEarly
	}
	c.HTTP = c.HTTP.WithDefaults(callsPerMinute)
	return c
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate()}
	if c.AppKey == "" {
		problems = append(problems, errors.New("app_key is missing"))
	}
	if c.AppSecret == "" {
		problems = append(problems, errors.New("app_secret is missing"))
	}
	if c.TenantID == "" && (c.GatewayURL == "" || c.TokenURL == "") {
		problems = append(problems, errors.New("tenant_id is missing (or give gateway_url and token_url)"))
	}
	for _, address := range []struct{ name, value string }{
		{"discovery_url", c.DiscoveryURL}, {"gateway_url", c.GatewayURL}, {"token_url", c.TokenURL},
	} {
		if address.value != "" && !isAddress(address.value) {
			problems = append(problems, fmt.Errorf("%s is not an http address without a query", address.name))
		}
	}
	for _, path := range append([]string{c.StockPath}, c.TokenPaths...) {
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") {
			problems = append(problems, fmt.Errorf("path %q must begin with a slash and have no query", path))
		}
	}
	if c.RefreshEarly < 0 {
		problems = append(problems, errors.New("refresh_early must not be below zero"))
	}
	return errors.Join(problems...)
}

func isAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && (address.Scheme == "https" || address.Scheme == "http") &&
		address.RawQuery == "" && address.Fragment == ""
}
