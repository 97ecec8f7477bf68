package config

// Ways to 畅捷通T+.
const (
	ModeCloud    = "cloud"     // the vendor's open platform
	ModeOnPremV2 = "onprem_v2" // a server of T+ 12.3 or later
	ModeOnPremV1 = "onprem_v1" // a server of T+ 12.2 or earlier
)

// TPlus is one account set (账套) of 畅捷通T+ (Chanjet T+).
type TPlus struct {
	// Mode is ModeCloud, ModeOnPremV2 or ModeOnPremV1. Default cloud.
	Mode string
	// URL is the server's address. Default, for cloud only: the vendor's.
	URL string
	// AppKey and AppSecret are the app's. Required.
	AppKey    string
	AppSecret Secret

	// OpenToken, RefreshToken, or AppTicket with Certificate: where the token of
	// the cloud comes from. Mode cloud only.
	OpenToken, RefreshToken, AppTicket, Certificate Secret
	// SignKey (加签秘钥) adds the request signature. Mode cloud only.
	SignKey Secret

	// UserName, Password and AccountNumber log in to a server of one's own.
	UserName      string
	Password      Secret
	AccountNumber string
	// OrgID, PrivateKey (PEM) and JWTAlgorithm are for mode onprem_v2 only.
	OrgID        string
	PrivateKey   Secret
	JWTAlgorithm string

	// MarketingOrgan picks a 营销机构 by its id.
	MarketingOrgan string
	// OpenAPI is auto, on or off: whether the server can read vouchers back.
	// Default auto: on, but off for onprem_v1.
	OpenAPI string
	HTTP    HTTP
}

func (t *TPlus) fields() []field {
	mode := orText(t.Mode, ModeCloud)
	fields := []field{
		choice("mode", &t.Mode, ModeCloud, ModeCloud, ModeOnPremV2, ModeOnPremV1),
		private("app_key", &t.AppKey).require(),
		secret("app_secret", &t.AppSecret).require(),
		text("marketing_organ", &t.MarketingOrgan, ""),
		choice("open_api", &t.OpenAPI, "auto", "auto", "on", "off"),
	}
	cloud := []field{
		secret("open_token", &t.OpenToken), secret("refresh_token", &t.RefreshToken),
		secret("app_ticket", &t.AppTicket), secret("certificate", &t.Certificate), secret("sign_key", &t.SignKey),
	}
	server := []field{
		private("username", &t.UserName), secret("password", &t.Password), text("account_number", &t.AccountNumber, ""),
	}
	signed := []field{
		text("org_id", &t.OrgID, ""), secret("private_key", &t.PrivateKey),
		choice("jwt_algorithm", &t.JWTAlgorithm, "ps256", "ps256", "rs256"),
	}
	address := webAddress("url", &t.URL, "")
	switch mode {
	case ModeCloud:
		fields = append(fields, webAddress("url", &t.URL, "https://openapi.chanjet.com"))
		fields = append(append(fields, cloud...), elsewhere("mode onprem_v2 or onprem_v1", server)...)
		fields = append(fields, elsewhere("mode onprem_v2", signed)...)
	case ModeOnPremV2:
		fields = append(append(fields, address.require()), server...)
		fields = append(append(fields, signed...), elsewhere("mode cloud", cloud)...)
	default:
		fields = append(append(fields, address.require()), server...)
		fields = append(append(fields, elsewhere("mode cloud", cloud)...), elsewhere("mode onprem_v2", signed)...)
	}
	return append(fields, t.HTTP.fieldsWith("60", "60s")...)
}

// elsewhere are the same keys, refused with the place where they belong.
func elsewhere(where string, fields []field) []field {
	var refused []field
	for _, f := range fields {
		refused = append(refused, misplaced(f.key, f.key+" is for "+where+" only"))
	}
	return refused
}

func (t *TPlus) secrets() []string {
	return []string{
		t.AppKey, t.AppSecret.Reveal(), t.OpenToken.Reveal(), t.RefreshToken.Reveal(), t.AppTicket.Reveal(),
		t.Certificate.Reveal(), t.SignKey.Reveal(), t.PrivateKey.Reveal(), t.Password.Reveal(),
	}
}
