// Package tplus writes 销售出库单 (sales dispatch vouchers) to 畅捷通T+ (Chanjet T+)
// by saleDispatch/Create, over the vendor's cloud platform or straight to a
// customer's own server of either generation. The three differ in how they sign in
// and how they wrap a call, not in the services themselves.
package tplus

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// Mode is the way to the server.
type Mode string

const (
	// Cloud is the vendor's open platform.
	Cloud Mode = "cloud"
	// OnPremV2 is a server of T+ 12.3 or later.
	OnPremV2 Mode = "onprem_v2"
	// OnPremV1 is a server of T+ 12.2 or earlier.
	OnPremV1 Mode = "onprem_v1"
)

const (
	cloudURL = "https://openapi.chanjet.com"
	// callsPerMinute is assumed: no figure is published, integrators keep a second
	// between calls.
	callsPerMinute = 60
	// refreshEarly is how long before its end a token is replaced.
	refreshEarly = 24 * time.Hour
	// outageWait is how long a T+ server is left alone that the platform does not
	// reach: such outages were seen to last for a nightly window.
	outageWait = 10 * time.Minute
)

// SendSize is how many documents a call of Send should get: each is a call of its
// own at one per second, and results are kept only when Send returns.
const SendSize = 5

// Connection is one account set (账套) with its credentials.
type Connection struct {
	Mode Mode
	// BaseURL is the server, as in "http://erp.example.com:8080"; the path of the
	// interface is added. Default: the vendor's platform; required on premise.
	BaseURL string
	// AppKey and AppSecret are those of the app.
	AppKey, AppSecret string

	// OpenToken, cloud only, is a token got elsewhere. Alone it is never renewed.
	OpenToken string
	// RefreshToken, cloud only, is the one that an authorisation by OAuth gave.
	RefreshToken string
	// AppTicket and Certificate, cloud only, are those of a self-built app (自建应用).
	AppTicket, Certificate string
	// SignKey (加签秘钥), cloud only, adds the request signature.
	SignKey string

	// UserName, Password and AccountNumber are those of a T+ user; on premise only.
	UserName, Password, AccountNumber string
	// OrgID, onprem_v2 only, is the organisation. Without a UserName it signs in on
	// its own.
	OrgID string
	// PrivateKey, onprem_v2 only, is the app's RSA key (cjet_pri.pem) as PEM text.
	PrivateKey string
	// JWTAlgorithm, onprem_v2 only, is PS256 (default) or RS256: both are in use.
	JWTAlgorithm string

	// MarketingOrgan picks a 营销机构 by its id.
	MarketingOrgan string
	// AssumeOpenAPI says whether the server has SaleDispatchOpenApi, by which
	// vouchers are read back. Default: true, but false on onprem_v1. Without it
	// documents in doubt stay in doubt until a person has looked.
	AssumeOpenAPI *bool
	// RefreshEarly is how long before its end a token is replaced, but never more
	// than half its life. Default 24 h.
	RefreshEarly time.Duration
	// OutageWait is how long nothing is sent after the platform said that it does
	// not reach the server. Default 10 min.
	OutageWait time.Duration
	// HTTP tunes the client. CallsPerMinute is 60 by default; calls for tokens do
	// not count.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	if c.Mode == "" {
		c.Mode = Cloud
	}
	if c.BaseURL == "" && c.Mode == Cloud {
		c.BaseURL = cloudURL
	}
	c.BaseURL = withoutInterface(c.BaseURL)
	if c.JWTAlgorithm == "" {
		c.JWTAlgorithm = "PS256"
	}
	if c.AssumeOpenAPI == nil {
		hasOpenAPI := c.Mode != OnPremV1
		c.AssumeOpenAPI = &hasOpenAPI
	}
	if c.RefreshEarly == 0 {
		c.RefreshEarly = refreshEarly
	}
	if c.OutageWait == 0 {
		c.OutageWait = outageWait
	}
	c.HTTP = c.HTTP.WithDefaults(callsPerMinute)
	return c
}

var interfacePath = regexp.MustCompile(`(?i)/tplus/api/v[12]/?$`)

// withoutInterface takes the path off that people copy along with the server.
func withoutInterface(address string) string {
	return strings.TrimRight(interfacePath.ReplaceAllString(address, ""), "/")
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate()}
	missing := func(name, value string) {
		if value == "" {
			problems = append(problems, fmt.Errorf("%s is missing", name))
		}
	}
	missing("app_key", c.AppKey)
	missing("app_secret", c.AppSecret)
	switch c.Mode {
	case Cloud:
		problems = append(problems, c.validateCloud())
	case OnPremV2:
		_, err := c.signer()
		problems = append(problems, err)
		if c.OrgID == "" || c.UserName != "" {
			missing("username", c.UserName)
			missing("account_number", c.AccountNumber)
		}
	case OnPremV1:
		missing("username", c.UserName)
		missing("account_number", c.AccountNumber)
	default:
		problems = append(problems, fmt.Errorf("mode %q is none of cloud, onprem_v2, onprem_v1", c.Mode))
	}
	if !isAddress(c.BaseURL) {
		problems = append(problems, errors.New("url is not an http address without a query"))
	}
	if c.RefreshEarly < 0 {
		problems = append(problems, errors.New("refresh_early must not be below zero"))
	}
	if c.OutageWait < 0 {
		problems = append(problems, errors.New("outage_wait must not be below zero"))
	}
	return errors.Join(problems...)
}

func (c Connection) validateCloud() error {
	if c.OpenToken == "" && c.RefreshToken == "" && c.Certificate == "" {
		return errors.New("one of open_token, refresh_token, app_ticket with certificate is missing")
	}
	if (c.AppTicket == "") != (c.Certificate == "") {
		return errors.New("app_ticket and certificate go together")
	}
	return nil
}

func isAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && (address.Scheme == "https" || address.Scheme == "http") &&
		address.RawQuery == "" && address.Fragment == ""
}

// secrets are the texts that must not show.
func (c Connection) secrets() *erphttp.Secrets {
	return erphttp.NewSecrets(c.AppSecret, c.OpenToken, c.RefreshToken, c.AppTicket, c.Certificate, c.SignKey,
		c.Password, c.PrivateKey, hexMD5(c.Password), base64MD5(c.Password))
}
