package tplus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// onPrem is a customer's own server of either generation: the arguments in a form,
// credentials and token in one header.
type onPrem struct {
	conn   Connection
	http   *erphttp.Client
	signer signer // of generation 2
}

// request implements [caller].
func (o *onPrem) request(ctx context.Context, service string, args []byte, held tokens) (*http.Request, error) {
	return o.newRequest(ctx, o.conn.address(o.folder(), service), args, held.Access, held.SID)
}

func (o *onPrem) folder() string {
	if o.conn.Mode == OnPremV1 {
		return "/TPlus/api/v1/"
	}
	return "/tplus/api/v2/"
}

func (o *onPrem) newRequest(ctx context.Context, address string, args []byte, access, sid string) (*http.Request, error) {
	form := "_args=" + url.QueryEscape(string(args))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	authorization, err := o.authorization(address, access, time.Now())
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", authorization)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	if sid != "" {
		request.Header.Set("Cookie", "sid="+sid)
	}
	return request, nil
}

// authorization is made anew for each request: it holds the time.
func (o *onPrem) authorization(address, access string, now time.Time) (string, error) {
	if o.conn.Mode == OnPremV1 {
		return AuthorizationV1(o.conn.AppKey, o.conn.AppSecret, address, access, now.UTC().Format(http.TimeFormat)), nil
	}
	token, err := o.signer.sign(AppDigest(o.conn.AppKey, o.conn.OrgID, o.conn.AppSecret), access, now)
	if err != nil {
		return "", err
	}
	return AuthorizationV2(o.conn.AppKey, token, o.conn.OrgID), nil
}

// signIn implements [protocol]. A user who is logged in already is given the token
// that there is; on generation 1 it has to be taken over.
func (o *onPrem) signIn(ctx context.Context, _ tokens, _ string) (tokens, error) {
	service, args := o.login(time.Now())
	asked := time.Now()
	body, err := o.post(ctx, service, args, "")
	if err != nil {
		return tokens{}, err
	}
	found, _ := readEnvelope(body)
	if found.Code != loggedIn {
		return readServerTokens(body, asked, o.conn.RefreshEarly, service)
	}
	access := string(erphttp.ReadText(found.Data))
	if strings.HasPrefix(access, "{") {
		return readServerTokens(found.Data, asked, o.conn.RefreshEarly, service)
	}
	if access == "" {
		return tokens{}, odd(service, "the user is logged in already, and its token is not told", "give pandian a T+ user of its own")
	}
	if o.conn.Mode == OnPremV1 {
		if body, err = o.post(ctx, "Authorization/ReLogin", "{}", access); err != nil {
			return tokens{}, err
		}
		if fresh, err := readServerTokens(body, asked, o.conn.RefreshEarly, service); err == nil {
			return fresh, nil
		}
	}
	return newTokens(access, "", "", asked, serverLife, o.conn.RefreshEarly), nil
}

// login is the service that signs in, and its arguments.
func (o *onPrem) login(now time.Time) (service, args string) {
	user, account := quote(o.conn.UserName), quote(o.conn.AccountNumber)
	switch {
	case o.conn.Mode == OnPremV1:
		date := now.In(china()).Format(time.DateOnly)
		return "Authorization", `{"UserName":` + user + `,"Password":` + quote(base64MD5(o.conn.Password)) +
			`,"AccountNumber":` + account + `,"LoginDate":` + quote(date) + `}`
	case o.conn.UserName == "":
		return "collaborationapp/GetAnonymousTPlusToken?IsFree=1", "{}"
	default:
		return "collaborationapp/GetRealNameTPlusToken?IsFree=1",
			`{"userName":` + user + `,"password":` + quote(hexMD5(o.conn.Password)) + `,"accNum":` + account + `}`
	}
}

func (o *onPrem) post(ctx context.Context, service, args, access string) ([]byte, error) {
	operation, _, _ := strings.Cut(service, "?")
	got, err := o.http.DoBuffered(ctx, erphttp.Call{
		Operation: operation,
		Build: func(ctx context.Context) (*http.Request, error) {
			return o.newRequest(ctx, o.conn.BaseURL+o.folder()+service, []byte(args), access, "")
		},
	})
	if err != nil {
		return nil, err
	}
	return got.Body, nil
}

// readServerTokens reads {"result":true,"access_token":"…","sid":"…"}. Servers name
// no life.
func readServerTokens(body []byte, asked time.Time, early time.Duration, service string) (tokens, error) {
	var found struct {
		Access erphttp.Text `json:"access_token"`
		SID    erphttp.Text `json:"sid"`
	}
	if err := json.Unmarshal(body, &found); err != nil || found.Access == "" {
		return tokens{}, odd(service, "it holds no access_token", "check username, password and account_number")
	}
	return newTokens(string(found.Access), "", string(found.SID), asked, serverLife, early), nil
}
