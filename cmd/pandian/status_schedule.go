package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/terminal"
)

// scheduleStatus is a row of report.schedule. Times are in the schedule's zone.
type scheduleStatus struct {
	Pipeline string `json:"pipeline"`
	// Kind is run or reread.
	Kind     string `json:"kind"`
	Cron     string `json:"cron"`
	TimeZone string `json:"time_zone"`
	Missed   string `json:"missed_policy"`
	// NextFireAt is nil for a schedule that was taken out of the configuration.
	NextFireAt *time.Time `json:"next_fire_at"`
	// IsOverdue says that nobody noticed the next fire: no server runs.
	IsOverdue  bool       `json:"is_overdue"`
	LastFireAt *time.Time `json:"last_fire_at"`
	LastState  *string    `json:"last_state"`
	LastReason *string    `json:"last_reason"`
	LastRun    *int64     `json:"last_run"`
	LastWorker *string    `json:"last_worker"`
	// The counts of a day are of the last 24 hours, the others of all time.
	MissedInADay  int64 `json:"missed_in_a_day"`
	SkippedInADay int64 `json:"skipped_in_a_day"`
	LostInADay    int64 `json:"lost_in_a_day"`
	MissedCount   int64 `json:"missed"`
	SkippedCount  int64 `json:"skipped"`
	LostCount     int64 `json:"lost"`
}

// addSchedules reads the schedules of the pipelines. A pipeline that has a
// schedule and never ran is added.
func addSchedules(ctx context.Context, pool *pgxpool.Pool, statuses []pipelineStatus) ([]pipelineStatus, error) {
	rows, err := pool.Query(ctx, `
		select
			pipeline_code, kind, cron, time_zone, missed_policy, next_fire_at, is_overdue,
			last_fire_at, last_state, last_reason, last_run_id, last_worker,
			missed_day_count, skipped_day_count, lost_day_count, missed_count, skipped_count, lost_count
		from report.schedule
		order by
			pipeline_code,
			kind desc`)
	if err != nil {
		return nil, fmt.Errorf("read report.schedule: %w", err)
	}
	schedules, err := pgx.CollectRows(rows, pgx.RowToStructByPos[scheduleStatus])
	if err != nil {
		return nil, fmt.Errorf("read report.schedule: %w", err)
	}
	for index := range statuses {
		statuses[index].Schedules = []scheduleStatus{}
	}
	for _, one := range schedules {
		one.inItsZone()
		index := slices.IndexFunc(statuses, func(s pipelineStatus) bool { return s.Pipeline == one.Pipeline })
		if index < 0 {
			statuses = append(statuses, pipelineStatus{Pipeline: one.Pipeline})
			index = len(statuses) - 1
		}
		statuses[index].Schedules = append(statuses[index].Schedules, one)
	}
	slices.SortFunc(statuses, func(a, b pipelineStatus) int { return strings.Compare(a.Pipeline, b.Pipeline) })
	return statuses, nil
}

// inItsZone turns the times to the schedule's zone; where this machine does not
// know it, they stay in their own.
func (s *scheduleStatus) inItsZone() {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return
	}
	for _, moment := range []*time.Time{s.NextFireAt, s.LastFireAt} {
		if moment != nil {
			*moment = moment.In(zone)
		}
	}
}

func (a *app) showSchedules(statuses []pipelineStatus) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			{Key: "pipeline", Title: "Pipeline"}, {Key: "schedule", Title: "Schedule"}, {Key: "cron", Title: "Cron"},
			{Key: "time_zone", Title: "Zone"}, {Key: "next_fire_at", Title: "Next fire"}, {Key: "last_fire_at", Title: "Last fire"},
			{Key: "last_state", Title: "Ended"}, number("missed", "Missed (24 h)"), number("skipped", "Skipped (24 h)"),
		},
	}
	for _, s := range statuses {
		for _, one := range s.Schedules {
			table.Rows = append(table.Rows, []any{
				one.Pipeline, one.Kind, one.Cron, one.TimeZone, orNil(one.NextFireAt), orNil(one.LastFireAt), orNil(one.LastState),
				one.MissedInADay, one.SkippedInADay,
			})
		}
	}
	if len(table.Rows) == 0 {
		return nil
	}
	if err := a.term.Table(table); err != nil {
		return err
	}
	for _, s := range statuses {
		for _, one := range s.Schedules {
			a.noteSchedule(one)
		}
	}
	return nil
}

func (a *app) noteSchedule(s scheduleStatus) {
	if s.IsOverdue {
		a.term.Note("%s %s %s: its fire of %s is overdue: no pandian serve runs for it",
			a.term.ErrStyle().Mark(terminal.Bad), s.Pipeline, s.Kind, s.NextFireAt.Format("2006-01-02 15:04:05 MST"))
	}
	if s.LastReason != nil && s.LastState != nil && *s.LastState != "ok" {
		a.term.Note("%s %s %s: last fire %s: %s", a.term.ErrStyle().Mark(terminal.Doubtful), s.Pipeline, s.Kind, *s.LastState, *s.LastReason)
	}
}
