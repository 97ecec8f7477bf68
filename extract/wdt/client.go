package wdt

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// platform is the system code in errors and logs.
const platform = "wdt"

// method is one call under the names it has on the two routes.
type method struct {
	qimen, file string
}

// client makes calls over one connection.
type client struct {
	conn   Connection
	layout extract.Layout
	http   *erphttp.Client
	clock  *clock
	log    *slog.Logger
}

func newClient(conn Connection, layout extract.Layout, deps erphttp.Deps) (*client, error) {
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
	c := &client{conn: conn, layout: layout, clock: &clock{}, log: deps.Log}
	c.http = erphttp.New(erphttp.Config{
		Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: c.classify,
		Secrets: erphttp.NewSecrets(conn.AppSecret, conn.AppKey),
	})
	return c, nil
}

// hurried is the same client for a person who waits: it tries twice at most,
// and says "throttled" rather than wait for it to pass.
func (c *client) hurried() *client {
	quick := *c
	config := c.http.Config
	config.Classify = quick.classify
	config.Settings.MaxAttempts = 2
	config.Settings.MaxWait = min(config.Settings.MaxWait, 3*time.Second)
	config.Settings.Timeout = min(config.Settings.Timeout, 20*time.Second)
	quick.http = erphttp.New(config)
	return &quick
}

// call asks one method. Timestamp and signature are made anew for each attempt.
func (c *client) call(ctx context.Context, m method, params map[string]string) (*erphttp.Answer, error) {
	return c.http.DoBuffered(ctx, erphttp.Call{
		Operation: m.qimen,
		Build: func(ctx context.Context) (*http.Request, error) {
			if c.conn.Route == OpenAPI2 {
				return c.conn.openAPI2Request(ctx, m.file, params, c.clock.now())
			}
			return c.conn.gateway().NewRequest(ctx, m.qimen, params, c.clock.now())
		},
	})
}

// classify lets the body speak before the HTTP status: the platform answers its
// own errors with 200, and declares JSON as text/html (assumed).
func (c *client) classify(reply erphttp.Reply) erphttp.Verdict {
	envelope, bodyErr := extract.ScanEnvelope(reply.Body, c.layout)
	found := judge(envelope)
	if found.known && found.verdict.Action != erphttp.OK {
		return c.withClock(found, reply.Skew)
	}
	if verdict := erphttp.StatusVerdict(reply.Status); verdict.Action != erphttp.OK {
		return verdict
	}
	switch {
	case bodyErr != nil:
		return erphttp.Verdict{Action: erphttp.Retry, Message: bodyErr.Error()}
	case !found.known:
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it has neither code nor response"}
	default:
		return erphttp.Verdict{}
	}
}

// withClock tries once more with the platform's time where the refusal may come
// from this machine's clock.
func (c *client) withClock(found judgement, skew erphttp.Skew) erphttp.Verdict {
	if !found.clock {
		return found.verdict
	}
	if c.clock.resync(skew) {
		c.log.Warn("clock differs from the platform's, signing with the platform's time",
			"platform", platform, "skew", skew.By)
		found.verdict.Action, found.verdict.Wait = erphttp.Retry, 0
	}
	if off := skew.Describe(time.Minute); off != "" {
		found.verdict.Advice = off + ": set it by NTP; " + found.verdict.Advice
	}
	return found.verdict
}

// clock is the platform's time as far as it is known.
type clock struct {
	ahead atomic.Int64 // of this machine, in nanoseconds
}

// resyncFrom is the least difference that could make the platform refuse a
// timestamp; it allows 5 minutes on openapi2 and 10 on Qimen.
const resyncFrom = 2 * time.Minute

func (c *clock) now() time.Time { return time.Now().Add(-time.Duration(c.ahead.Load())) }

// resync takes over the platform's time. It is false when that was known
// already, so that a refusal for another reason is not tried for ever.
func (c *clock) resync(skew erphttp.Skew) bool {
	if !skew.Known || (skew.By-time.Duration(c.ahead.Load())).Abs() < resyncFrom {
		return false
	}
	c.ahead.Store(int64(skew.By))
	return true
}

// formatTime writes a window's end the way both routes want it.
func formatTime(t time.Time) string { return qimen.FormatTime(t) }
