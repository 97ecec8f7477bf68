package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
)

// tidy sees to the fires that nobody works on: those of dead servers, and those
// that have waited for too long.
func (s *Scheduler) tidy(ctx context.Context) error {
	var tired []db.OpsJobFireTiredRow
	err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tired = nil // it may have been undone
		queries := db.New(tx)
		open, err := queries.OpsJobFireOpen(ctx, s.pipelines)
		if err != nil {
			return fmt.Errorf("count the open fires: %w", err)
		}
		if open.Running > 0 {
			if err := s.takeOver(ctx, queries); err != nil {
				return err
			}
		}
		if open.Due == 0 {
			return nil
		}
		if err := queries.OpsJobFireMeetBusy(ctx, s.pipelines); err != nil {
			return fmt.Errorf("note which fires wait: %w", err)
		}
		tired, err = queries.OpsJobFireTired(ctx, s.pipelines)
		if err != nil {
			return fmt.Errorf("list the fires that waited for too long: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, fire := range tired {
		if err := s.skip(ctx, fire); err != nil {
			return err
		}
	}
	return s.forget(ctx)
}

// takeOver ends or revives the fires of servers that stopped answering.
func (s *Scheduler) takeOver(ctx context.Context, queries *db.Queries) error {
	if _, err := queries.OpsJobFireAdopt(ctx); err != nil {
		return fmt.Errorf("end the fires whose run ended: %w", err)
	}
	revived, err := queries.OpsJobFireRevive(ctx, int32(s.settings.MaxAttempts))
	if err != nil {
		return fmt.Errorf("take over the fires of dead servers: %w", err)
	}
	for _, fire := range revived {
		s.log.WarnContext(ctx, "a server stopped answering while it ran a fire",
			"pipeline", fire.PipelineCode, "schedule", fire.Kind, "fire_at", fire.FireAt, "of", *fire.Worker, "state", fire.State)
	}
	return nil
}

// skip ends a fire whose pipeline was busy for too long. The next one stands for
// it: the one that waits behind it, or the one to come.
func (s *Scheduler) skip(ctx context.Context, fire db.OpsJobFireTiredRow) error {
	err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		queries := db.New(tx)
		if _, _, err := readJob(ctx, tx, fire.PipelineCode, Kind(fire.Kind)); err != nil {
			return err
		}
		skipped, err := queries.OpsJobFireSkip(ctx, db.OpsJobFireSkipParams(fire))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		absorbed, err := queries.OpsJobFireAbsorb(ctx, db.OpsJobFireAbsorbParams{
			PipelineCode: fire.PipelineCode, Kind: fire.Kind, FireAt: fire.FireAt,
			CoversFromAt: skipped.CoversFromAt, StandsForCount: skipped.StandsForCount,
		})
		if err == nil && absorbed == 0 {
			err = queries.OpsJobCarry(ctx, db.OpsJobCarryParams{
				PipelineCode: fire.PipelineCode, Kind: fire.Kind,
				CoversFromAt: skipped.CoversFromAt, StandsForCount: skipped.StandsForCount,
			})
		}
		if err != nil {
			return err
		}
		s.log.WarnContext(ctx, "a fire was skipped: its pipeline is busy",
			"pipeline", fire.PipelineCode, "schedule", fire.Kind, "fire_at", fire.FireAt)
		return queries.OpsJobCountSkipped(ctx, db.OpsJobCountSkippedParams{PipelineCode: fire.PipelineCode, Kind: fire.Kind})
	})
	if err != nil {
		return fmt.Errorf("skip the fire %s of %s %s: %w", stamp(fire.FireAt), fire.PipelineCode, fire.Kind, err)
	}
	return nil
}

// forget deletes what ended long ago, once an hour.
func (s *Scheduler) forget(ctx context.Context) error {
	if !s.health.hourPassed(time.Now()) {
		return nil
	}
	return s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := db.New(tx).OpsJobFireForget(ctx, interval(s.settings.KeepFires)); err != nil {
			return fmt.Errorf("delete old fires: %w", err)
		}
		return nil
	})
}
