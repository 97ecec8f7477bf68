// Package k3cloud writes bills to 金蝶云星空 (Kingdee K/3 Cloud) over its WebAPI:
// Save and BatchSave, Submit and Audit as steps of their own, and look-ups by bill
// number.
//
// A bill's number (FBillNo) is its natural key: the platform keeps it unique within
// a form. What nobody heard an answer to is looked up by it before anything is sent
// again, and a second field proves that the bill found is the one that was sent.
package k3cloud

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// platform is the system code in errors and logs.
const platform = "k3cloud"

// Auth is the way to prove who calls.
type Auth string

const (
	// AuthSign logs in with LoginBySign, which the vendor recommends.
	AuthSign Auth = "sign"
	// AuthSignSHA1 is AuthSign for servers before patch PT-146911 (8.0.0.202205).
	AuthSignSHA1 Auth = "sign_sha1"
	// AuthAppSecret logs in with LoginByAppSecret.
	AuthAppSecret Auth = "app_secret"
	// AuthPassword logs in with ValidateUser; new tenants of the public cloud forbid it.
	AuthPassword Auth = "password"
	// AuthHeader signs the headers of every call and never logs in.
	AuthHeader Auth = "header"
)

// Finish says how far a bill is taken after it was saved.
type Finish string

const (
	// FinishNone leaves it as Save does (status A 创建).
	FinishNone Finish = "none"
	// FinishSubmit submits it (status B 审核中).
	FinishSubmit Finish = "submit"
	// FinishAudit submits and audits it (status C 已审核).
	FinishAudit Finish = "audit"
)

// AskFirst says which documents are looked up by their number before they are sent.
type AskFirst string

const (
	// AskRetries asks about what was tried before. A first attempt is sent at once:
	// should its number exist already, the platform's duplicate error leads to the
	// same look-up, at no cost to all the others.
	AskRetries AskFirst = "retries"
	// AskAlways asks about every document; the vendor's advice taken literally.
	AskAlways AskFirst = "always"
	// AskNever leaves it to the duplicate error alone.
	AskNever AskFirst = "never"
)

const (
	// gatewayURL is the vendor's public gateway.
	gatewayURL = "https://api.kingdee.com/galaxyapi/"
	// simplified is the language 简体中文.
	simplified = 2052
	// maxBatch is the most bills that the vendor advises for one BatchSave.
	maxBatch = 20
	// maxSessions is the most threads that the vendor advises.
	maxSessions = 10
	// timeout is that of the vendor's SDK: a batch that is audited takes its time.
	timeout = 3 * time.Minute
)

// Connection is one 数据中心 (account set) with the credentials of one user.
type Connection struct {
	// URL is the server's address up to and with /k3cloud/, or the gateway's.
	// Default: the public gateway.
	URL string
	// AcctID is the 数据中心 id.
	AcctID string
	// UserName is the integration user.
	UserName string
	// Auth is the way to log in. Default sign.
	Auth Auth
	// AppID and AppSecret are those of the 第三方系统登录授权; for every Auth but
	// password.
	AppID, AppSecret string
	// Password is for AuthPassword only.
	Password string
	// LCID is the language of messages: 2052 简体, 3076 繁体, 1033 English. Default 2052.
	LCID int
	// OrgNum is the organisation's number, for AuthHeader only. Default 0, as
	// published ports send it (assumed).
	OrgNum string
	// Sessions is how many calls run at once: those of one session queue up at the
	// server. 1 to 10, default 2.
	Sessions int
	// BatchSize is the number of bills per BatchSave, 1 to 20. Default 10.
	BatchSize int
	// Finish is for payloads without IsAutoSubmitAndAudit. Default none.
	Finish Finish
	// ProofField is the field of the bill that shows whether a bill of the same
	// number is ours, where the Model has it; else FDate and FCustomerID do. Default
	// F_KLF_Text.
	ProofField string
	// AskFirst says which documents are looked up before they are sent. Default
	// retries.
	AskFirst AskFirst
	// HTTP tunes the client. There is no rate limit by default and the timeout is
	// 3 min.
	HTTP erphttp.Settings
}

func (c Connection) withDefaults() Connection {
	setDefault(&c.URL, gatewayURL)
	if !strings.HasSuffix(c.URL, "/") {
		c.URL += "/"
	}
	setDefault(&c.Auth, AuthSign)
	setDefault(&c.LCID, simplified)
	setDefault(&c.OrgNum, "0")
	setDefault(&c.Sessions, 2)
	setDefault(&c.BatchSize, 10)
	setDefault(&c.Finish, FinishNone)
	setDefault(&c.ProofField, "F_KLF_Text")
	setDefault(&c.AskFirst, AskRetries)
	setDefault(&c.HTTP.Timeout, timeout)
	c.HTTP = c.HTTP.WithDefaults(-1)
	return c
}

// Validate says which fields are missing or cannot be used, by the names they
// have in the configuration.
func (c Connection) Validate() error {
	c = c.withDefaults()
	problems := []error{c.HTTP.Validate(), c.validateAuth()}
	address, err := url.Parse(c.URL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || address.RawQuery != "" || address.Fragment != "" {
		problems = append(problems, errors.New("url is not an http address without a query"))
	}
	within := func(name string, value, low, high int) {
		if value < low || value > high {
			problems = append(problems, fmt.Errorf("%s %d is not within %d to %d", name, value, low, high))
		}
	}
	within("sessions", c.Sessions, 1, maxSessions)
	within("batch_size", c.BatchSize, 1, maxBatch)
	within("lcid", c.LCID, 1, 1<<20)
	if c.Finish != FinishNone && c.Finish != FinishSubmit && c.Finish != FinishAudit {
		problems = append(problems, fmt.Errorf("finish %q is none of none, submit, audit", c.Finish))
	}
	if c.AskFirst != AskRetries && c.AskFirst != AskAlways && c.AskFirst != AskNever {
		problems = append(problems, fmt.Errorf("ask_first %q is none of retries, always, never", c.AskFirst))
	}
	if !isFieldKey(c.ProofField) {
		problems = append(problems, fmt.Errorf("proof_field %q is not the key of a field", c.ProofField))
	}
	return errors.Join(problems...)
}

func (c Connection) validateAuth() error {
	var problems []error
	need := func(name, value string) {
		if value == "" {
			problems = append(problems, fmt.Errorf("%s is missing", name))
		}
	}
	need("acct_id", c.AcctID)
	need("user_name", c.UserName)
	switch c.Auth {
	case AuthPassword:
		need("password", c.Password)
	case AuthSign, AuthSignSHA1, AuthAppSecret:
		need("app_id", c.AppID)
		need("app_secret", c.AppSecret)
	case AuthHeader:
		need("app_id", c.AppID)
		need("app_secret", c.AppSecret)
		if _, _, err := splitAppID(c.AppID); err != nil {
			problems = append(problems, err)
		}
	default:
		problems = append(problems, fmt.Errorf("auth %q is none of sign, sign_sha1, app_secret, password, header", c.Auth))
	}
	return errors.Join(problems...)
}

// isFieldKey says whether text can stand in a query's FieldKeys.
func isFieldKey(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
