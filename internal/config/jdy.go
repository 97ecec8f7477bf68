package config

// JDY is one account (账套) of 金蝶云星辰 V1 (Kingdee Xingchen).
type JDY struct {
	// URL is the gateway without a path. Default: the vendor's.
	URL string
	// ClientID and ClientSecret are those of the app. Required.
	ClientID     string
	ClientSecret Secret
	// UserName and Password are those of a user of the account. Required.
	UserName string
	Password Secret
	// AccountID and GroupName name the account; without them it must be the only
	// one.
	AccountID, GroupName string
	// RouterAddr is the tenant's data centre. Default: not sent.
	RouterAddr string
	// BatchSize is the number of items of one call. Default 50.
	BatchSize int
	// SignHeaders adds the newer gateway's signature. Default off.
	SignHeaders bool
	HTTP        HTTP
}

func (j *JDY) fields() []field {
	fields := []field{
		webAddress("url", &j.URL, "https://api.kingdee.com"),
		private("client_id", &j.ClientID).require(),
		secret("client_secret", &j.ClientSecret).require(),
		private("username", &j.UserName).require(),
		secret("password", &j.Password).require(),
		text("account_id", &j.AccountID, ""),
		text("group_name", &j.GroupName, ""),
		webAddress("router_addr", &j.RouterAddr, ""),
		whole("batch_size", &j.BatchSize, "50", 1, 50),
		toggle("sign_headers", &j.SignHeaders, "off"),
	}
	return append(fields, j.HTTP.fieldsWith("500", "60s")...)
}

func (j *JDY) secrets() []string {
	return []string{j.ClientID, j.ClientSecret.Reveal(), j.UserName, j.Password.Reveal()}
}
