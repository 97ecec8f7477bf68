package tplus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

// platform is the system code in errors and logs.
const platform = "tplus"

// fate is what became of a call.
type fate int

const (
	// heard: the platform took it; the answer says what came of it.
	heard fate = iota
	// refused: the platform said no, and nothing happened.
	refused
	// lost: it may have happened.
	lost
	// unsent: the caller gave up before it was sent.
	unsent
	// barred: nothing was sent, and nothing can be sent for now.
	barred
)

// caller builds the requests of one generation.
type caller interface {
	request(ctx context.Context, service string, args []byte, held tokens) (*http.Request, error)
}

// client makes business calls over one connection.
type client struct {
	conn    Connection
	http    *erphttp.Client
	caller  caller
	keeper  *keeper
	secrets *erphttp.Secrets
	gate    *gate
}

func newClient(conn Connection, deps erphttp.Deps, name string, store vault.Store) *client {
	secrets := conn.secrets()
	if deps.Pacer == nil {
		deps.Pacer = erphttp.NewLimiter(conn.HTTP.CallsPerMinute)
	}
	config := erphttp.Config{Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classify, Secrets: secrets}
	business := erphttp.New(config)
	config.Classify, config.Pacer = classifyLogin, erphttp.NewLimiter(0)
	login := erphttp.New(config)
	if store == nil {
		store = &memory{}
	}
	c := &client{conn: conn, http: business, secrets: secrets, gate: &gate{}, keeper: &keeper{
		store: store, connection: name, secrets: secrets, turn: make(chan struct{}, 1),
		origin: originOf(string(conn.Mode), conn.BaseURL, conn.AppKey, conn.OpenToken, conn.RefreshToken, conn.Certificate,
			conn.UserName, conn.AccountNumber, conn.OrgID),
	}}
	if conn.Mode == Cloud {
		front := &cloud{conn: conn, http: login}
		c.caller, c.keeper.protocol = front, front
		return c
	}
	front := &onPrem{conn: conn, http: login}
	if conn.Mode == OnPremV2 {
		front.signer, _ = conn.signer() // Validate has seen that it can be made
	}
	c.caller, c.keeper.protocol = front, front
	return c
}

// address is that of a service.
func (c Connection) address(folder, service string) string {
	address := c.BaseURL + folder + service
	if c.MarketingOrgan != "" {
		address += "?idMarketingOrgan=" + url.QueryEscape(c.MarketingOrgan)
	}
	return address
}

// call posts args to a service. A token that the platform refuses is renewed and the
// call repeated, once: a call without a good token has no effect. So is one that was
// throttled in the words of a missing service. A call with an effect is not repeated
// where it may have had it.
func (c *client) call(ctx context.Context, service string, args []byte, hasEffect bool) (*erphttp.Answer, fate, error) {
	if err := c.gate.shut(time.Now()); err != nil {
		return nil, barred, err
	}
	hasRenewed, hasPaused := false, false
	for {
		held, err := c.keeper.get(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, unsent, err
		case err != nil:
			return nil, barred, err
		}
		answer, err := c.http.DoBuffered(ctx, erphttp.Call{
			Operation: service, Once: hasEffect,
			Build: func(ctx context.Context) (*http.Request, error) { return c.caller.request(ctx, service, args, held) },
		})
		row := rowOf(err)
		switch {
		case row.Decision == Paused && !hasPaused:
			hasPaused = true
			if err := c.sleep(ctx, row.Wait); err != nil {
				return nil, unsent, err
			}
		case isLoginRefused(err):
			c.keeper.refuse(held.Access)
			if hasRenewed {
				return nil, barred, err
			}
			hasRenewed = true
		default:
			if row.IsOutage {
				c.gate.close(time.Now().Add(c.conn.OutageWait), err)
			}
			return answer, fateOf(err, row), err
		}
	}
}

func isLoginRefused(err error) bool {
	failed := erphttp.AsError(err)
	return failed != nil && failed.Kind == erphttp.LoginRefused
}

// rowOf is the row of the table that a failed call is of; the zero row if none.
func rowOf(err error) Code {
	failed := erphttp.AsError(err)
	if failed == nil || failed.Kind == erphttp.CircuitOpen {
		return Code{}
	}
	row, _ := findCode(failed.Status, failed.Code, failed.Message)
	return row
}

// fateOf reads the error of a business call.
func fateOf(err error, row Code) fate {
	failed := erphttp.AsError(err)
	switch {
	case err == nil:
		return heard
	case row.Decision == Barred, row.Decision == Paused:
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

func (c *client) sleep(ctx context.Context, wait time.Duration) error {
	if c.conn.HTTP.ThrottleWait > 0 {
		wait = c.conn.HTTP.ThrottleWait
	}
	if erphttp.Sleep(ctx, wait) != nil {
		return fmt.Errorf("%s wait: %w", platform, context.Cause(ctx))
	}
	return nil
}

// gate lets nothing through while the platform does not reach the server: each call
// of such a time would leave a document in doubt.
type gate struct {
	mu    sync.Mutex
	until time.Time
	cause error
}

func (g *gate) close(until time.Time, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until, g.cause = until, cause
}

// shut says why nothing is let through, or nil.
func (g *gate) shut(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !now.Before(g.until) {
		return nil
	}
	return fmt.Errorf("%s: left alone for another %s: %w", platform, g.until.Sub(now).Round(time.Second), g.cause)
}

// odd is an answer with which a connection cannot be used.
func odd(operation, what, advice string) error {
	return &erphttp.Error{
		Kind: erphttp.BadAnswer, Platform: platform, Operation: operation, Attempts: 1,
		Err: errors.New(what), Advice: advice,
	}
}
