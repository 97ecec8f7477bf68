package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/retention"
	"pandian/internal/run"
	"pandian/internal/terminal"
	pandiansql "pandian/sql"
	"pandian/transform"
)

// planLimit is how many documents a plan shows unless --limit says otherwise.
const planLimit = 20

// planOptions say how much of a plan is shown.
type planOptions struct {
	limit   int
	payload bool
	full    bool
	unmask  bool
}

// plan is what the next load of a pipeline would do.
type plan struct {
	Pipeline string `json:"pipeline"`
	// Counts by action: create, update, look_up, held_back, withdraw, late_change.
	Counts map[string]int64 `json:"counts"`
	// Documents are the first of them.
	Documents []plannedDocument `json:"documents"`
}

type plannedDocument struct {
	Action      string          `json:"action"`
	BusinessKey string          `json:"business_key"`
	Revision    int             `json:"revision,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Payload     json.RawMessage `json:"payload,omitempty"`
	// Changes are against the revision that the target has.
	Changes []plannedChange `json:"changes,omitempty"`
}

type plannedChange struct {
	Field string  `json:"field"`
	Old   *string `json:"old"`
	New   *string `json:"new"`
}

func (a *app) planCommand() *cobra.Command {
	var options planOptions
	var selected []string
	command := &cobra.Command{
		Use:   "plan [PIPELINE...]",
		Short: "show what would be sent, held back or changed, without sending it",
		Long: `Types and maps what was landed so far, shows the documents that the next pandian load would create, update or look
up, those that are held back and why, and rolls everything back. Nothing is read at a source and nothing is sent:
pandian extract reads, pandian run --dry-run does both.

A document that the target has in an older revision is shown with the fields that differ.

Receivers' names, phones and addresses and what people wrote about an order are masked. --unmask shows them to an
account that has the role pandian_private.`,
		Example: `  pandian plan jst-saleouts-to-k3cloud
  pandian plan --payload --limit 5 wdt-stockouts-to-tplus
  pandian plan --json | jq '.result[].counts'`,
		ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			return a.planPipelines(command.Context(), args, selected, options)
		},
	}
	f := command.Flags()
	f.IntVar(&options.limit, "limit", planLimit, "show at most so many documents a pipeline; 0 is all")
	f.BoolVar(&options.payload, "payload", false, "show each document's payload as well; --json always does")
	f.BoolVar(&options.unmask, "unmask", false, "show personal data; the account needs the role pandian_private")
	f.BoolVar(&options.full, "full", false, "map everything again, not only what is new")
	a.selectFlag(command, &selected)
	return command
}

func (a *app) planPipelines(ctx context.Context, names, selected []string, options planOptions) error {
	cfg, names, err := a.pickPipelines(names, selected)
	if err != nil {
		return err
	}
	db, err := a.openReady(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	if options.unmask {
		if err := db.unmask(ctx); err != nil {
			return err
		}
	}
	plans := []plan{}
	var failures error
	for _, name := range names {
		made, err := a.planPipeline(ctx, cfg, db, name, options)
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("pipeline %s: %w", name, err))
			continue
		}
		plans = append(plans, made)
		failures = errors.Join(failures, made.show(a.term, options))
	}
	a.result = plans
	return failures
}

// planPipeline rehearses the pipeline's steps as a run of its own, so that no
// other run of the pipeline is under way meanwhile.
func (a *app) planPipeline(ctx context.Context, cfg *config.Config, db *database, name string, options planOptions) (plan, error) {
	p, err := a.newPipelineRun(cfg, db, name, pipelineOptions{Command: "plan", Full: options.full})
	if err != nil {
		return plan{}, err
	}
	pool, err := db.pool(ctx, "")
	if err != nil {
		return plan{}, err
	}
	if _, err := retention.MakeAhead(ctx, pool, time.Now()); err != nil {
		return plan{}, err
	}
	begun, runCtx, err := run.Start(ctx, pool, p.spec())
	if err != nil {
		return plan{}, runFault(err)
	}
	p.id = begun.ID
	made, err := p.rehearse(runCtx, options)
	if finishErr := begun.Finish(ctx, made.Counts, a.masked(err)); finishErr != nil {
		err = errors.Join(err, finishErr)
	}
	return made, runFault(err)
}

func (p *pipelineRun) rehearse(ctx context.Context, options planOptions) (plan, error) {
	made := plan{Pipeline: p.pipeline.Name, Counts: map[string]int64{}, Documents: []plannedDocument{}}
	pool, err := p.db.pool(ctx, "pandian_transform")
	if err != nil {
		return made, err
	}
	steps, err := p.steps()
	if err != nil {
		return made, err
	}
	runner := &transform.Runner{Pool: pool, Log: p.app.log, RunID: p.id, Full: p.options.Full, WorkMem: "256MB"}
	err = runner.Rehearse(ctx, steps, func(tx pgx.Tx) error { return made.read(ctx, tx, p, options) })
	if err != nil {
		return made, fault.New(fault.TransformFailed, "%w", err).
			Suggest("mend the cause and plan again; nothing was changed")
	}
	return made, nil
}

// planQuery lists every document with its action. Held-back and late documents
// are those that stand so, whichever run said it first.
const planQuery = `
	with planned as (
		select action, business_key, revision, coalesce(message, '') as reason, payload, document_id
		from report.next_delivery
		where pipeline_code = $1 and connection_code = $2
		union all
		select 'held_back', business_key, 0, reason, null, 0
		from outbox.held_back
		where pipeline_code = $1 and connection_code = $2
		union all
		select 'late_change', business_key, 0, reason, ops.shown_payload(payload), 0
		from outbox.late_change
		where pipeline_code = $1 and connection_code = $2 and run_id = $3
		union all
		select 'withdraw', document.business_key, document.revision, retry.message, null, 0
		from outbox.retry
		inner join outbox.document using (connection_code, pipeline_code, document_id)
		where retry.pipeline_code = $1 and retry.connection_code = $2
			and retry.state = 'discarded' and retry.decided_by = 'pandian' and retry.xmin = pg_current_xact_id()::xid
	)

	select
		action, business_key, revision, reason, payload,
		(
			select json_agg(json_build_object('field', field_name, 'old', delivered_value, 'new', next_value))
			from report.next_delivery_change as change
			where change.pipeline_code = $1 and change.connection_code = $2 and change.document_id = planned.document_id
		) as changes
	from planned
	order by action, business_key
	limit $4`

const planCounts = `
	select action, count(*) from report.next_delivery where pipeline_code = $1 and connection_code = $2 group by 1
	union all
	select 'held_back', count(*) from outbox.held_back where pipeline_code = $1 and connection_code = $2 having count(*) > 0
	union all
	select 'late_change', count(*) from outbox.late_change
	where pipeline_code = $1 and connection_code = $2 and run_id = $3 having count(*) > 0
	union all
	select 'withdraw', value from ops.tally where run_id = $3 and subject = 'outbox.document' and name = 'withdrawn' and value > 0`

func (made *plan) read(ctx context.Context, tx pgx.Tx, p *pipelineRun, options planOptions) error {
	if options.unmask {
		// The right is the account's, not that of the role which maps.
		if _, err := tx.Exec(ctx, "set local role none"); err != nil {
			return fmt.Errorf("act as the account itself: %w", err)
		}
	}
	connection := params(p.pipeline)["source_connection"]
	rows, err := tx.Query(ctx, planCounts, p.pipeline.Name, connection, p.id)
	if err != nil {
		return fmt.Errorf("count what is planned: %w", err)
	}
	var action string
	var count int64
	if _, err := pgx.ForEachRow(rows, []any{&action, &count}, func() error { made.Counts[action] = count; return nil }); err != nil {
		return fmt.Errorf("count what is planned: %w", err)
	}
	var most *int
	if options.limit > 0 {
		most = &options.limit
	}
	rows, err = tx.Query(ctx, planQuery, p.pipeline.Name, connection, p.id, most)
	if err != nil {
		return fmt.Errorf("read what is planned: %w", err)
	}
	var d plannedDocument
	var payload *string
	var changes []byte
	_, err = pgx.ForEachRow(rows, []any{&d.Action, &d.BusinessKey, &d.Revision, &d.Reason, &payload, &changes}, func() error {
		next := d
		if payload != nil {
			next.Payload = json.RawMessage(p.app.redactor.Mask(*payload))
		}
		if changes != nil {
			if err := json.Unmarshal(changes, &next.Changes); err != nil {
				return err
			}
		}
		made.Documents = append(made.Documents, next)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what is planned: %w", err)
	}
	return nil
}

// show writes the plan for people.
func (made plan) show(term *terminal.Terminal, options planOptions) error {
	table := terminal.Table{
		Title: "Plan of " + made.Pipeline + ": " + made.inWords(),
		Columns: []terminal.Column{
			{Key: "action", Title: "Action"}, {Key: "business_key", Title: "Document"}, {Key: "detail", Title: "Detail"},
		},
	}
	for _, d := range made.Documents {
		table.Rows = append(table.Rows, []any{d.Action, d.BusinessKey, d.detail()})
	}
	if len(made.Documents) == 0 {
		return term.Print("%s\n", table.Title)
	}
	if err := term.Table(table); err != nil {
		return err
	}
	if options.payload {
		if err := made.showPayloads(term); err != nil {
			return err
		}
	}
	total := int64(0)
	for _, count := range made.Counts {
		total += count
	}
	if shown := int64(len(made.Documents)); shown < total {
		term.Note("%d of %d documents are shown: --limit 0 shows all", shown, total)
	}
	return nil
}

// showPayloads writes what would be sent, in the order in which it would be.
func (made plan) showPayloads(term *terminal.Terminal) error {
	for _, d := range made.Documents {
		if d.Payload == nil {
			continue
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, d.Payload, "", "  "); err != nil {
			return fmt.Errorf("payload of %s: %w", d.BusinessKey, err)
		}
		if err := term.Print("%s %s, revision %d:\n%s\n", d.Action, d.BusinessKey, d.Revision, indented.String()); err != nil {
			return err
		}
	}
	return nil
}

func (made plan) inWords() string {
	var parts []string
	for _, action := range []string{"create", "update", "look_up", "held_back", "withdraw", "late_change"} {
		if count := made.Counts[action]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, strings.ReplaceAll(action, "_", " ")))
		}
	}
	if len(parts) == 0 {
		return "nothing to send"
	}
	return strings.Join(parts, ", ")
}

// detail is why a document is not sent, or what changes of it.
func (d plannedDocument) detail() string {
	if d.Reason != "" {
		return d.Reason
	}
	var changes []string
	for _, change := range d.Changes {
		changes = append(changes, fmt.Sprintf("%s: %s → %s", change.Field, orNothing(change.Old), orNothing(change.New)))
	}
	return strings.Join(changes, "; ")
}

func orNothing(value *string) string {
	if value == nil {
		return "(nothing)"
	}
	return *value
}

// newPipelineRun is a run of a pipeline that has not begun.
func (a *app) newPipelineRun(cfg *config.Config, db *database, name string, options pipelineOptions) (*pipelineRun, error) {
	pipeline, err := cfg.Pipeline(name)
	if err != nil {
		return nil, err
	}
	library, err := transform.Load(pandiansql.FS)
	if err != nil {
		return nil, err
	}
	p := &pipelineRun{app: a, cfg: cfg, db: db, pipeline: pipeline, options: options, library: library}
	for _, source := range pipeline.Sources {
		for _, reading := range readings(source.Dataset) {
			source.Dataset = reading
			p.sources = append(p.sources, source)
		}
	}
	return p, nil
}

// steps are the files of sql/ that the pipeline carries out.
func (p *pipelineRun) steps() ([]transform.File, error) {
	var datasets []string
	for _, source := range p.pipeline.Sources {
		datasets = append(datasets, source.Dataset)
	}
	return p.library.Steps(p.pipeline.Name, datasets)
}
