package pace

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// Hold implements [erphttp.Pacer], for all processes: those that have leased slots
// already, for two seconds at most, use them up.
func (p *Pacer) Hold(d time.Duration) { p.hold(d, false) }

// Throttled implements [erphttp.Learner]: a hold that also lowers the limit by a
// fifth, down to a tenth of what is configured. It then grows back by a twentieth
// of that each minute. Throttle answers during a hold teach nothing more.
func (p *Pacer) Throttled(d time.Duration) { p.hold(d, true) }

func (p *Pacer) hold(d time.Duration, isThrottled bool) {
	until := time.Now().Add(d)
	p.mu.Lock()
	p.block.hold(until)
	p.mu.Unlock()

	// The call that was answered may be given up; what it heard holds all the same.
	ctx, cancel := within(context.Background(), databaseTimeout)
	defer cancel()
	if err := p.say(ctx, d, isThrottled); err != nil {
		p.Log.Warn("the other processes are not held back yet, because the database failed",
			"connection", p.Connection, "hold", d, "error", err)
		p.mu.Lock()
		defer p.mu.Unlock()
		if until.After(p.untold) {
			p.untold = until
		}
	}
}

// say writes a hold down.
func (p *Pacer) say(ctx context.Context, d time.Duration, isThrottled bool) error {
	queries := db.New(p.Database)
	asked := db.OpsRateLimitHoldParams{
		Hold: interval(d), IsThrottled: isThrottled, AskedAt: p.now(), Credential: p.Credential,
	}
	var held db.OpsRateLimitHoldRow
	err := repeat.Do(ctx, p.Log, "hold calls back", func(ctx context.Context) (err error) {
		held, err = queries.OpsRateLimitHold(ctx, asked)
		if errors.Is(err, pgx.ErrNoRows) {
			if err = p.add(ctx, queries); err == nil {
				held, err = queries.OpsRateLimitHold(ctx, asked)
			}
		}
		return err
	})
	if err == nil && held.IsLesson {
		p.Log.Warn("the platform says that calls come too often: the limit is lowered for a while",
			"connection", p.Connection, "calls_per_minute", int(held.AllowedPerMinute), "configured", p.CallsPerMinute)
	}
	return err
}

// tell makes up for a hold that could not be written down.
func (p *Pacer) tell(ctx context.Context) error {
	p.mu.Lock()
	until := p.untold
	p.mu.Unlock()
	if left := time.Until(until); left > 0 {
		if err := p.say(ctx, left, false); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.untold.Equal(until) {
		p.untold = time.Time{}
	}
	return nil
}
