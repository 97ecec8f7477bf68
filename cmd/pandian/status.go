package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
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
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "show how each pipeline stands", Args: cobra.NoArgs,
		Long: `Shows for each pipeline that ever ran: its newest run, when a run last went well, how far its sources are
verified, and what is open. The same rows are in the view report.pipeline.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.status(command.Context())
		},
	}
}

func (a *app) status(ctx context.Context) error {
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
	rows, err := pool.Query(ctx, `
		select
			pipeline_code, newest_run_id, newest_state, newest_error, last_good_at, verified_through, incomplete,
			unresolved_count, rejected_day_count, pending_count, retried_count, for_a_person_count
		from report.pipeline
		order by pipeline_code`)
	if err != nil {
		return fmt.Errorf("read report.pipeline: %w", err)
	}
	statuses, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pipelineStatus])
	if err != nil {
		return fmt.Errorf("read report.pipeline: %w", err)
	}
	a.summary, a.result = map[string]any{"pipelines": len(statuses)}, statuses
	return a.showPipelines(statuses)
}

func (a *app) showPipelines(statuses []pipelineStatus) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			{Key: "pipeline", Title: "Pipeline"}, number("run", "Run"), {Key: "state", Title: "State"},
			{Key: "last_good_at", Title: "Last good"}, {Key: "verified_through", Title: "Verified through"},
			number("unresolved", "Discrepancies"), number("rejected", "Rejected (24 h)"),
			number("pending", "Pending"), number("retried", "Retried"), number("for_a_person", "For a person"),
		},
		Empty: "no pipeline has run yet: pandian run",
	}
	for _, s := range statuses {
		table.Rows = append(table.Rows, []any{
			s.Pipeline, orNil(s.NewestRun), orNil(s.State), beijingOrNil(s.LastGoodAt), beijingOrNil(s.VerifiedThrough),
			s.Unresolved, s.RejectedInADay, s.Pending, s.Retried, s.ForAPerson,
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
