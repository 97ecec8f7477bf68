package jdy

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"pandian/internal/erphttp"
)

const (
	// platform is the system code in errors and logs.
	platform = "jdy"
	folder   = "/jdy/basedata/"
)

// fate is what became of a call.
type fate int

const (
	// heard: the platform understood it; the answer says what came of it.
	heard fate = iota
	// refused: the platform said no, and nothing happened.
	refused
	// lost: it may have happened.
	lost
	// keptOut: the gateway says that it did not let it through.
	keptOut
	// unsent: the caller gave up before it was sent.
	unsent
	// barred: nothing was sent, and nothing can be sent for now.
	barred
)

// client makes business calls over one connection.
type client struct {
	conn  Connection
	http  *erphttp.Client
	login *login
}

// newClient is a client of conn, whose defaults are filled in.
func newClient(conn Connection, deps erphttp.Deps) *client {
	if deps.Pacer == nil {
		deps.Pacer = erphttp.NewLimiter(conn.HTTP.CallsPerMinute)
	}
	secrets := erphttp.NewSecrets(conn.ClientSecret, conn.Password, conn.Username)
	return &client{conn: conn, login: newLogin(conn, deps, secrets), http: erphttp.New(erphttp.Config{
		Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classify, Secrets: secrets,
	})}
}

// call posts body to one method. A token that the platform refuses is replaced
// and the call repeated, once: a call without a good token has no effect. A call
// with an effect is not repeated where it may have had it.
func (c *client) call(ctx context.Context, method string, body []byte, hasEffect bool) (*erphttp.Answer, fate, error) {
	for try := 1; ; try++ {
		session, err := c.login.get(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, unsent, err
		case err != nil:
			return nil, barred, err
		}
		answer, err := c.http.DoBuffered(ctx, erphttp.Call{
			Operation: method, Once: hasEffect,
			Build: func(ctx context.Context) (*http.Request, error) {
				return c.conn.newRequest(ctx, folder+method, session, body)
			},
		})
		failed := erphttp.AsError(err)
		if failed == nil || failed.Kind != erphttp.LoginRefused {
			return answer, fateOf(err), err
		}
		c.login.expire(session.token)
		if try == 2 {
			return nil, barred, err
		}
	}
}

// fateOf reads the error of a business call.
func fateOf(err error) fate {
	failed := erphttp.AsError(err)
	if err == nil {
		return heard
	}
	var row Code
	if failed != nil && failed.Kind != erphttp.CircuitOpen {
		row, _ = findCode(failed.Status, failed.Code, failed.Message)
	}
	switch {
	case row.Decision == Retryable:
		return keptOut
	case row.Decision == Misconfigured:
		return barred
	case failed != nil && failed.Kind == erphttp.Refused:
		return refused // whatever became of earlier attempts of a look-up
	case erphttp.MayHaveArrived(err):
		return lost
	case failed == nil, failed.Kind == erphttp.Canceled:
		return unsent
	default:
		return barred
	}
}

// newRequest is a business call with its token and account.
func (c Connection) newRequest(ctx context.Context, path string, session session, body []byte) (*http.Request, error) {
	address := c.BaseURL + path + "?access_token=" + url.QueryEscape(session.token)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	for name, value := range map[string]string{
		"accountId": session.accountID, "groupName": session.groupName, "X-GW-Router-Addr": c.RouterAddr,
	} {
		if value != "" {
			request.Header[name] = []string{value} // as the vendor spells it
		}
	}
	if c.SignHeaders {
		signHeaders(request, c.ClientID, c.ClientSecret, newNonce(), strconv.FormatInt(time.Now().UnixMilli(), 10))
	}
	return request, nil
}

// newNonce is a positive number of ten digits.
func newNonce() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return strconv.FormatUint(1_000_000_000+binary.BigEndian.Uint64(random[:])%9_000_000_000, 10)
}
