package tplus

import (
	"crypto/rsa"
	"slices"
	"time"
)

// Account is what one application was given; each has the fields of the front
// ends that it uses. All applications reach the same account set (账套).
type Account struct {
	AppKey    string
	AppSecret string
	OrgID     string // 企业; on-premise it is sent in org mode only

	// Open platform.
	Certificate   string // 自建应用: authorization certificate
	AppTicket     string // 自建应用: what the platform pushes
	MessageSecret string // 16 bytes; encrypts what is pushed
	SignKey       string // 加签秘钥; empty: calls are not signed

	// On-premise.
	UserName      string
	Password      string
	AccountNumber string         // 账套号
	PublicKey     *rsa.PublicKey // v2: of the private key file that signs
}

// Mode is which front end answers below /tplus/api/v2/.
type Mode string

// The modes. Without one a call with an Authorization header goes to the server
// of the customer, every other to the open platform.
const (
	ByHeaders Mode = ""
	Cloud     Mode = "cloud"
	OnPremV2  Mode = "onprem_v2"
)

// The kinds that Options.Known is asked about.
const (
	KindPartner   = "partner"   // 往来单位
	KindWarehouse = "warehouse" // 仓库
	KindInventory = "inventory" // 存货
	KindBusiType  = "busitype"  // 业务类型
)

// Options of the platform. The zero value lets nobody in.
type Options struct {
	Accounts []Account
	Mode     Mode
	// Known tells whether the record of a kind with this code exists; nil means
	// that each does.
	Known func(kind, code string) bool
	// Refuse makes a rule of the account set refuse the voucher with this code
	// (or external code); it returns the text, or nothing. Nil refuses none.
	Refuse func(code string) string
	// NoNumbering is an account set without a numbering rule: a voucher without
	// code gets its external code.
	NoNumbering bool
	// TokenLife is how long an access token or an on-premise session holds (six
	// days), RefreshLife how long a refresh token does (30 days).
	TokenLife, RefreshLife time.Duration
	// BusinessErrorStatus is the HTTP status of what T+ refuses: 400 (also for 0)
	// or 200; 999 stands for HTTP 400 with 999 as the code of everything.
	BusinessErrorStatus int
	// DuplicateText follows the code that exists already; empty means " 已存在"
	// (assumed).
	DuplicateText string
	// TakesTwice makes a second voucher for a code that exists already, as a server
	// without the check would: what is sent twice shows as made twice.
	TakesTwice bool
	// LeniencyUnquoted takes JSON with unquoted keys, as the real server does.
	LeniencyUnquoted bool
	// PagesFromZero counts the pages of FindVoucherList from 0 and not from 1;
	// sources disagree.
	PagesFromZero bool
	// MissingAsNull answers GetVoucherDTO for a voucher that is not there with
	// success and data null, and not with a refusal.
	MissingAsNull bool
	// Limit is the calls allowed in any 60 seconds per app key; 0 means no limit.
	// No figure is published.
	Limit int
	// Deliver takes what the platform pushes to the message address: the ticket
	// when it is asked for again, and audits. Nil drops it.
	Deliver func(body []byte)
	// Now is the clock; nil means the system's.
	Now func() time.Time
	// Seed makes tokens.
	Seed uint64
}

func (o Options) withDefaults() Options {
	if o.Known == nil {
		o.Known = func(string, string) bool { return true }
	}
	if o.Refuse == nil {
		o.Refuse = func(string) string { return "" }
	}
	if o.TokenLife == 0 {
		o.TokenLife = 6 * 24 * time.Hour
	}
	if o.RefreshLife == 0 {
		o.RefreshLife = 30 * 24 * time.Hour
	}
	if o.DuplicateText == "" {
		o.DuplicateText = " 已存在"
	}
	if o.Deliver == nil {
		o.Deliver = func([]byte) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// account finds an application by its key.
func (o Options) account(appKey string) (Account, bool) {
	i := slices.IndexFunc(o.Accounts, func(a Account) bool { return a.AppKey == appKey && appKey != "" })
	if i < 0 {
		return Account{}, false
	}
	return o.Accounts[i], true
}
