package yonsuite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

// session is what a business call needs.
type session struct {
	gatewayURL, token string
}

// login finds the tenant's data centre once and keeps one token fresh for all
// callers. Whoever finds the token gone fetches a new one; the others wait.
type login struct {
	conn    Connection
	http    *erphttp.Client
	secrets *erphttp.Secrets

	// turn is held by the one caller who may look at or change what follows.
	turn       chan struct{}
	gatewayURL string
	tokenURL   string
	path       int // of Connection.TokenPaths, the first that is not known to be gone
	token      string
	renewAt    time.Time
}

func newLogin(conn Connection, deps erphttp.Deps, secrets *erphttp.Secrets) *login {
	deps.Pacer = erphttp.NewLimiter(0) // token calls have no ceiling of their own
	return &login{
		conn: conn, secrets: secrets, turn: make(chan struct{}, 1),
		gatewayURL: conn.GatewayURL, tokenURL: conn.TokenURL,
		http: erphttp.New(erphttp.Config{
			Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classifyAuth, Secrets: secrets,
		}),
	}
}

// session returns a gateway and a token that is good for a while yet.
func (l *login) session(ctx context.Context) (session, error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return session{}, fmt.Errorf("%s wait for token: %w", platform, context.Cause(ctx))
	}
	defer func() { <-l.turn }()
	if err := l.discover(ctx); err != nil {
		return session{}, err
	}
	if l.token == "" || !time.Now().Before(l.renewAt) {
		if err := l.renew(ctx); err != nil {
			return session{}, err
		}
	}
	return session{gatewayURL: l.gatewayURL, token: l.token}, nil
}

// expire forgets a token that the platform refused, unless another caller has
// replaced it already.
func (l *login) expire(token string) {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.token == token {
		l.token = ""
	}
}

// discover asks where the tenant lives, once: {"code":"00000","data":{"gatewayUrl":…,"tokenUrl":…}}.
func (l *login) discover(ctx context.Context) error {
	if l.gatewayURL != "" && l.tokenURL != "" {
		return nil
	}
	var found struct {
		GatewayURL string `json:"gatewayUrl"`
		TokenURL   string `json:"tokenUrl"`
	}
	const operation = "getGatewayAddress"
	err := l.get(ctx, operation, func() string {
		return strings.TrimSuffix(l.conn.DiscoveryURL, "/") + discoveryPath + "?" + url.Values{"tenantId": {l.conn.TenantID}}.Encode()
	}, &found)
	if err != nil {
		return err
	}
	if !isAddress(found.GatewayURL) || !isAddress(found.TokenURL) {
		return l.odd(operation, "it names no gatewayUrl and tokenUrl", "check tenant_id")
	}
	if l.gatewayURL == "" {
		l.gatewayURL = found.GatewayURL
	}
	if l.tokenURL == "" {
		l.tokenURL = found.TokenURL
	}
	return nil
}

// renew fetches a token, passing over paths that are not there.
func (l *login) renew(ctx context.Context) error {
	for {
		var found struct {
			AccessToken string       `json:"access_token"`
			Expire      erphttp.Text `json:"expire"`
		}
		asked := time.Now()
		const operation = "getAccessToken"
		err := l.get(ctx, operation, l.tokenAddress, &found)
		if failed := erphttp.AsError(err); failed != nil && failed.Status == http.StatusNotFound && l.path+1 < len(l.conn.TokenPaths) {
			l.path++
			continue
		}
		if err != nil {
			return err
		}
		if found.AccessToken == "" {
			return l.odd(operation, "it holds no access_token", "check app_key")
		}
		l.secrets.Add(found.AccessToken)
		l.token, l.renewAt = found.AccessToken, renewAt(asked, string(found.Expire), l.conn.RefreshEarly)
		return nil
	}
}

// tokenAddress is signed anew each time; timestamp is in milliseconds.
func (l *login) tokenAddress() string {
	params := map[string]string{
		"appKey":    l.conn.AppKey,
		"timestamp": strconv.FormatInt(time.Now().UnixMilli(), 10),
	}
	query := url.Values{"signature": {Sign(l.conn.AppSecret, params)}}
	for name, value := range params {
		query.Set(name, value)
	}
	return strings.TrimSuffix(l.tokenURL, "/") + l.conn.TokenPaths[l.path] + "?" + query.Encode()
}

// renewAt reads expire: seconds by the documents, but a public client takes it
// for milliseconds, so figures above 100,000 are (assumed). Where it says
// nothing the documented two hours hold.
func renewAt(asked time.Time, expire string, early time.Duration) time.Time {
	life := 2 * time.Hour
	if n, err := strconv.ParseInt(expire, 10, 64); err == nil && n > 100_000 {
		life = time.Duration(min(n, int64(365*24*time.Hour/time.Millisecond))) * time.Millisecond
	} else if err == nil && n > 0 {
		life = time.Duration(n) * time.Second
	}
	return asked.Add(life - min(early, life/2))
}

// get makes one call to the login service and reads the data of its answer.
func (l *login) get(ctx context.Context, operation string, address func() string, data any) error {
	got, err := l.http.DoBuffered(ctx, erphttp.Call{
		Operation: operation,
		Build: func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, address(), nil)
		},
	})
	if err != nil {
		return err
	}
	var found answer
	if err := json.Unmarshal(got.Body, &found); err != nil {
		return l.odd(operation, "it is not valid JSON", "")
	}
	if err := json.Unmarshal(found.Data, data); err != nil {
		return l.odd(operation, "its data has another shape", "")
	}
	return nil
}

func (l *login) odd(operation, what, advice string) error {
	return &erphttp.Error{
		Kind: erphttp.BadAnswer, Platform: platform, Operation: operation, Attempts: 1,
		Err: errors.New(what), Advice: advice,
	}
}

// classifyAuth reads answers of the login service, whose success code is
// "00000". What it answers to a bad signature or an old timestamp is not
// published, so every other code is final and points to the credentials.
func classifyAuth(reply erphttp.Reply) erphttp.Verdict {
	var found answer
	if err := json.Unmarshal(reply.Body, &found); err != nil || found.Code == "" {
		if byStatus := classifyStatus(reply); byStatus.Action == erphttp.LoginExpired {
			byStatus.Action, byStatus.Advice = erphttp.Final, "check app_key and app_secret"
			return byStatus
		} else if byStatus.Action != erphttp.OK {
			return byStatus
		}
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it is no JSON with a code"}
	}
	if found.Code == "00000" {
		return erphttp.StatusVerdict(reply.Status)
	}
	verdict := judgeCode(string(found.Code), string(found.Message))
	if verdict.Action == erphttp.Throttle || verdict.Action == erphttp.Retry {
		return verdict
	}
	verdict = erphttp.Verdict{Action: erphttp.Final, Code: string(found.Code), Message: string(found.Message)}
	verdict.Advice = "check tenant_id, app_key and app_secret"
	if off := reply.Skew.Describe(time.Minute); off != "" {
		verdict.Advice = off + ": set it by NTP; " + verdict.Advice
	}
	return verdict
}
