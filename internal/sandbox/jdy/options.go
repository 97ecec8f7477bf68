package jdy

import (
	"strings"
	"time"
)

// The vendor's limits in calls per 60 seconds, seen in use at V2 and taken over
// for V1.
const (
	VendorLimit      = 500
	VendorTokenLimit = 2
)

// Account is what an integrator of one account set (账套) was given.
type Account struct {
	ClientID     string
	ClientSecret string
	UserName     string // V1 token
	Password     string // V1 token
	AccountID    string // 账套, header accountId
	GroupName    string // header groupName, such as ns-v7g6
	RouterAddr   string // data centre, header X-GW-Router-Addr, such as https://tf.jdy.com

	OuterInstanceID string // V2 step 1
	AppKey          string // V2; its secret is made and changed by the server
}

// Wrapper is the form of the body that material_batch_save takes.
type Wrapper string

// The wrappers. Items is what the batch call of vouchers takes (assumed here).
const (
	WrapItems  Wrapper = ""       // {"items":[…]}
	WrapObject Wrapper = "object" // one bare object
	WrapArray  Wrapper = "array"  // a bare array
	WrapAny    Wrapper = "any"    // each of them
)

// Shape is the form of data in the answer of material_batch_save.
type Shape string

// The shapes. An array is what the batch call of vouchers gives (assumed here).
const (
	ShapeBatch   Shape = ""        // one element per item, in their order
	ShapeObject  Shape = "object"  // one object for all of them
	ShapeMessage Shape = "message" // one object, with a plain message in place of errorInfo
)

// Options of the platform. The zero value has no limits and knows every unit
// and category.
type Options struct {
	Account Account
	// Units tells whether a unit (计量单位) with this id exists, Parents whether
	// a category (商品类别) does; nil means that each does.
	Units, Parents func(id string) bool
	// Refuse makes a rule of the account refuse the 商品 with this number; it
	// returns the text, or nothing. Nil refuses none.
	Refuse func(number string) string
	// TokenLife is how long a token holds; 0 means a day, as known of V2.
	TokenLife time.Duration
	// Wrapper and AnswerShape are about material_batch_save.
	Wrapper     Wrapper
	AnswerShape Shape
	// MaxItems is how many items a batch may have; 0 means 50 (assumed).
	MaxItems int
	// IDsAsNumbers writes ids as JSON numbers in place of text. They are above
	// 2^53 either way.
	IDsAsNumbers bool
	// RequireNumber is an account without a numbering rule: a new 商品 must bring
	// its number.
	RequireNumber bool
	// StrictFields refuses keys that the field list does not have; otherwise they
	// are ignored (assumed).
	StrictFields bool
	// IgnoreWarnOverwrites lets a new 商品 with ignorewarn overwrite the one that
	// has its number, as one client of V2 reports.
	IgnoreWarnOverwrites bool
	// MissingAsNull answers a look-up without a result with success and data
	// null, and not with a refusal.
	MissingAsNull bool
	// ExpiredInBody shows an expired V1 token as success false with HTTP 200, and
	// not as HTTP 519.
	ExpiredInBody bool
	// GatewayKey is the member that has the code in an HTTP 519; empty means
	// errcode, and V1's own Python SDK reads code.
	GatewayKey string
	// Limit is the business calls allowed in any 60 seconds (VendorLimit), and
	// TokenLimit the token calls of V2 (VendorTokenLimit); 0 means no limit.
	Limit, TokenLimit int
	// SignV2Required asks V1's business calls for the signed headers of V2. A
	// signature that is sent is checked in any case.
	SignV2Required bool
	// RequireRouter asks V1's business calls for X-GW-Router-Addr.
	RequireRouter bool
	// OldAuthorizeForm gives V2's step 1 its older envelope, code 200 and msg.
	OldAuthorizeForm bool
	// Now is the clock; nil means the system's.
	Now func() time.Time
	// Seed makes tokens and secrets.
	Seed uint64
}

func (o Options) withDefaults() Options {
	everything := func(string) bool { return true }
	if o.Units == nil {
		o.Units = everything
	}
	if o.Parents == nil {
		o.Parents = everything
	}
	if o.Refuse == nil {
		o.Refuse = func(string) string { return "" }
	}
	if o.TokenLife == 0 {
		o.TokenLife = 24 * time.Hour
	}
	if o.MaxItems == 0 {
		o.MaxItems = 50
	}
	if o.GatewayKey == "" {
		o.GatewayKey = "errcode"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// allows tells whether a method is among those named.
func allows(methods, method string) bool {
	for name := range strings.FieldsSeq(methods) {
		if name == method {
			return true
		}
	}
	return false
}
