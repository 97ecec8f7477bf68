// Package jst reads 聚水潭 (Jushuitan) sale-out documents (销售出库单) over any of
// three routes: its open platform (开放平台), the older gateway of open.erp321.com,
// and its custom API on Taobao's Qimen gateway (奇门), which is the only one that
// gives the documents of Taobao and Tmall shops (淘系).
package jst

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// Route is the way to the ERP.
type Route string

const (
	// Open is the open platform, openapi.jushuitan.com.
	Open Route = "open"
	// Old is the gateway before it, open.erp321.com.
	Old Route = "old"
	// Qimen is the custom API on the gateway of Taobao's open platform.
	Qimen Route = "qimen"
)

// Paging is how the pages of a window are found.
type Paging string

const (
	// RowVersion follows ts, the version that a row gets with each change, as the
	// vendor advises: no row is lost that changes while pages are read.
	RowVersion Paging = "row_version"
	// ByPage numbers the pages and reads them from last to first, with the
	// platform's count as proof; for routes and accounts whose rows carry no ts.
	ByPage Paging = "window"
)

// Auth is where access tokens of the open platform come from.
type Auth string

const (
	// SelfBuilt is the app of a merchant of its own (商家自研): it may ask for a
	// token whenever it wants one.
	SelfBuilt Auth = "self_built"
	// Refresh begins with a pair of tokens that a merchant's consent gave, and
	// renews it with the refresh token.
	Refresh Auth = "refresh"
)

const (
	openURL = "https://openapi.jushuitan.com"
	oldURL  = "https://open.erp321.com/api/open/query.aspx"
	// qimenURL is the only sub-domain seen in public; they are allotted per scenario.
	qimenURL     = "https://a1q40taq0j.api.taobao.com/router/qm"
	targetAppKey = "23060081"
	// callsPerMinute is the limit of the open platform; that of the old gateway is
	// assumed to be the same. Spread evenly it keeps below 5 calls a second too.
	callsPerMinute = 100
	// qimenCallsPerMinute is 8 a second, stated for the order list (assumed here).
	qimenCallsPerMinute = 8 * 60
	// mostCallsPerMinute keeps 200 ms between calls of the open platform.
	mostCallsPerMinute = 5 * 60
	maxPageSize        = 50
	maxSpan            = 7 * 24 * time.Hour
)

// Connection is one merchant's account with its credentials. Which fields are
// needed depends on the route.
type Connection struct {
	// Route is open (default), old or qimen.
	Route Route
	// BaseURL replaces the route's production address: the host for open, the
	// whole address for old and qimen.
	BaseURL string

	// AppKey and AppSecret are the app's: at 聚水潭 for open, at TOP for qimen.
	AppKey, AppSecret string
	// Auth is for open: self_built (default) or refresh.
	Auth Auth
	// AuthURL is the host that hands out tokens, for open. Default: BaseURL.
	AuthURL string
	// AccessToken and RefreshToken are the pair to begin with when Auth is refresh.
	// A pair that differs from the one that pandian began with replaces what it
	// has renewed since: that is how a new consent is entered.
	AccessToken, RefreshToken string

	// PartnerID, PartnerKey and Token are for old.
	PartnerID, PartnerKey, Token string

	// CustomerID is the merchant's route id in the Qimen settings of the ERP.
	CustomerID string
	// TargetAppKey is for qimen. Default 23060081.
	TargetAppKey string
	// SignMethod is for qimen: md5 (default), hmac or hmac-sha256.
	SignMethod string

	// Paging is row_version (default) or window.
	Paging Paging
	// PageSize is the number of records asked for, 1 to 50, with row_version 2 to
	// 50. Default 50.
	PageSize int
	// MaxSpan narrows the widest window asked for. Default 7 days, which is the
	// vendor's limit.
	MaxSpan time.Duration
	// HTTP tunes the client. CallsPerMinute is 100 by default, on qimen 480.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	setDefault(&c.Route, Open)
	switch c.Route {
	case Open:
		setDefault(&c.BaseURL, openURL)
		setDefault(&c.AuthURL, c.BaseURL)
		setDefault(&c.Auth, SelfBuilt)
	case Old:
		setDefault(&c.BaseURL, oldURL)
	case Qimen:
		setDefault(&c.BaseURL, qimenURL)
		setDefault(&c.TargetAppKey, targetAppKey)
		setDefault(&c.SignMethod, string(qimen.MD5))
	}
	setDefault(&c.Paging, RowVersion)
	setDefault(&c.PageSize, maxPageSize)
	setDefault(&c.MaxSpan, maxSpan)
	limit := callsPerMinute
	if c.Route == Qimen {
		limit = qimenCallsPerMinute
	}
	c.HTTP = c.HTTP.WithDefaults(limit)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate()}
	switch c.Route {
	case Open:
		problems = append(problems, c.validateOpen())
	case Old:
		problems = append(problems, c.validateOld())
	case Qimen:
		problems = append(problems, c.gateway().Validate())
		problems = append(problems, missing("customer_id", c.CustomerID)...)
	default:
		problems = append(problems, fmt.Errorf("route %q is none of open, old, qimen", c.Route))
	}
	return errors.Join(append(problems, c.validatePaging())...)
}

func (c Connection) validatePaging() error {
	var problems []error
	least := 1
	switch c.Paging {
	case RowVersion:
		least = 2 // where the row of the cursor itself comes again, one is no progress
	case ByPage:
	default:
		problems = append(problems, fmt.Errorf("paging %q is none of row_version, window", c.Paging))
	}
	if c.PageSize < least || c.PageSize > maxPageSize {
		problems = append(problems, fmt.Errorf("page_size %d is not within %d to %d", c.PageSize, least, maxPageSize))
	}
	if c.MaxSpan < time.Second || c.MaxSpan > maxSpan {
		problems = append(problems, fmt.Errorf("max_span %s is not within 1s to %s", c.MaxSpan, maxSpan))
	}
	return errors.Join(problems...)
}

func (c Connection) validateOpen() error {
	problems := append(missing("app_key", c.AppKey), missing("app_secret", c.AppSecret)...)
	problems = append(problems, checkAddress("url", c.BaseURL), checkAddress("auth_url", c.AuthURL))
	switch c.Auth {
	case SelfBuilt:
		if c.AccessToken != "" || c.RefreshToken != "" {
			problems = append(problems, errors.New("access_token and refresh_token are for auth refresh; with self_built pandian asks for its own"))
		}
	case Refresh:
		if c.AccessToken == "" && c.RefreshToken == "" {
			problems = append(problems, errors.New("access_token and refresh_token are missing: auth refresh begins with them"))
		}
	default:
		problems = append(problems, fmt.Errorf("auth %q is none of self_built, refresh", c.Auth))
	}
	if c.HTTP.CallsPerMinute > mostCallsPerMinute {
		problems = append(problems, fmt.Errorf("calls_per_minute %d is more than %d, which is 5 calls a second", c.HTTP.CallsPerMinute, mostCallsPerMinute))
	}
	return errors.Join(problems...)
}

func (c Connection) validateOld() error {
	problems := append(missing("partner_id", c.PartnerID), missing("partner_key", c.PartnerKey)...)
	problems = append(problems, missing("token", c.Token)...)
	return errors.Join(append(problems, checkAddress("url", c.BaseURL))...)
}

func missing(name, value string) []error {
	if value != "" {
		return nil
	}
	return []error{fmt.Errorf("%s is missing", name)}
}

func checkAddress(name, text string) error {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" ||
		address.RawQuery != "" || address.Fragment != "" {
		return fmt.Errorf("%s is not an http address without a query", name)
	}
	return nil
}

// gateway is the connection as Qimen sees it.
func (c Connection) gateway() qimen.Gateway {
	return qimen.Gateway{
		URL: c.BaseURL, AppKey: c.AppKey, AppSecret: c.AppSecret, TargetAppKey: c.TargetAppKey,
		SignMethod: qimen.SignMethod(c.SignMethod), System: map[string]string{"customer_id": c.CustomerID},
	}
}
