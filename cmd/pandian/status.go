package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"pandian/internal/terminal"
)

// pipelineStatus is a row of report.pipeline.
type pipelineStatus struct {
	Pipeline        string     `json:"pipeline"`
	NewestRun       *int64     `json:"newest_run"`
	State           *string    `json:"state"`
	Error           *string    `json:"error"`
	LastGoodAt      *time.Time `json:"last_good_at"`
	VerifiedThrough *time.Time `json:"verified_through"`
	Incomplete      *string    `json:"incomplete"`
	Unresolved      int64      `json:"unresolved"`
	RejectedInADay  int64      `json:"rejected_in_a_day"`
	Pending         int64      `json:"pending"`
	Retried         int64      `json:"retried"`
	ForAPerson      int64      `json:"for_a_person"`
	// InDoubt, Refused and HeldBack count documents: no answer was heard;
	// rejected or given up; something is missing for them.
	InDoubt  int64 `json:"in_doubt"`
	Refused  int64 `json:"refused"`
	HeldBack int64 `json:"held_back"`
	// OldestWaitingAt is when the oldest document was made that is on its way.
	OldestWaitingAt *time.Time `json:"oldest_waiting_at"`
	// OpenWindows counts readings that were never proved complete.
	OpenWindows int64 `json:"open_windows"`
	// Sending are documents that a load is at, Left those of a load that was
	// killed: the next one takes them over.
	Sending int64 `json:"sending"`
	Left    int64 `json:"left"`

	// Schedules is empty for a pipeline that runs by hand only.
	Schedules []scheduleStatus `json:"schedules" db:"-"`
}

func (a *app) statusCommand() *cobra.Command {
	var failOn []string
	command := &cobra.Command{
		Use: "status", Short: "show how each pipeline stands", Args: cobra.NoArgs,
		Long: `Shows for each pipeline that ever ran: its newest run, when a run last went well, how far its sources are
verified, and what is open; and for each schedule when it fires next and how its last fire ended. The same rows are in
the views report.pipeline and report.schedule.

--fail-on names what makes it end with exit code 5:
` + complaintHelp(),
		Example: `  pandian status
  pandian status --fail-on stale=6h,failed,rejected,in_doubt,missed,restored -q   # for a monitor`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.status(command.Context(), failOn)
		},
	}
	command.Flags().StringSliceVar(&failOn, "fail-on", nil, "end with exit code 5 when one of these is so: "+joinWords(complaintNames()))
	_ = command.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(complaintNames(), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *app) status(ctx context.Context, failOn []string) error {
	complaints, err := parseComplaints(failOn)
	if err != nil {
		return err
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := a.openReadable(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	pool, err := db.pool(ctx, "")
	if err != nil {
		return err
	}
	statuses, err := readStatus(ctx, pool)
	if err != nil {
		return err
	}
	state, err := readDatabaseState(ctx, pool)
	if err != nil {
		return err
	}
	a.summary, a.result = map[string]any{"pipelines": len(statuses), "database": state}, statuses
	if err := a.showPipelines(statuses); err != nil {
		return err
	}
	if err := a.showSchedules(statuses); err != nil {
		return err
	}
	if state.isDoubted() {
		a.term.Note("%s %s\n  %s", a.term.ErrStyle().Mark(terminal.Doubtful), state.inWords(), trustAdvice)
	}
	return complain(complaints, statuses, state, time.Now())
}

func readStatus(ctx context.Context, pool *pgxpool.Pool) ([]pipelineStatus, error) {
	rows, err := pool.Query(ctx, `
		select
			pipeline_code, newest_run_id, newest_state, newest_error, last_good_at, verified_through, incomplete,
			unresolved_count, rejected_day_count, pending_count, retried_count, for_a_person_count,
			in_doubt_count, refused_count, held_back_count, oldest_waiting_at, open_window_count,
			sending_count, left_count
		from report.pipeline
		order by pipeline_code`)
	if err != nil {
		return nil, fmt.Errorf("read report.pipeline: %w", err)
	}
	statuses, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pipelineStatus])
	if err != nil {
		return nil, fmt.Errorf("read report.pipeline: %w", err)
	}
	return addSchedules(ctx, pool, statuses)
}

func (a *app) showPipelines(statuses []pipelineStatus) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			{Key: "pipeline", Title: "Pipeline"}, number("run", "Run"), {Key: "state", Title: "State"},
			{Key: "last_good_at", Title: "Last good"}, {Key: "verified_through", Title: "Verified through"},
			number("unresolved", "Discrepancies"), number("rejected", "Rejected (24 h)"),
			number("pending", "Pending"), number("sending", "Sending"), number("left", "Left"), number("retried", "Retried"), number("in_doubt", "In doubt"),
			number("held_back", "Held back"), number("for_a_person", "For a person"), number("open_windows", "Open windows"),
		},
		Empty: "no pipeline has run yet: pandian run",
	}
	for _, s := range statuses {
		table.Rows = append(table.Rows, []any{
			s.Pipeline, orNil(s.NewestRun), orNil(s.State), beijingOrNil(s.LastGoodAt), beijingOrNil(s.VerifiedThrough),
			s.Unresolved, s.RejectedInADay, s.Pending, s.Sending, s.Left, s.Retried, s.InDoubt, s.HeldBack, s.ForAPerson, s.OpenWindows,
		})
	}
	if err := a.term.Table(table); err != nil {
		return err
	}
	for _, s := range statuses {
		if s.Error != nil {
			a.term.Note("%s %s: run %d: %s", a.term.ErrStyle().Mark(terminal.Bad), s.Pipeline, *s.NewestRun, *s.Error)
		}
		if s.Incomplete != nil {
			a.term.Note("%s %s: not complete: %s", a.term.ErrStyle().Mark(terminal.Doubtful), s.Pipeline, *s.Incomplete)
		}
	}
	return nil
}

func orNil[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

func beijingOrNil(moment *time.Time) any {
	if moment == nil {
		return nil
	}
	return moment.In(beijing())
}
