package tplus

import (
	"fmt"
	"strings"
	"testing"

	"pandian/internal/erphttp"
)

func TestConnection_names_what_is_wrong(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, key := newKey(t)
	onPremise := func(mode Mode) func(*Connection) {
		return func(c *Connection) {
			c.Mode, c.UserName, c.AccountNumber, c.PrivateKey = mode, "demo", "001", key
		}
	}
	for name, test := range map[string]struct {
		base, change func(*Connection)
		want         string
	}{
		"good cloud":       {want: ""},
		"good v2":          {base: onPremise(OnPremV2)},
		"good v1":          {base: onPremise(OnPremV1)},
		"organisation":     {base: onPremise(OnPremV2), change: func(c *Connection) { c.UserName, c.AccountNumber, c.OrgID = "", "", "9" }},
		"mode":             {change: func(c *Connection) { c.Mode = "lan" }, want: `mode "lan" is none of cloud, onprem_v2, onprem_v1`},
		"app_key":          {change: func(c *Connection) { c.AppKey = "" }, want: "app_key is missing"},
		"app_secret":       {change: func(c *Connection) { c.AppSecret = "" }, want: "app_secret is missing"},
		"no token":         {change: func(c *Connection) { c.OpenToken = "" }, want: "one of open_token, refresh_token, app_ticket with certificate is missing"},
		"half a pair":      {change: func(c *Connection) { c.Certificate = "x" }, want: "app_ticket and certificate go together"},
		"address":          {change: func(c *Connection) { c.BaseURL = "erp" }, want: "url is not an http address"},
		"no address":       {base: onPremise(OnPremV1), change: func(c *Connection) { c.BaseURL = "" }, want: "url is not an http address"},
		"key":              {base: onPremise(OnPremV2), change: func(c *Connection) { c.PrivateKey = "CANARY" }, want: "private_key is not an RSA private key in PEM"},
		"no key":           {base: onPremise(OnPremV2), change: func(c *Connection) { c.PrivateKey = "" }, want: "private_key is missing"},
		"algorithm":        {base: onPremise(OnPremV2), change: func(c *Connection) { c.JWTAlgorithm = "HS256" }, want: `jwt_algorithm "HS256" is none of PS256, RS256`},
		"user":             {base: onPremise(OnPremV2), change: func(c *Connection) { c.UserName = "" }, want: "username is missing"},
		"account":          {base: onPremise(OnPremV1), change: func(c *Connection) { c.AccountNumber = "" }, want: "account_number is missing"},
		"refresh_early":    {change: func(c *Connection) { c.RefreshEarly = -1 }, want: "refresh_early must not be below zero"},
		"outage_wait":      {change: func(c *Connection) { c.OutageWait = -1 }, want: "outage_wait must not be below zero"},
		"settings of HTTP": {change: func(c *Connection) { c.HTTP.Timeout = -1 }, want: "timeout must not be below zero"},
	} {
		conn := s.connection()
		if test.base != nil {
			test.base(&conn)
		}
		if test.change != nil {
			test.change(&conn)
		}
		_, err := New(conn, erphttp.Deps{}, "t", nil)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		noCanary(t, fmt.Sprint(err))
	}
}
