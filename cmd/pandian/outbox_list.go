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

// bound is the end of a query that may have a limit; 0 is none.
func bound(limit int) string {
	if limit == 0 {
		return ""
	}
	return fmt.Sprintf(" limit %d", limit)
}

// openDocuments are the rows of report.open_document, the oldest first. Masking a message
// is dear, so only the messages of what is listed are read.
func openDocuments(where string, limit int) string {
	return `(
	select
		pipeline_code, connection_code, document_id, business_key, revision, state, attempt_count, decided_by,
		next_attempt_at, worker, lease_until, is_doubtful, is_overtaken, created_at, age, written_by_run_id
	from report.open_document
	where ` + where + `
	order by created_at, document_id` + bound(limit) + `
) as listed
cross join lateral (
	select delivery.message
	from outbox.delivery
	where
		delivery.connection_code = listed.connection_code
		and delivery.pipeline_code = listed.pipeline_code
		and delivery.document_id = listed.document_id
	limit 1
) as said`
}

// doneDocuments are sent and superseded ones in the columns of report.open_document, the
// newest first: of each outbox a walk backwards along the key, which the limit ends,
// however many are done. limit 0 is all.
func (f outboxListFlags) doneDocuments(where string, limit int) string {
	// The outboxes of others would be walked to their beginning for nothing. The numbers are
	// those that where gives.
	outbox := "progress.pipeline_code = $1"
	if f.connection != "" {
		outbox += " and progress.connection_code = $2"
	}
	return `(
	select done.*
	from outbox.cursor as progress
	cross join lateral (
		select one.*
		from (
			select result.document_id as walked_id
			from outbox.result
			where
				result.connection_code = progress.connection_code
				and result.pipeline_code = progress.pipeline_code
				and result.outcome in ('sent', 'superseded')
			order by result.document_id desc
			limit 1000000000  -- keeps this a walk along the key
		) as newest
		cross join lateral (
			select
				pipeline_code, connection_code, document_id, business_key, revision, state, attempt_count, message, decided_by,
				next_attempt_at, worker, lease_until, is_doubtful, state = 'superseded' as is_overtaken, created_at,
				now() - created_at as age, written_by_run_id
			from outbox.delivery
			where
				delivery.connection_code = progress.connection_code
				and delivery.pipeline_code = progress.pipeline_code
				and delivery.document_id = newest.walked_id
			limit 1
		) as one
		where ` + where + `
		order by newest.walked_id desc
		` + bound(limit) + `
	) as done
	where ` + outbox + `
) as done`
}

func (a *app) outboxList(ctx context.Context, flags outboxListFlags, format terminal.Format) error {
	if flags.limit < 0 {
		return fault.New(fault.UsageWrong, "--limit %d is less than 0", flags.limit).Suggest("0 lists all")
	}
	where, args, err := flags.where()
	if err != nil {
		return err
	}
	isDone, err := flags.isDone()
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
	from, order := flags.doneDocuments(where, limit), "document_id desc"
	if !isDone {
		if err := pool.QueryRow(ctx, "select count(*) from report.open_document where "+where, args...).Scan(&total); err != nil {
			return fmt.Errorf("count documents: %w", err)
		}
		from, order = openDocuments(where, limit), "created_at, document_id"
	}
	query := "select " + strings.Join(selectList(columns), ", ") + " from " + from + " order by " + order + bound(limit)
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("list documents: %w", err)
	}
	defer rows.Close()
	written, err := a.writeRows(rows, format, columns, terminal.RowOptions{BOM: flags.bom, Empty: "no such documents"})
	if err != nil {
		return err
	}
	if isDone {
		total = int64(written) // nobody counts all that was ever sent
	}
	a.summary = map[string]any{"documents": total}
	switch {
	case format != terminal.FormatTable:
	case isDone && written == limit:
		a.term.Note("the newest %d documents; --limit shows more, --format csv writes all", written)
	case int64(written) < total:
		a.term.Note("%d of %d documents; --limit shows more, --format csv writes all", written, total)
	}
	return nil
}

// isDone says whether what is done is listed, and not what is open.
func (f outboxListFlags) isDone() (bool, error) {
	isDone := func(state string) bool { return state == "sent" || state == "superseded" }
	switch {
	case !slices.ContainsFunc(f.states, isDone):
		return false, nil
	case slices.ContainsFunc(f.states, func(state string) bool { return !isDone(state) }):
		return false, fault.New(fault.UsageWrong, "--state names what is done and what is not").
			Suggest("list sent and superseded ones by themselves")
	case f.pipeline == "":
		return false, fault.New(fault.UsageWrong, "which pipeline's?").
			Suggest("name the pipeline whose delivered documents are listed")
	}
	return true, nil
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
