// Package wdt reads 旺店通 (Wangdiantong by 慧策, enterprise edition 企业版) over
// either of its two routes: the Qimen gateway (企业奇门) and the vendor's own
// openapi2. Both speak of the same datasets; which rows of sales documents and
// which privacy fields they give differs, stock and shops are the same on both
// (assumed).
package wdt

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// Route is the way to the ERP.
type Route string

const (
	// Qimen is 企业奇门, the gateway of Taobao's open platform.
	Qimen Route = "qimen"
	// OpenAPI2 is the vendor's own gateway.
	OpenAPI2 Route = "openapi2"
)

const (
	// qimenURL and openAPI2URL are the production addresses. Tests of the vendor run
	// at …/router/qmtest and https://sandbox.wangdian.cn/openapi2/.
	qimenURL    = "https://hu3cgwt0tc.api.taobao.com/router/qm"
	openAPI2URL = "https://api.wangdian.cn/openapi2/"
	// targetAppKey is the vendor's app key inside Qimen, in every public client.
	targetAppKey = "21363512"
	// callsPerMinute is the limit that enterprise clients state for openapi2. Its scope
	// is unknown; per credential is assumed, and the same for Qimen.
	callsPerMinute = 60
	// maxPageSize is the documented limit; what a larger one does is unknown.
	maxPageSize = 100
	// maxSpan is the widest window of the queries that have one.
	maxSpan = 30 * 24 * time.Hour
	// firstPage is the number of the first page of every query.
	firstPage = 0
)

// Connection is one seller's account (卖家账号) with its credentials.
type Connection struct {
	Route Route
	// BaseURL replaces the route's production address: for Qimen the router
	// itself, for openapi2 the folder that holds stock_query.php.
	BaseURL string
	// SID is the seller account.
	SID string
	// AppKey and AppSecret are those of TOP for Qimen, those of the interface
	// account (接口账号) for openapi2.
	AppKey, AppSecret string
	// TargetAppKey is for Qimen only. Default 21363512.
	TargetAppKey string
	// SignMethod is for Qimen only: md5 (default), hmac or hmac-sha256.
	SignMethod string
	// PageSize is the number of records asked for, 1 to 100. Default 100.
	PageSize int
	// MaxSpan narrows the widest window asked for. Default 30 days, which is
	// the vendor's limit.
	MaxSpan time.Duration
	// HTTP tunes the client. CallsPerMinute is 60 by default.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	if c.BaseURL == "" && c.Route == Qimen {
		c.BaseURL = qimenURL
	}
	if c.BaseURL == "" && c.Route == OpenAPI2 {
		c.BaseURL = openAPI2URL
	}
	if c.TargetAppKey == "" {
		c.TargetAppKey = targetAppKey
	}
	if c.SignMethod == "" {
		c.SignMethod = string(qimen.MD5)
	}
	if c.PageSize == 0 {
		c.PageSize = maxPageSize
	}
	if c.MaxSpan == 0 {
		c.MaxSpan = maxSpan
	}
	c.HTTP = c.HTTP.WithDefaults(callsPerMinute)
	return c
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate()}
	switch c.Route {
	case Qimen:
		problems = append(problems, c.gateway().Validate())
	case OpenAPI2:
		problems = append(problems, c.validateOpenAPI2())
	default:
		problems = append(problems, fmt.Errorf("route %q is none of qimen, openapi2", c.Route))
	}
	if c.SID == "" {
		problems = append(problems, errors.New("sid is missing"))
	}
	if c.PageSize < 1 || c.PageSize > maxPageSize {
		problems = append(problems, fmt.Errorf("page_size %d is not within 1 to %d", c.PageSize, maxPageSize))
	}
	if c.MaxSpan < time.Second || c.MaxSpan > maxSpan {
		problems = append(problems, fmt.Errorf("max_span %s is not within 1s to %s", c.MaxSpan, maxSpan))
	}
	return errors.Join(problems...)
}

func (c Connection) validateOpenAPI2() error {
	var problems []error
	if c.AppKey == "" {
		problems = append(problems, errors.New("app_key is missing"))
	}
	if c.AppSecret == "" {
		problems = append(problems, errors.New("app_secret is missing"))
	}
	address, err := url.Parse(c.BaseURL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || address.RawQuery != "" {
		problems = append(problems, errors.New("url is not an http address without a query"))
	}
	return errors.Join(problems...)
}

// gateway is the connection as Qimen sees it.
func (c Connection) gateway() qimen.Gateway {
	return qimen.Gateway{
		URL: c.BaseURL, AppKey: c.AppKey, AppSecret: c.AppSecret, TargetAppKey: c.TargetAppKey,
		SignMethod: qimen.SignMethod(c.SignMethod), System: map[string]string{"sid": c.SID},
	}
}

// windowed is how a query with a window is read.
func (c Connection) windowed(dataset string) extract.Spec {
	return extract.Spec{
		Dataset: dataset, Kind: extract.Windowed, MaxSpan: c.MaxSpan,
		PageSize: c.PageSize, FirstPage: firstPage, Backwards: true,
	}
}
