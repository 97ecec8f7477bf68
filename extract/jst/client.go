package jst

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"pandian/extract"
	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

// platform is the system code in errors and logs.
const platform = "jst"

// Deps is what the program gives to the client of a connection.
type Deps struct {
	// Deps are those of every client; the pacer is shared by all clients of the
	// same credential, calls for tokens included.
	erphttp.Deps
	// Vault keeps the tokens of the open platform; required on route open.
	Vault vault.Store
	// ConnectionCode is the connection's name in the vault; required on route open.
	ConnectionCode string
}

// client makes calls over one connection.
type client struct {
	conn   Connection
	deps   Deps
	layout extract.Layout
	http   *erphttp.Client
	tokens *tokens // nil but on the open platform
	clock  *clock
}

func newClient(conn Connection, filter SaleoutFilter, deps Deps) (*client, error) {
	conn = conn.withDefaults()
	problems := []error{conn.Validate(), filter.Validate(conn.Route)}
	if conn.Route == Open && (deps.Vault == nil || deps.ConnectionCode == "") {
		problems = append(problems, errors.New("the tokens of the open platform need a vault: configure its key"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Pacer == nil {
		deps.Pacer = erphttp.NewLimiter(conn.HTTP.CallsPerMinute)
	}
	secrets := erphttp.NewSecrets(conn.AppSecret, conn.AppKey, conn.PartnerKey, conn.Token, conn.AccessToken, conn.RefreshToken)
	c := &client{conn: conn, deps: deps, layout: SaleoutLayout(), clock: &clock{log: deps.Log}}
	c.connect(conn.HTTP, secrets, &cache{})
	return c, nil
}

// connect makes the HTTP clients.
func (c *client) connect(settings erphttp.Settings, secrets *erphttp.Secrets, held *cache) {
	c.http = erphttp.New(erphttp.Config{
		Deps: c.deps.Deps, Platform: platform, Settings: settings, Classify: c.classify, Secrets: secrets,
	})
	if c.conn.Route != Open {
		return
	}
	c.tokens = &tokens{
		conn: c.conn, code: c.deps.ConnectionCode, store: c.deps.Vault, clock: c.clock, secrets: secrets, log: c.deps.Log, cache: held,
	}
	c.tokens.http = erphttp.New(erphttp.Config{
		Deps: c.deps.Deps, Platform: platform, Settings: settings, Classify: c.tokens.classify, Secrets: secrets,
	})
}

// hurried is the same client for a person who waits: it tries twice at most,
// and says "throttled" rather than wait for it to pass.
func (c *client) hurried() *client {
	quick := *c
	settings := c.http.Settings
	settings.MaxAttempts = 2
	settings.MaxWait = min(settings.MaxWait, 3*time.Second)
	settings.Timeout = min(settings.Timeout, 20*time.Second)
	held := &cache{}
	if c.tokens != nil {
		held = c.tokens.cache
	}
	quick.connect(settings, c.http.Secrets, held)
	return &quick
}

// call asks for a page. A token that the platform no longer accepts is renewed,
// and the call made again, once.
func (c *client) call(ctx context.Context, business params) (*erphttp.Answer, error) {
	if c.tokens == nil {
		return c.send(ctx, business, "")
	}
	held, err := c.tokens.grant(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := c.send(ctx, business, held.Access)
	if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.LoginRefused {
		return answer, err
	}
	if held, err = c.tokens.renew(ctx, held.version); err != nil {
		return nil, err
	}
	answer, err = c.send(ctx, business, held.Access)
	if failed := erphttp.AsError(err); failed != nil && failed.Kind == erphttp.LoginRefused {
		return nil, fmt.Errorf("the access token was renewed and is refused all the same: %w", err)
	}
	return answer, err
}

// send makes one call. Timestamp and signature are made anew for each attempt.
func (c *client) send(ctx context.Context, business params, token string) (*erphttp.Answer, error) {
	answer, err := c.http.DoBuffered(ctx, erphttp.Call{
		Operation: c.conn.Route.operation(),
		Build: func(ctx context.Context) (*http.Request, error) {
			return c.conn.newRequest(ctx, business, token, c.clock.now())
		},
	})
	if err == nil {
		answer.Body = c.clean(answer.Body)
	}
	return answer, err
}

func (c *client) clean(body []byte) []byte {
	if c.conn.Route == Qimen {
		return withoutControls(body)
	}
	return body
}

// classify lets the body speak before the HTTP status: the platform answers its
// own errors with 200 (assumed).
func (c *client) classify(reply erphttp.Reply) erphttp.Verdict {
	envelope, bodyErr := extract.ScanEnvelope(c.clean(reply.Body), c.layout)
	found := judge(envelope, c.conn.Route)
	if found.known && found.verdict.Action != erphttp.OK {
		return c.clock.settle(found.verdict, found.nextMinute, found.timing, reply.Skew)
	}
	if verdict := erphttp.StatusVerdict(reply.Status); verdict.Action != erphttp.OK {
		return verdict
	}
	switch {
	case bodyErr != nil:
		return erphttp.Verdict{Action: erphttp.Retry, Message: bodyErr.Error()}
	case !found.known:
		return erphttp.Verdict{Action: erphttp.Retry, Message: either(found.verdict.Message, "it is no answer of this platform")}
	default:
		return erphttp.Verdict{}
	}
}
