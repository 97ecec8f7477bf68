package config

// Routes to 聚水潭.
const (
	RouteOpen = "open" // the open platform (开放平台)
	RouteOld  = "old"  // the gateway before it, open.erp321.com
)

// JST is an account at 聚水潭 (Jushuitan).
type JST struct {
	// Route is RouteOpen, RouteOld or RouteQimen. Default open.
	Route string
	// URL replaces the route's production address.
	URL string
	// AppKey and AppSecret are the app's: at 聚水潭 for open, at Taobao's platform
	// for qimen.
	AppKey    string
	AppSecret Secret
	// Auth is self_built or refresh. Route open only. Default self_built.
	Auth string
	// AccessToken and RefreshToken begin the life of the tokens where Auth is
	// refresh.
	AccessToken, RefreshToken Secret
	// PartnerID, PartnerKey and Token are for route old only.
	PartnerID         string
	PartnerKey, Token Secret
	// CustomerID is the merchant's route id. Route qimen only.
	CustomerID string
	// TargetAppKey is 聚水潭's own key inside Qimen. Route qimen only. Default
	// 23060081.
	TargetAppKey string
	// SignMethod is md5, hmac or hmac-sha256. Route qimen only. Default md5.
	SignMethod string
	// Paging is row_version or window. Default row_version.
	Paging string
	// Filters narrow what is read: status, shop_id, is_offline_shop, wms_co_id,
	// owner_co_id, date_type, archive.
	Filters map[string]string
	HTTP    HTTP
}

// jstMaxSpan is the widest window that 聚水潭 takes.
const jstMaxSpan = 7 * day

func (j *JST) fields() []field {
	fields := []field{
		choice("route", &j.Route, RouteOpen, RouteOpen, RouteOld, RouteQimen),
		webAddress("url", &j.URL, jstURL(j.Route)),
	}
	switch j.Route {
	case RouteOld:
		fields = append(fields,
			text("partner_id", &j.PartnerID, "").require(),
			secret("partner_key", &j.PartnerKey).require(),
			secret("token", &j.Token).require(),
		)
	case RouteQimen:
		fields = append(fields,
			private("app_key", &j.AppKey).require(),
			secret("app_secret", &j.AppSecret).require(),
			private("customer_id", &j.CustomerID).require(),
			text("target_app_key", &j.TargetAppKey, "23060081"),
			choice("sign_method", &j.SignMethod, "md5", "md5", "hmac", "hmac-sha256"),
		)
	default:
		fields = append(fields,
			private("app_key", &j.AppKey).require(),
			secret("app_secret", &j.AppSecret).require(),
			choice("auth", &j.Auth, "self_built", "self_built", "refresh"),
			secret("access_token", &j.AccessToken),
			secret("refresh_token", &j.RefreshToken),
		)
	}
	for _, key := range []struct{ name, route string }{
		{"partner_id", RouteOld}, {"partner_key", RouteOld}, {"token", RouteOld}, {"customer_id", RouteQimen},
		{"target_app_key", RouteQimen}, {"sign_method", RouteQimen}, {"auth", RouteOpen},
		{"access_token", RouteOpen}, {"refresh_token", RouteOpen},
	} {
		if key.route != orText(j.Route, RouteOpen) {
			fields = append(fields, misplaced(key.name, key.name+" is for route "+key.route+" only"))
		}
	}
	if j.Route == RouteOld {
		fields = append(fields,
			misplaced("app_key", "route old has partner_id instead"),
			misplaced("app_secret", "route old has partner_key instead"))
	}
	fields = append(fields,
		choice("paging", &j.Paging, "row_version", "row_version", "window"),
		filterTable("filters", &j.Filters, "status", "shop_id", "is_offline_shop", "wms_co_id", "owner_co_id", "date_type", "archive"),
	)
	return append(fields, j.HTTP.fieldsWith(jstCallsPerMinute(j.Route), "60s")...)
}

func jstURL(route string) string {
	switch route {
	case RouteOld:
		return "https://open.erp321.com/api/open/query.aspx"
	case RouteQimen:
		return "https://a1q40taq0j.api.taobao.com/router/qm"
	default:
		return "https://openapi.jushuitan.com"
	}
}

func jstCallsPerMinute(route string) string {
	if route == RouteQimen {
		return "480"
	}
	return "100"
}

func (j *JST) secrets() []string {
	return []string{
		j.AppKey, j.AppSecret.Reveal(), j.AccessToken.Reveal(), j.RefreshToken.Reveal(),
		j.PartnerKey.Reveal(), j.Token.Reveal(), j.CustomerID,
	}
}
