package jst

import (
	"log/slog"
	"sync/atomic"
	"time"

	"pandian/internal/erphttp"
)

// resyncFrom is the least difference that could make a platform refuse a
// timestamp; all three routes allow 10 minutes.
const resyncFrom = 2 * time.Minute

// clock is the platform's time as far as it is known.
type clock struct {
	ahead atomic.Int64 // of this machine, in nanoseconds
	log   *slog.Logger
}

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

// settle finishes a verdict with what only the clock knows: when the platform's
// next minute begins, and whether signing with its time may help, which is tried
// once.
func (c *clock) settle(verdict erphttp.Verdict, nextMinute, timing bool, skew erphttp.Skew) erphttp.Verdict {
	if nextMinute {
		verdict.Wait = toNextMinute(c.now())
	}
	if !timing {
		return verdict
	}
	if c.resync(skew) {
		c.log.Warn("clock differs from the platform's, signing with the platform's time", "platform", platform, "skew", skew.By)
		verdict.Action, verdict.Wait = erphttp.Retry, 0
	}
	if off := skew.Describe(time.Minute); off != "" {
		verdict.Advice = off + ": set it by NTP; " + verdict.Advice
	}
	return verdict
}
