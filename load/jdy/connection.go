// Package jdy writes 商品 (materials) to 金蝶云星辰 V1 (Kingdee Xingchen, formerly
// 精斗云): a token by client and user, the 账套 (account) it may work in, and the
// batch method jdy/basedata/material_batch_save.
//
// No capture of that method is public. What is assumed about it stands in one
// place each: the body's wrapper in wrapper.go, the answer's shape in saved.go,
// the fields and the rows of sub-tables in fields.go.
package jdy

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

const (
	baseURL = "https://api.kingdee.com"
	// maxBatch is assumed: how many items one call may have is not published.
	maxBatch = 50
	// callsPerMinute and loginsPerMinute are the newer generation's figures, per
	// account; the same is assumed here.
	callsPerMinute  = 500
	loginsPerMinute = 2
	// refreshEarly is how long before its end a token is replaced.
	refreshEarly = 5 * time.Minute
)

// Connection is one account (账套) with its credentials.
type Connection struct {
	// BaseURL is the gateway without a path. Default: the vendor's.
	BaseURL string
	// ClientID and ClientSecret are those of the app on the open platform.
	ClientID, ClientSecret string
	// Username and Password are those of a user of the account.
	Username, Password string
	// AccountID and GroupName name the account, as in "ns-v7g6" for the group.
	// With both, the account is not looked up; with one of them or none, it must
	// be the only one that fits.
	AccountID, GroupName string
	// RouterAddr is the tenant's data centre, as in "https://tf.jdy.com". It is
	// sent only when it is set: whether V1 needs it is not known.
	RouterAddr string
	// BatchSize is how many items one call writes, 1 to 50. Default 50.
	BatchSize int
	// SignHeaders adds the newer gateway's X-Api-* headers. Off by default: no V1
	// client is known to send them.
	SignHeaders bool
	// RefreshEarly is how long before its end a token is replaced, but never more
	// than half its life. Default 5 min.
	RefreshEarly time.Duration
	// LoginsPerMinute limits the calls for tokens. Default 2; below zero there is
	// no limit.
	LoginsPerMinute int
	// HTTP tunes the client. CallsPerMinute is 500 by default.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	if c.BaseURL == "" {
		c.BaseURL = baseURL
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.BatchSize == 0 {
		c.BatchSize = maxBatch
	}
	if c.RefreshEarly == 0 {
		c.RefreshEarly = refreshEarly
	}
	if c.LoginsPerMinute == 0 {
		c.LoginsPerMinute = loginsPerMinute
	}
	c.HTTP = c.HTTP.WithDefaults(callsPerMinute)
	return c
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate()}
	for _, field := range []struct{ name, value string }{
		{"client_id", c.ClientID}, {"client_secret", c.ClientSecret},
		{"username", c.Username}, {"password", c.Password},
	} {
		if field.value == "" {
			problems = append(problems, fmt.Errorf("%s is missing", field.name))
		}
	}
	if !isAddress(c.BaseURL) {
		problems = append(problems, errors.New("url is not an http address without a query"))
	}
	if c.RouterAddr != "" && !isAddress(c.RouterAddr) {
		problems = append(problems, errors.New("router_addr is not an http address without a query"))
	}
	if c.BatchSize < 1 || c.BatchSize > maxBatch {
		problems = append(problems, fmt.Errorf("batch_size %d is not within 1 to %d", c.BatchSize, maxBatch))
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
