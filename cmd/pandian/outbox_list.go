package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// outboxListFlags are the flags of pandian outbox list.
type outboxListFlags struct {
	outboxFilters
	pipeline string
	limit    int
	format   string
	bom      bool
}

func (a *app) outboxListCommand() *cobra.Command {
	var flags outboxListFlags
	command := &cobra.Command{
		Use: "list [PIPELINE]", Short: "list documents that are not at their target",
		Long: `Lists the documents of the outboxes that are not at their target yet, the oldest first. The same rows are in the view
report.open_document. What is done is listed with --state sent or superseded, the newest first.

  pending     the next load sends it            rejected    the target refused it: a person must act
  sending     a load has it                     abandoned   attempts used up: a person must act
  left        a load was killed while it had    held        a person stopped it
              it; the next load takes it over   discarded   a person gave it up
  waiting     tried again at the next attempt   sent        the target has it
  in_doubt    no answer was heard: looked up    superseded  a newer revision exists
              before it is sent again`,
		Example: `  pandian outbox list --state rejected,abandoned
  pandian outbox list wdt-stockouts-to-tplus --older-than 1d --format csv > stuck.csv`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				flags.pipeline = args[0]
			}
			format, err := a.beforeFormat(command, flags.format)
			if err != nil {
				return err
			}
			return a.outboxList(command.Context(), flags, format)
		},
	}
	flags.register(command)
	f := command.Flags()
	f.IntVar(&flags.limit, "limit", 0, "at most so many rows; 0 is all (a table shows 50)")
	f.StringVar(&flags.format, "format", "table", strings.Join(terminal.Formats(), ", "))
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, for Excel")
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(terminal.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return command
}

// outboxColumns are those of the listing; a table for people shows the first ones.
func outboxColumns() []terminal.Column {
	return []terminal.Column{
		{Key: "state", Title: "State"}, {Key: "business_key", Title: "Document"}, number("revision", "Revision"),
		number("document_id", "Id"), number("attempt_count", "Attempts"), {Key: "age", Title: "Age"},
		{Key: "message", Title: "Message"}, {Key: "decided_by", Title: "Decided by"}, {Key: "worker", Title: "Worker"},
		{Key: "pipeline_code", Title: "Pipeline"},
		{Key: "connection_code"}, {Key: "created_at"}, {Key: "next_attempt_at"}, {Key: "lease_until"},
		{Key: "is_doubtful"}, {Key: "is_overtaken"}, number("written_by_run_id", ""),
	}
}

const shownOutboxColumns = 10

// doneDocuments are sent and superseded ones in the columns of report.open_document.
const doneDocuments = `(
	select
		pipeline_code, connection_code, document_id, business_key, revision, state, attempt_count, message, decided_by,
		next_attempt_at, worker, lease_until, is_doubtful, state = 'superseded' as is_overtaken, created_at,
		now() - created_at as age, written_by_run_id
	from outbox.delivery
	where state in ('sent', 'superseded')
) as done`

func (a *app) outboxList(ctx context.Context, flags outboxListFlags, format terminal.Format) error {
	if flags.limit < 0 {
		return fault.New(fault.UsageWrong, "--limit %d is less than 0", flags.limit).Suggest("0 lists all")
	}
	where, args, err := flags.where()
	if err != nil {
		return err
	}
	from, order, err := flags.from()
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
	if err := a.knowsPipeline(ctx, cfg, db, flags.pipeline); err != nil {
		return err
	}
	pool, err := db.pool(ctx, operator)
	if err != nil {
		return err
	}
	columns, limit := outboxColumns(), flags.limit
	if format == terminal.FormatTable {
		columns = columns[:shownOutboxColumns]
		if limit == 0 {
			limit = tableLimit
		}
	}
	var total int64
	if err := pool.QueryRow(ctx, "select count(*) from "+from+" where "+where, args...).Scan(&total); err != nil {
		return fmt.Errorf("count documents: %w", err)
	}
	query := "select " + strings.Join(selectList(columns), ", ") + " from " + from + " where " + where + " order by " + order
	if limit > 0 {
		query += fmt.Sprintf(" limit %d", limit)
	}
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("list documents: %w", err)
	}
	defer rows.Close()
	written, err := a.writeRows(rows, format, columns, terminal.RowOptions{BOM: flags.bom, Empty: "no such documents"})
	if err != nil {
		return err
	}
	a.summary = map[string]any{"documents": total}
	if format == terminal.FormatTable && int64(written) < total {
		a.term.Note("%d of %d documents; --limit shows more, --format csv writes all", written, total)
	}
	return nil
}

// from is what is read, and in which order: what is open, or what is done.
func (f outboxListFlags) from() (relation, order string, err error) {
	isDone := func(state string) bool { return state == "sent" || state == "superseded" }
	switch {
	case !slices.ContainsFunc(f.states, isDone):
		return "report.open_document", "created_at, document_id", nil
	case slices.ContainsFunc(f.states, func(state string) bool { return !isDone(state) }):
		return "", "", fault.New(fault.UsageWrong, "--state names what is done and what is not").
			Suggest("list sent and superseded ones by themselves")
	case f.pipeline == "":
		return "", "", fault.New(fault.UsageWrong, "which pipeline's?").
			Suggest("name the pipeline whose delivered documents are listed")
	}
	return doneDocuments, "document_id desc", nil
}

// where turns the filters into a condition.
func (f outboxListFlags) where() (string, []any, error) {
	age, err := f.check()
	if err != nil {
		return "", nil, err
	}
	conditions := []string{"true"}
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if f.pipeline != "" {
		add("pipeline_code = $%d", f.pipeline)
	}
	if f.connection != "" {
		add("connection_code = $%d", f.connection)
	}
	if len(f.states) > 0 {
		add("state = any($%d)", f.states)
	}
	if len(f.keys) > 0 {
		add("business_key = any($%d)", f.keys)
	}
	if len(f.ids) > 0 {
		add("document_id = any($%d)", f.ids)
	}
	if age != nil {
		add("created_at < now() - $%d::interval", *age)
	}
	if f.messageLike != "" {
		add("message like $%d", f.messageLike)
	}
	return strings.Join(conditions, " and "), args, nil
}
