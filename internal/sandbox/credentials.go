package sandbox

import (
	crand "crypto/rand"
	"encoding/base64"
	"fmt"
	"math/rand/v2"

	"pandian/internal/sandbox/jdy"
	"pandian/internal/sandbox/jst"
	"pandian/internal/sandbox/k3cloud"
	"pandian/internal/sandbox/tplus"
	"pandian/internal/sandbox/wdt"
	"pandian/internal/sandbox/yonsuite"
)

// Credentials are what a client needs to be let in. They open nothing but this
// sandbox.
type Credentials struct {
	Sid          string `json:"sid"`            // 旺店通 卖家账号, both routes
	AppKey       string `json:"appkey"`         // openapi2
	AppSecret    string `json:"appsecret"`      // openapi2
	TopAppKey    string `json:"top_app_key"`    // Qimen app_key
	TopSecret    string `json:"top_secret"`     // Qimen
	TargetAppKey string `json:"target_app_key"` // Qimen

	TenantID          string `json:"tenant_id"` // YonSuite
	YonsuiteAppKey    string `json:"yonsuite_app_key"`
	YonsuiteAppSecret string `json:"yonsuite_app_secret"`
	SuiteKey          string `json:"suite_key"`
	SuiteSecret       string `json:"suite_secret"`

	JSTAppKey     string `json:"jst_app_key"` // 聚水潭 open platform
	JSTAppSecret  string `json:"jst_app_secret"`
	JSTAuthCode   string `json:"jst_auth_code"`  // of a merchant's consent, good once
	JSTPartnerID  string `json:"jst_partner_id"` // old gateway
	JSTPartnerKey string `json:"jst_partner_key"`
	JSTToken      string `json:"jst_token"`
	JSTCustomerID string `json:"jst_customer_id"` // Qimen; its app is top_app_key

	K3AcctID    string `json:"k3cloud_acct_id"` // 金蝶云星空
	K3UserName  string `json:"k3cloud_user_name"`
	K3Password  string `json:"k3cloud_password"`
	K3AppID     string `json:"k3cloud_app_id"`
	K3AppSecret string `json:"k3cloud_app_secret"`

	JDYClientID     string `json:"jdy_client_id"` // 金蝶云星辰
	JDYClientSecret string `json:"jdy_client_secret"`
	JDYUserName     string `json:"jdy_username"`
	JDYPassword     string `json:"jdy_password"`
	JDYAccountID    string `json:"jdy_account_id"`
	JDYGroupName    string `json:"jdy_group_name"`
	// JDYBaseUnitID and JDYParentID are the ids of a unit and a category that the
	// account has.
	JDYBaseUnitID string `json:"jdy_base_unit_id"`
	JDYParentID   string `json:"jdy_parent_id"`

	TPlusAppKey      string `json:"tplus_app_key"` // 畅捷通T+
	TPlusAppSecret   string `json:"tplus_app_secret"`
	TPlusAppTicket   string `json:"tplus_app_ticket"` // 自建应用
	TPlusCertificate string `json:"tplus_certificate"`
}

// newCredentials draws all of them. The target app key is the one that every
// public client of the enterprise edition shows.
func newCredentials(o Options) Credentials {
	rng := rand.New(rand.NewPCG(o.Seed, 0xc4ed))
	if o.RandomCredentials {
		var seed [32]byte
		crand.Read(seed[:]) // never fails
		rng = rand.New(rand.NewChaCha8(seed))
	}
	hex := func(digits int) string {
		text := fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64())
		return text[:digits]
	}
	// Written in two steps: the first ones stay what they were for a seed.
	c := Credentials{
		Sid: "sandbox" + hex(4), AppKey: "sandbox" + hex(4) + "-ot", AppSecret: hex(32),
		TopAppKey: fmt.Sprint(10_000_000 + rng.IntN(90_000_000)), TopSecret: hex(32), TargetAppKey: "21363512",
		TenantID: "tt0" + hex(5), YonsuiteAppKey: hex(32), YonsuiteAppSecret: hex(32),
		SuiteKey: hex(8) + "-" + hex(4), SuiteSecret: hex(32),
	}
	c.JSTAppKey, c.JSTAppSecret, c.JSTAuthCode = hex(32), hex(32), hex(12)
	c.JSTPartnerID, c.JSTPartnerKey, c.JSTToken = hex(16), hex(32), hex(32)
	c.JSTCustomerID = fmt.Sprint(10_000_000 + rng.IntN(90_000_000))
	c.K3AcctID, c.K3UserName, c.K3Password = hex(14), "pandian"+hex(4), hex(16)
	// The app's id carries a secret of 24 bytes, as base64.
	c.K3AppID = fmt.Sprint(200_000+rng.IntN(100_000)) + "_" + base64.StdEncoding.EncodeToString([]byte(hex(24)))
	c.K3AppSecret = hex(32)
	c.JDYClientID, c.JDYClientSecret = fmt.Sprint(100_000+rng.IntN(900_000)), hex(32)
	c.JDYUserName, c.JDYPassword = "pandian"+hex(4), hex(16)
	c.JDYAccountID, c.JDYGroupName = fmt.Sprint(1<<60+rng.Int64N(1<<40)), "ns-"+hex(4)
	// Ids of the account are above 2^53, as the vendor's are.
	c.JDYBaseUnitID = fmt.Sprint(900_000_000_000_000_000 + rng.Int64N(1<<40))
	c.JDYParentID = fmt.Sprint(900_000_000_000_000_000 + rng.Int64N(1<<40))
	c.TPlusAppKey, c.TPlusAppSecret = hex(8), hex(32)
	c.TPlusAppTicket, c.TPlusCertificate = "t-"+hex(32), hex(32)
	return c
}

func (c Credentials) jst() jst.Account {
	return jst.Account{
		AppKey: c.JSTAppKey, AppSecret: c.JSTAppSecret, AuthCode: c.JSTAuthCode,
		PartnerID: c.JSTPartnerID, PartnerKey: c.JSTPartnerKey, Token: c.JSTToken,
		TopAppKey: c.TopAppKey, TopSecret: c.TopSecret, CustomerID: c.JSTCustomerID,
	}
}

func (c Credentials) k3cloud() k3cloud.Account {
	return k3cloud.Account{
		AcctID: c.K3AcctID, UserName: c.K3UserName, Password: c.K3Password, AppID: c.K3AppID, AppSecret: c.K3AppSecret,
	}
}

func (c Credentials) jdy() jdy.Account {
	return jdy.Account{
		ClientID: c.JDYClientID, ClientSecret: c.JDYClientSecret, UserName: c.JDYUserName, Password: c.JDYPassword,
		AccountID: c.JDYAccountID, GroupName: c.JDYGroupName,
	}
}

func (c Credentials) tplus() tplus.Account {
	return tplus.Account{
		AppKey: c.TPlusAppKey, AppSecret: c.TPlusAppSecret, AppTicket: c.TPlusAppTicket, Certificate: c.TPlusCertificate,
	}
}

func (c Credentials) wdt() wdt.Account {
	return wdt.Account{
		Sid: c.Sid, AppKey: c.AppKey, AppSecret: c.AppSecret,
		TopAppKey: c.TopAppKey, TopSecret: c.TopSecret, TargetAppKey: c.TargetAppKey,
	}
}

func (c Credentials) yonsuite() yonsuite.Account {
	return yonsuite.Account{
		TenantID: c.TenantID, AppKey: c.YonsuiteAppKey, AppSecret: c.YonsuiteAppSecret,
		SuiteKey: c.SuiteKey, SuiteSecret: c.SuiteSecret,
	}
}
