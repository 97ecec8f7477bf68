package schedule

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// lease is a fire's lease that is being renewed.
type lease struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// stop ends the renewing and returns when no renewal is under way.
func (l lease) stop() {
	l.cancel()
	<-l.done
}

// hold renews the lease of a fire until stop. When the lease is taken away, or
// cannot be proved to be this server's any more, it ends the fire's context with
// ErrTakenAway.
func (s *Scheduler) hold(ctx context.Context, fire Fire, takenAway context.CancelCauseFunc) lease {
	// Renewing goes on while a cancelled run comes to its end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := lease{cancel, make(chan struct{})}
	go func() {
		defer close(l.done)
		ticker := time.NewTicker(s.settings.Renew)
		defer ticker.Stop()
		renewed := time.Now() // monotonic: a clock that is set does not matter
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			asked := time.Now()
			holds, err := s.renew(ctx, fire)
			switch {
			case ctx.Err() != nil:
				return
			case err == nil && holds:
				renewed = asked
			case err == nil, time.Since(renewed) > s.settings.Lease-s.settings.Renew:
				takenAway(ErrTakenAway)
				return
			default:
				s.log.WarnContext(ctx, "a lease could not be renewed", "pipeline", fire.Pipeline, "fire_at", fire.At, "error", err)
			}
		}
	}()
	return l
}

func (s *Scheduler) renew(ctx context.Context, fire Fire) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Renew)
	defer cancel()
	var rows int64
	err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		rows, err = db.New(tx).OpsJobFireRenew(ctx, db.OpsJobFireRenewParams{
			PipelineCode: fire.Pipeline, Kind: string(fire.Kind), FireAt: fire.At, Token: fire.token,
			Lease: interval(s.settings.Lease),
		})
		return err
	})
	return rows == 1, err
}
