package schedule

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/run"
)

// ErrTakenAway ends the context of a fire whose lease is gone: another server
// may run it, so this one must stop.
var ErrTakenAway = errors.New("the lease of this fire is gone: another server may run it")

// ErrStopped ends the context of the fires that still run when the time for
// stopping is over.
var ErrStopped = errors.New("the server was stopped, and the time for finishing is over")

// ErrUnfit in the chain of a run's error says that this server cannot run the
// fire, but another one may: the fire is given back.
var ErrUnfit = errors.New("this server cannot run it; a newer one may")

// claim takes the next fire, if there is one.
func (s *Scheduler) claim(ctx context.Context) (Fire, bool, error) {
	var fire Fire
	found := false
	err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found = false // it may have been undone
		row, err := db.New(tx).OpsJobFireClaim(ctx, db.OpsJobFireClaimParams{
			Worker: &s.settings.Worker, Lease: interval(s.settings.Lease), PipelineCodes: s.pipelines,
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("take a fire: %w", err)
		}
		found = true
		fire = Fire{
			Pipeline: row.PipelineCode, Kind: Kind(row.Kind), At: row.FireAt, CoversFrom: row.CoversFromAt,
			StandsFor: row.StandsForCount, Span: duration(row.RereadSpan), Attempt: int(row.AttemptCount), token: row.Token,
		}
		return nil
	})
	return fire, found && err == nil, err
}

// carryOut runs a fire that was taken, and writes how it ended.
func (s *Scheduler) carryOut(fire Fire) {
	log := s.log.With("pipeline", fire.Pipeline, "schedule", fire.Kind, "fire_at", fire.At)
	ctx, cancel := context.WithCancelCause(s.runs)
	defer cancel(nil)
	lease := s.hold(ctx, fire, cancel)
	log.InfoContext(ctx, "fire begins", "stands_for", fire.StandsFor, "attempt", fire.Attempt)
	err := s.call(ctx, fire)
	lease.stop()
	if err != nil {
		log.WarnContext(ctx, "fire did not go well", "error", err)
	}
	if err := s.settle(fire, context.Cause(ctx), err); err != nil {
		log.ErrorContext(ctx, "the end of a fire was not written; another server finds out by its run", "error", err)
		return
	}
	log.InfoContext(ctx, "fire ended", "is_ok", err == nil)
}

// call calls the run function, and takes a panic for a failure.
func (s *Scheduler) call(ctx context.Context, fire Fire) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			s.log.ErrorContext(ctx, "a run panicked", "pipeline", fire.Pipeline, "panic", caught, "stack", string(debug.Stack()))
			err = fmt.Errorf("the run panicked: %v", caught)
		}
	}()
	return s.run(ctx, fire, func(runID int64) {
		if err := s.begun(ctx, fire, runID); err != nil {
			// Without it a take-over runs the pipeline again, which is safe.
			s.log.WarnContext(ctx, "the run of a fire was not noted", "run_id", runID, "error", err)
		}
	})
}

func (s *Scheduler) begun(ctx context.Context, fire Fire, runID int64) error {
	return s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := db.New(tx).OpsJobFireBegun(ctx, db.OpsJobFireBegunParams{
			PipelineCode: fire.Pipeline, Kind: string(fire.Kind), FireAt: fire.At, Token: fire.token, RunID: &runID,
		})
		return err
	})
}

// settle writes how a fire ended, trying for as long as a lease lasts: after
// that somebody else has it.
func (s *Scheduler) settle(fire Fire, cause, failure error) error {
	if errors.Is(cause, ErrTakenAway) {
		return nil // it is another's to end
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.settings.Lease)
	defer cancel()
	for {
		err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
			rows, err := s.writeEnd(ctx, db.New(tx), fire, cause, failure)
			if err == nil && rows == 0 {
				s.log.WarnContext(ctx, "a fire was taken away before its end was written", "pipeline", fire.Pipeline, "fire_at", fire.At)
			}
			return err
		})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(s.settings.Tick):
		}
	}
}

func (s *Scheduler) writeEnd(ctx context.Context, queries *db.Queries, fire Fire, cause, failure error) (int64, error) {
	var busy *run.BusyError
	switch {
	case errors.As(failure, &busy):
		return s.giveBack(ctx, queries, fire, busy.Error(), s.settings.BusyPause, true)
	case errors.Is(failure, ErrUnfit):
		return s.giveBack(ctx, queries, fire, failure.Error(), s.settings.Renew, false)
	case failure != nil && errors.Is(cause, ErrStopped):
		return s.giveBack(ctx, queries, fire, "its server "+s.settings.Worker+" was stopped", 0, false)
	}
	end := db.OpsJobFireFinishParams{
		PipelineCode: fire.Pipeline, Kind: string(fire.Kind), FireAt: fire.At, Token: fire.token, State: stateOK,
	}
	if failure != nil {
		text := failure.Error()
		end.State, end.Reason = stateFailed, &text
	}
	return queries.OpsJobFireFinish(ctx, end)
}

func (s *Scheduler) giveBack(
	ctx context.Context, queries *db.Queries, fire Fire, reason string, pause time.Duration, isBusy bool,
) (int64, error) {
	return queries.OpsJobFireGiveBack(ctx, db.OpsJobFireGiveBackParams{
		PipelineCode: fire.Pipeline, Kind: string(fire.Kind), FireAt: fire.At, Token: fire.token,
		Reason: &reason, Pause: interval(pause), IsBusy: isBusy,
	})
}
