package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"pandian/internal/db"
)

// Kind says which of a pipeline's schedules one is.
type Kind string

const (
	// Run reads what is new.
	Run Kind = "run"
	// Reread reads the last span again, covered or not, for what came late
	// (遗漏补救).
	Reread Kind = "reread"
)

// Job is one schedule of one pipeline, as it is configured.
type Job struct {
	Pipeline string
	Kind     Kind
	// Cron has five fields, or is a descriptor such as @hourly or @every 30s.
	Cron string
	// Zone is the IANA name of the zone that Cron is meant in.
	Zone string
	// Missed says what becomes of fires that nobody could take.
	Missed Policy
	// CatchUpLimit is how many missed fires CatchUp runs at most; at least 1.
	CatchUpLimit int
	// BusyWait is how long a fire waits for its pipeline to be free.
	BusyWait time.Duration
	// Span is how far back a Reread reads; 0 for a Run.
	Span time.Duration
}

func (j Job) String() string { return fmt.Sprintf("%s %s", j.Pipeline, j.Kind) }

// Keep notes the schedules in ops.job, where every server reads them, and ends
// those of the scheduler's pipelines that are configured no more. Fires that are
// due by the old configuration are noted before it changes.
func (s *Scheduler) Keep(ctx context.Context) error {
	kept := make([]string, 0, len(s.jobs))
	for _, job := range s.jobs {
		kept = append(kept, job.String())
		if err := s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error { return s.keep(ctx, tx, job) }); err != nil {
			return fmt.Errorf("note the schedule %s: %w", job, err)
		}
	}
	return s.bounded(ctx, func(ctx context.Context, tx pgx.Tx) error {
		queries := db.New(tx)
		err := queries.OpsJobRetire(ctx, db.OpsJobRetireParams{
			UpdatedBy: s.settings.Worker, PipelineCodes: s.pipelines, Kept: kept,
		})
		if err != nil {
			return fmt.Errorf("end old schedules: %w", err)
		}
		if err := queries.OpsJobFireRetire(ctx, s.pipelines); err != nil {
			return fmt.Errorf("end the fires of old schedules: %w", err)
		}
		return nil
	})
}

func (s *Scheduler) keep(ctx context.Context, tx pgx.Tx, job Job) error {
	times, err := ParseTimes(job.Cron, job.Zone)
	if err != nil {
		return err
	}
	now, err := s.settings.Now(ctx, tx)
	if err != nil {
		return err
	}
	inserted, err := db.New(tx).OpsJobInsert(ctx, db.OpsJobInsertParams{
		PipelineCode: job.Pipeline, Kind: string(job.Kind), Cron: job.Cron, TimeZone: job.Zone,
		MissedPolicy: string(job.Missed), CatchUpLimit: int32(job.CatchUpLimit), BusyWait: interval(job.BusyWait),
		RereadSpan: spanOf(job), NextFireAt: orNull(times.Next(now)), UpdatedBy: s.settings.Worker,
	})
	if err != nil || inserted == 1 {
		return err
	}
	old, next, err := readJob(ctx, tx, job.Pipeline, job.Kind)
	if err != nil {
		return err
	}
	if old == job && !next.IsZero() {
		return nil
	}
	if !next.IsZero() && !next.After(now) {
		settled := old
		settled.Missed, settled.CatchUpLimit = job.Missed, job.CatchUpLimit
		if next, err = note(ctx, tx, settled, next, now); err != nil {
			return err
		}
	}
	if next.IsZero() || old.Cron != job.Cron || old.Zone != job.Zone {
		next = times.Next(now)
	}
	return db.New(tx).OpsJobUpdate(ctx, db.OpsJobUpdateParams{
		PipelineCode: job.Pipeline, Kind: string(job.Kind), Cron: job.Cron, TimeZone: job.Zone,
		MissedPolicy: string(job.Missed), CatchUpLimit: int32(job.CatchUpLimit), BusyWait: interval(job.BusyWait),
		RereadSpan: spanOf(job), NextFireAt: orNull(next), UpdatedBy: s.settings.Worker,
	})
}

// readJob locks a schedule and reads it with its next fire; that is zero where
// it has none.
func readJob(ctx context.Context, tx pgx.Tx, pipeline string, kind Kind) (Job, time.Time, error) {
	row, err := db.New(tx).OpsJobRead(ctx, db.OpsJobReadParams{PipelineCode: pipeline, Kind: string(kind)})
	if err != nil {
		return Job{}, time.Time{}, fmt.Errorf("read the schedule %s %s: %w", pipeline, kind, err)
	}
	job := Job{
		Pipeline: row.PipelineCode, Kind: Kind(row.Kind), Cron: row.Cron, Zone: row.TimeZone,
		Missed: Policy(row.MissedPolicy), CatchUpLimit: int(row.CatchUpLimit), BusyWait: duration(row.BusyWait),
		Span: duration(row.RereadSpan),
	}
	var next time.Time
	if row.NextFireAt != nil {
		next = *row.NextFireAt
	}
	return job, next, nil
}

// note writes the fires of a locked schedule from next through now as its policy
// wants them, and returns the fire after them.
func note(ctx context.Context, tx pgx.Tx, job Job, next, now time.Time) (time.Time, error) {
	times, err := ParseTimes(job.Cron, job.Zone)
	if err != nil {
		return time.Time{}, err
	}
	due := times.Due(next.In(times.Zone()), now, keptFires(job))
	open, before, err := readOpen(ctx, tx, job)
	if err != nil {
		return time.Time{}, err
	}
	p := decide(job.Missed, due, open, before, now)
	if err := p.write(ctx, tx, job); err != nil {
		return time.Time{}, err
	}
	err = db.New(tx).OpsJobMoveOn(ctx, db.OpsJobMoveOnParams{
		PipelineCode: job.Pipeline, Kind: string(job.Kind), NextFireAt: orNull(due.Next),
		TakesCarried: len(p.run) > 0, LateCount: due.Late,
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("move the schedule %s on: %w", job, err)
	}
	return due.Next, nil
}

// keptFires is how many fires decide has to know one by one: those that run, and
// for Skip those of the last minute, of which the oldest is wanted.
func keptFires(job Job) int {
	switch job.Missed {
	case CatchUp:
		return job.CatchUpLimit
	case Skip:
		return int(Lateness/time.Second) + 1
	default:
		return 1
	}
}

func readOpen(ctx context.Context, tx pgx.Tx, job Job) ([]waiting, carried, error) {
	queries := db.New(tx)
	row, err := queries.OpsJobRead(ctx, db.OpsJobReadParams{PipelineCode: job.Pipeline, Kind: string(job.Kind)})
	if err != nil {
		return nil, carried{}, fmt.Errorf("read the schedule %s: %w", job, err)
	}
	var before carried
	if row.CarriedFromAt != nil {
		before = carried{*row.CarriedFromAt, row.CarriedCount}
	}
	rows, err := queries.OpsJobFireWaiting(ctx, db.OpsJobFireWaitingParams{PipelineCode: job.Pipeline, Kind: string(job.Kind)})
	if err != nil {
		return nil, carried{}, fmt.Errorf("read the fires of %s that wait: %w", job, err)
	}
	var open []waiting
	for _, fire := range rows {
		open = append(open, waiting{
			stretch{at: fire.FireAt, from: fire.CoversFromAt, count: fire.StandsForCount}, fire.WaitingSince != nil,
		})
	}
	return open, before, nil
}

func (p plan) write(ctx context.Context, tx pgx.Tx, job Job) error {
	queries := db.New(tx)
	for _, end := range p.end {
		err := queries.OpsJobFireDrop(ctx, db.OpsJobFireDropParams{
			PipelineCode: job.Pipeline, Kind: string(job.Kind), FireAt: end.at, State: end.state, Reason: &end.reason,
		})
		if err != nil {
			return fmt.Errorf("end the fire %s of %s: %w", stamp(end.at), job, err)
		}
	}
	if p.missed != nil {
		reason := "no server took it in time, and the policy is skip"
		if err := writeFire(ctx, tx, job, *p.missed, stateMissed, &reason); err != nil {
			return err
		}
	}
	for _, one := range p.run {
		if err := writeFire(ctx, tx, job, one, stateDue, nil); err != nil {
			return err
		}
	}
	return nil
}

// writeFire writes the row of a fire. A row that is there already stays: that
// moment has counted.
func writeFire(ctx context.Context, tx pgx.Tx, job Job, one stretch, state string, reason *string) error {
	_, err := db.New(tx).OpsJobFireNote(ctx, db.OpsJobFireNoteParams{
		PipelineCode: job.Pipeline, Kind: string(job.Kind), FireAt: one.at, CoversFromAt: one.from,
		StandsForCount: one.count, LateCount: one.late, State: state, Reason: reason,
	})
	if err != nil {
		return fmt.Errorf("note the fire %s of %s: %w", stamp(one.at), job, err)
	}
	return nil
}

func interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}

// duration reads an interval; a day is 24 hours and a month 30 days, as in
// Postgres' own comparisons.
func duration(i pgtype.Interval) time.Duration {
	days := int64(i.Days) + 30*int64(i.Months)
	return time.Duration(i.Microseconds)*time.Microsecond + time.Duration(days)*24*time.Hour
}

func spanOf(job Job) pgtype.Interval {
	if job.Kind != Reread {
		return pgtype.Interval{}
	}
	return interval(job.Span)
}

func orNull(moment time.Time) *time.Time {
	if moment.IsZero() {
		return nil
	}
	return &moment
}

// check names what a schedule cannot be worked with.
func (j Job) check() error {
	switch {
	case j.Pipeline == "":
		return errors.New("a schedule has no pipeline")
	case j.Kind != Run && j.Kind != Reread:
		return fmt.Errorf("schedule of %s: there is no kind %q", j.Pipeline, j.Kind)
	case j.Missed != Coalesce && j.Missed != CatchUp && j.Missed != Skip:
		return fmt.Errorf("schedule %s: there is no policy %q", j, j.Missed)
	case j.CatchUpLimit < 1:
		return fmt.Errorf("schedule %s: the catch-up limit is %d, must be at least 1", j, j.CatchUpLimit)
	case j.BusyWait < 0:
		return fmt.Errorf("schedule %s: it waits %s for a busy pipeline, must not be negative", j, j.BusyWait)
	case (j.Kind == Reread) != (j.Span > 0):
		return fmt.Errorf("schedule %s: its span is %s", j, j.Span)
	}
	_, err := ParseTimes(j.Cron, j.Zone)
	return err
}
