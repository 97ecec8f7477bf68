package k3cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

const (
	authService = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
	formService = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
	// addressEnd makes the server speak JSON; without it only the vendor's .NET
	// client is served.
	addressEnd = ".common.kdsvc"
)

// client makes calls over one connection, each on a session of its own.
type client struct {
	conn    Connection
	http    *erphttp.Client
	login   *erphttp.Client
	secrets *erphttp.Secrets
	// open and closed are the sessions that no call is using; an open one goes first.
	open, closed chan *session
	log          *slog.Logger
}

func newClient(conn Connection, deps erphttp.Deps) (*client, error) {
	if err := conn.Validate(); err != nil {
		return nil, err
	}
	conn = conn.withDefaults()
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Pacer == nil {
		deps.Pacer = erphttp.NewLimiter(conn.HTTP.CallsPerMinute)
	}
	c := &client{
		conn: conn, log: deps.Log, open: make(chan *session, conn.Sessions), closed: make(chan *session, conn.Sessions),
		secrets: erphttp.NewSecrets(conn.Password, conn.AppSecret, conn.AppID),
	}
	if _, gatewaySecret, err := splitAppID(conn.AppID); err == nil {
		c.secrets.Add(gatewaySecret)
	}
	for range conn.Sessions {
		c.closed <- &session{}
	}
	c.http = erphttp.New(erphttp.Config{
		Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classify, Secrets: c.secrets,
	})
	c.login = erphttp.New(erphttp.Config{
		Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classifyLogin, Secrets: c.secrets,
	})
	return c, nil
}

// hurried is the same client, with the same sessions, for a person who waits.
func (c *client) hurried() *client {
	quick := *c
	hurry := func(config erphttp.Config) *erphttp.Client {
		config.Settings.MaxAttempts = 2
		config.Settings.MaxWait = min(config.Settings.MaxWait, 3*time.Second)
		config.Settings.Timeout = min(config.Settings.Timeout, 20*time.Second)
		return erphttp.New(config)
	}
	quick.http, quick.login = hurry(c.http.Config), hurry(c.login.Config)
	return &quick
}

// unsentError says that a call was not made, for want of a session.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return e.cause.Error() }
func (e *unsentError) Unwrap() error { return e.cause }

// call is one method of the form service.
type call struct {
	method string
	// isEffect says that it must not be repeated blindly.
	isEffect bool
	// parameters are texts; an object among them is JSON within JSON.
	parameters []string
}

// do makes a call and reads its answer. A session that was lost is opened again
// and the call repeated, once: the platform refused it before it did anything.
//
// An *unsentError means that this call never went out; with any other error
// [erphttp.MayHaveArrived] tells.
func (c *client) do(ctx context.Context, asked call) (reply, erphttp.Head, error) {
	held, err := c.take(ctx)
	if err != nil {
		return reply{}, erphttp.Head{}, &unsentError{fmt.Errorf("%s %s: wait for a session: %w", platform, asked.method, err)}
	}
	defer c.give(held)
	for isRepeat := false; ; isRepeat = true {
		if err := c.logIn(ctx, held); err != nil {
			return reply{}, erphttp.Head{}, &unsentError{err}
		}
		answer, err := c.http.DoBuffered(ctx, erphttp.Call{
			Operation: asked.method, Once: asked.isEffect,
			Build: func(ctx context.Context) (*http.Request, error) {
				return c.request(ctx, formService+asked.method, quoteAll(asked.parameters), held)
			},
		})
		if err == nil {
			held.remember(answer.Header, c.secrets)
			found, _ := readReply(answer.Body) // classify let pass what can be read
			return found, answer.Head, nil
		}
		failed := erphttp.AsError(err)
		if failed == nil || failed.Kind != erphttp.LoginRefused {
			return reply{}, erphttp.Head{}, err
		}
		held.forget()
		if isRepeat {
			return reply{}, erphttp.Head{}, &unsentError{err}
		}
		c.log.Warn("session lost, opening another", "platform", platform, "operation", asked.method, "code", failed.Code)
	}
}

// request writes the body in the positional form, as the vendor's SDK does. With
// AuthHeader it is signed anew for each attempt.
func (c *client) request(ctx context.Context, method string, parameters []json.RawMessage, held *session) (*http.Request, error) {
	body, err := json.Marshal(map[string][]json.RawMessage{"parameters": parameters})
	if err != nil {
		return nil, fmt.Errorf("write the parameters of %s: %w", method, err)
	}
	address := c.conn.URL + method + addressEnd
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.conn.Auth == AuthHeader {
		if request.Header, err = c.conn.SignedHeaders(address, time.Now()); err != nil {
			return nil, err
		}
	}
	request.Header.Set("Content-Type", "application/json")
	held.sign(request)
	return request, nil
}

func quoteAll(texts []string) []json.RawMessage {
	quoted := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		quoted[i] = json.RawMessage(quote(text))
	}
	return quoted
}

// classify lets the body speak before the status: the platform refuses with 200.
// What its refusals mean for a bill is decided where the bills are known; here only
// a lost session is told from an answer, and both from what is no answer.
func classify(answer erphttp.Reply) erphttp.Verdict {
	found, isReadable := readReply(answer.Body)
	if isReadable && found.result != nil {
		response := found.result.ResponseStatus
		isRefused := !response.isSuccess() && len(response.SuccessEntitys) == 0
		if row := response.code(); isRefused && (row.Decision == LoginExpired || isPassportRefused(response.message())) {
			return erphttp.Verdict{Action: erphttp.LoginExpired, Code: "MsgCode " + string(response.MsgCode),
				Message: printable(response.message(), 200), Advice: row.Advice}
		}
	}
	exception, isException := readException(answer.Body)
	switch verdict := erphttp.StatusVerdict(answer.Status); {
	case isPassportRefused(exception):
		return erphttp.Verdict{Action: erphttp.LoginExpired, Code: "response_error", Message: printable(exception, 200)}
	case verdict.Action != erphttp.OK:
		return verdict
	case isException && strings.HasSuffix(exception, "no found."):
		return erphttp.Verdict{Action: erphttp.Final, Code: "response_error", Message: printable(exception, 200), Advice: "check url"}
	case isException:
		return erphttp.Verdict{Action: erphttp.Retry, Code: "response_error", Message: printable(exception, 200)}
	case !isReadable:
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it is neither a Result nor a table"}
	default:
		return verdict
	}
}

// isPassportRefused knows the texts with which signed headers are refused; the
// envelope that they come in is unknown.
func isPassportRefused(text string) bool {
	for _, fragment := range []string{
		"Fail to verify third party passport", "Fail to verify thirty passport", "当前尝试登录的数据中心无法获取到",
	} {
		if strings.Contains(text, fragment) {
			return true
		}
	}
	return false
}

// isDown says that a gateway answered for a platform that is not there.
func isDown(failed *erphttp.Error) bool {
	return failed != nil && (failed.Status == http.StatusBadGateway || failed.Status == http.StatusServiceUnavailable ||
		failed.Status == http.StatusGatewayTimeout)
}

// isUnsent says that nothing of a failed call with an effect reached the platform.
func isUnsent(err error) bool {
	var unsent *unsentError
	return errors.As(err, &unsent) || !erphttp.MayHaveArrived(err)
}
