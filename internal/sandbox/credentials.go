package sandbox

import (
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"

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
	return Credentials{
		Sid: "sandbox" + hex(4), AppKey: "sandbox" + hex(4) + "-ot", AppSecret: hex(32),
		TopAppKey: fmt.Sprint(10_000_000 + rng.IntN(90_000_000)), TopSecret: hex(32), TargetAppKey: "21363512",
		TenantID: "tt0" + hex(5), YonsuiteAppKey: hex(32), YonsuiteAppSecret: hex(32),
		SuiteKey: hex(8) + "-" + hex(4), SuiteSecret: hex(32),
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
