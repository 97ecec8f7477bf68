package tplus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

const (
	generatePath = "/v1/common/auth/selfBuiltApp/generateToken"
	refreshPath  = "/auth/v2/refreshToken"
)

// cloud is the vendor's open platform: credentials and token in headers, the
// arguments as the body.
type cloud struct {
	conn Connection
	http *erphttp.Client
}

// signIn starts with the token of the configuration, goes on with app_ticket and
// certificate where there are some, and with the refresh token where there is one.
func (c *cloud) signIn(ctx context.Context, kept tokens, refused string) (tokens, error) {
	if kept.Access == "" && c.conn.OpenToken != "" && c.conn.OpenToken != refused {
		return tokens{Access: c.conn.OpenToken, Refresh: c.conn.RefreshToken}, nil
	}
	refresh := kept.Refresh
	if refresh == "" {
		refresh = c.conn.RefreshToken
	}
	if c.conn.Certificate == "" {
		return c.refresh(ctx, refresh)
	}
	fresh, err := c.generate(ctx)
	failed := erphttp.AsError(err)
	if failed != nil && failed.Kind == erphttp.Refused && refresh != "" {
		return c.refresh(ctx, refresh) // the ticket is an old one
	}
	return fresh, err
}

// generate signs a self-built app in. A ticket is pushed to the app's address about
// every ten minutes.
func (c *cloud) generate(ctx context.Context) (tokens, error) {
	body := []byte(`{"appTicket":` + quote(c.conn.AppTicket) + `,"certificate":` + quote(c.conn.Certificate) + `}`)
	return c.ask(ctx, "selfBuiltApp/generateToken", http.MethodPost, generatePath, body)
}

// refresh trades the refresh token for a new pair. The old pair ends at once.
func (c *cloud) refresh(ctx context.Context, refresh string) (tokens, error) {
	if refresh == "" {
		return tokens{}, &erphttp.Error{
			Kind: erphttp.LoginRefused, Platform: platform, Operation: "open_token",
			Advice: "open_token ran out and there is no refresh_token: authorise the app again",
		}
	}
	query := url.Values{"grantType": {"refresh_token"}, "refreshToken": {refresh}}
	return c.ask(ctx, "auth/v2/refreshToken", http.MethodGet, refreshPath+"?"+query.Encode(), nil)
}

func (c *cloud) ask(ctx context.Context, operation, method, path string, body []byte) (tokens, error) {
	asked := time.Now()
	got, err := c.http.DoBuffered(ctx, erphttp.Call{
		Operation: operation,
		Build: func(ctx context.Context) (*http.Request, error) {
			return c.newRequest(ctx, method, c.conn.BaseURL+path, body)
		},
	})
	if err != nil {
		return tokens{}, err
	}
	return readTokens(got.Body, asked, c.conn.RefreshEarly, operation)
}

// request implements [caller].
func (c *cloud) request(ctx context.Context, service string, args []byte, held tokens) (*http.Request, error) {
	request, err := c.newRequest(ctx, http.MethodPost, c.conn.address("/tplus/api/v2/", service), args)
	if err != nil {
		return nil, err
	}
	request.Header["openToken"] = []string{held.Access}
	if held.SID != "" {
		request.Header.Set("Cookie", "sid="+held.SID)
	}
	return request, nil
}

// newRequest is a request with the app's credentials, spelt as the vendor does, and
// with its signature where there is a key.
func (c *cloud) newRequest(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	request.Header["appKey"] = []string{c.conn.AppKey}
	request.Header["appSecret"] = []string{c.conn.AppSecret}
	request.Header.Set("Content-Type", "application/json")
	if c.conn.SignKey != "" {
		timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
		request.Header["timestamp"] = []string{timestamp}
		request.Header["signature"] = []string{SignRequest(c.conn.AppKey, c.conn.SignKey, timestamp, body)}
	}
	return request, nil
}

// readTokens reads a pair of tokens in either spelling, under value, result or data.
func readTokens(body []byte, asked time.Time, early time.Duration, operation string) (tokens, error) {
	var holders struct{ Value, Result, Data json.RawMessage }
	_ = json.Unmarshal(body, &holders) // an answer without tokens is dealt with below
	for _, holder := range []json.RawMessage{holders.Value, holders.Result, holders.Data, body} {
		var found struct {
			Access       erphttp.Text `json:"access_token"`
			AccessCamel  erphttp.Text `json:"accessToken"`
			Refresh      erphttp.Text `json:"refresh_token"`
			RefreshCamel erphttp.Text `json:"refreshToken"`
			Expires      erphttp.Text `json:"expires_in"`
			ExpiresCamel erphttp.Text `json:"expiresIn"`
			SID          erphttp.Text `json:"sid"`
		}
		if json.Unmarshal(holder, &found) != nil || found.Access+found.AccessCamel == "" {
			continue
		}
		life := lifeOf(string(found.Expires + found.ExpiresCamel))
		return newTokens(string(found.Access+found.AccessCamel), string(found.Refresh+found.RefreshCamel), string(found.SID), asked, life, early), nil
	}
	return tokens{}, odd(operation, "it holds no access token", "")
}

// lifeOf reads a life in seconds.
func lifeOf(text string) time.Duration {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds <= 0 {
		return defaultLife
	}
	return time.Duration(min(seconds, 366*24*3600)) * time.Second
}
