package config

// K3Cloud is one 数据中心 (account set) of 金蝶云星空 (Kingdee K/3 Cloud).
type K3Cloud struct {
	// URL is the server's address up to and with /k3cloud/. Default: the vendor's
	// public gateway.
	URL string
	// AcctID is the 数据中心 id. Required.
	AcctID string
	// UserName is the integration user. Required.
	UserName string
	// Auth is sign (LoginBySign), sign_sha1, app_secret, password or header.
	// Default sign.
	Auth string
	// AppID and AppSecret are those of 第三方系统登录授权; for every Auth but password.
	AppID     string
	AppSecret Secret
	// Password is for Auth password only.
	Password Secret
	// LCID is the language of messages. Default 2052 (简体).
	LCID int
	// OrgNum is the organisation's number, for Auth header only. Default 0.
	OrgNum string
	// Sessions is how many calls run at once. Default 2.
	Sessions int
	// BatchSize is the number of bills of one call. Default 10.
	BatchSize int
	// Finish says how far a bill is taken that is not audited in the same call:
	// none, submit or audit. Default none.
	Finish string
	// ProofField is the field that shows whether a bill is ours. Default
	// F_KLF_Text.
	ProofField string
	// AskFirst says which bills are looked up before they are sent: retries,
	// always or never. Default retries.
	AskFirst string
	HTTP     HTTP
}

func (k *K3Cloud) fields() []field {
	fields := []field{
		webAddress("url", &k.URL, "https://api.kingdee.com/galaxyapi/"),
		text("acct_id", &k.AcctID, "").require(),
		text("user_name", &k.UserName, "").require(),
		choice("auth", &k.Auth, "sign", "sign", "sign_sha1", "app_secret", "password", "header"),
	}
	if k.Auth == "password" {
		fields = append(fields,
			secret("password", &k.Password).require(),
			misplaced("app_id", "auth password has no app"),
			misplaced("app_secret", "auth password has no app"))
	} else {
		fields = append(fields,
			private("app_id", &k.AppID).require(),
			secret("app_secret", &k.AppSecret).require(),
			misplaced("password", "password is for auth password only"))
	}
	fields = append(fields,
		whole("lcid", &k.LCID, "2052", 1, 65_535),
		text("org_num", &k.OrgNum, "0"),
		whole("sessions", &k.Sessions, "2", 1, 10),
		whole("batch_size", &k.BatchSize, "10", 1, 20),
		choice("finish", &k.Finish, "none", "none", "submit", "audit"),
		text("proof_field", &k.ProofField, "F_KLF_Text"),
		choice("ask_first", &k.AskFirst, "retries", "retries", "always", "never"),
	)
	return append(fields, k.HTTP.fieldsWith("100000", "3m")...)
}

func (k *K3Cloud) secrets() []string {
	return []string{k.AppID, k.AppSecret.Reveal(), k.Password.Reveal()}
}
