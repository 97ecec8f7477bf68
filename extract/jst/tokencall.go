package jst

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"pandian/extract"
	"pandian/internal/erphttp"
)

const (
	initPath    = "/openWeb/auth/getInitToken"
	refreshPath = "/openWeb/auth/refreshToken"
)

// begin asks for the first pair of a self-built app. The code is any six letters
// or digits that the caller likes.
func (t *tokens) begin(ctx context.Context) (token, error) {
	return t.ask(ctx, initPath, token{}, func() map[string]string {
		return map[string]string{"grant_type": "authorization_code", "code": rand.Text()[:6]}
	})
}

// refresh trades the refresh token for the next pair.
func (t *tokens) refresh(ctx context.Context, held token) (token, error) {
	return t.ask(ctx, refreshPath, held, func() map[string]string {
		return map[string]string{"grant_type": "refresh_token", "refresh_token": held.Refresh, "scope": "all"}
	})
}

// ask makes one token call. A pair without a refresh token keeps the one before.
func (t *tokens) ask(ctx context.Context, path string, before token, fields func() map[string]string) (token, error) {
	asked := time.Now()
	answer, err := t.http.DoBuffered(ctx, erphttp.Call{
		Operation: path,
		Build: func(ctx context.Context) (*http.Request, error) {
			asked = time.Now()
			return t.conn.openForm(ctx, t.conn.AuthURL, path, t.clock.now(), fields())
		},
	})
	if err != nil {
		return token{}, err
	}
	next, err := readToken(answer.Body, asked)
	if err != nil {
		return token{}, &erphttp.Error{Kind: erphttp.BadAnswer, Platform: platform, Operation: path, Attempts: answer.Attempts, Err: err}
	}
	next.Refresh, next.Seed = either(next.Refresh, before.Refresh), t.seedID()
	t.secrets.Add(next.Access, next.Refresh)
	return next, nil
}

// readToken reads {"code":0,"data":{"access_token","refresh_token","expires_in"}}.
// expires_in is the seconds that are left; its figure alone counts, because what
// is published about lives differs.
func readToken(body []byte, asked time.Time) (token, error) {
	var answer struct {
		Data struct {
			Access    erphttp.Text `json:"access_token"`
			Refresh   erphttp.Text `json:"refresh_token"`
			ExpiresIn erphttp.Text `json:"expires_in"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return token{}, errors.New("its data has another shape")
	}
	next := token{Access: string(answer.Data.Access), Refresh: string(answer.Data.Refresh), ObtainedAt: asked.UTC().Truncate(time.Second)}
	if next.Access == "" {
		return token{}, errors.New("it holds no access_token")
	}
	const longest = 10 * 365 * 24 * 60 * 60
	if n, err := strconv.ParseInt(string(answer.Data.ExpiresIn), 10, 64); err == nil && n > 0 {
		next.ExpiresAt = next.ObtainedAt.Add(time.Duration(min(n, longest)) * time.Second)
	}
	return next, nil
}

// classify reads an answer of the token service. What a wrong code or refresh
// token is answered with is not published but for 150; every code that is about
// the caller is final here.
func (t *tokens) classify(reply erphttp.Reply) erphttp.Verdict {
	var top map[string]json.RawMessage
	if json.Unmarshal(reply.Body, &top) != nil || erphttp.ReadText(top["code"]) == "" {
		if verdict := erphttp.StatusVerdict(reply.Status); verdict.Action != erphttp.OK {
			return verdict
		}
		_, bodyErr := extract.ScanEnvelope(reply.Body, SaleoutLayout())
		if bodyErr == nil {
			bodyErr = errors.New("it has no code")
		}
		return erphttp.Verdict{Action: erphttp.Retry, Message: bodyErr.Error()}
	}
	code, message := string(erphttp.ReadText(top["code"])), string(erphttp.ReadText(top["msg"]))
	if code == "0" {
		return erphttp.StatusVerdict(reply.Status)
	}
	verdict, nextMinute, timing := judgeCode(Open, code, message)
	switch {
	case verdict.Action == erphttp.Throttle, timing:
	case code == "150" || code == "100":
		verdict.Action, verdict.Advice = erphttp.Final, adviceConsent
		if t.conn.Auth == SelfBuilt {
			verdict.Advice = "check that the app is a self-built one (商家自研); one of a third party needs auth: refresh"
		}
	case verdict.Advice == "":
		verdict.Advice = "check app_key, app_secret and auth"
	}
	return t.clock.settle(verdict, nextMinute, timing, reply.Skew)
}
