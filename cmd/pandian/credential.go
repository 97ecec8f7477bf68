package main

import (
	"cmp"

	"pandian/internal/config"
	"pandian/internal/pace"
)

// fingerprint names what a platform counts a connection's calls by: two connections
// with the same credential share a rate limit.
func fingerprint(conn config.Connection) string {
	switch {
	case conn.WDT != nil:
		return pace.Fingerprint(conn.WDT.AppSecret.Reveal(), conn.Platform, conn.WDT.URL, conn.WDT.SID, conn.WDT.AppKey)
	case conn.YonSuite != nil:
		return pace.Fingerprint(conn.YonSuite.AppSecret.Reveal(), conn.Platform, conn.YonSuite.DiscoveryURL, conn.YonSuite.TenantID, conn.YonSuite.AppKey)
	case conn.JST != nil:
		secret := cmp.Or(conn.JST.AppSecret.Reveal(), conn.JST.PartnerKey.Reveal())
		return pace.Fingerprint(secret, conn.Platform, conn.JST.URL, conn.JST.Route, conn.JST.AppKey, conn.JST.PartnerID, conn.JST.CustomerID)
	case conn.K3Cloud != nil:
		// A password can be guessed, so it is no key; what is left may be known.
		return pace.Fingerprint(conn.K3Cloud.AppSecret.Reveal(), conn.Platform, conn.K3Cloud.URL, conn.K3Cloud.AcctID, conn.K3Cloud.UserName)
	case conn.JDY != nil:
		return pace.Fingerprint(conn.JDY.ClientSecret.Reveal(), conn.Platform, conn.JDY.URL, conn.JDY.ClientID, conn.JDY.AccountID, conn.JDY.GroupName)
	case conn.TPlus != nil:
		return pace.Fingerprint(conn.TPlus.AppSecret.Reveal(), conn.Platform, conn.TPlus.URL, conn.TPlus.AppKey, conn.TPlus.AccountNumber, conn.TPlus.OrgID)
	default:
		return pace.Fingerprint("", conn.Platform, conn.Name)
	}
}
