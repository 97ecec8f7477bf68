package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pandian/internal/db"
	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// shownDocument is all that is known of one document.
type shownDocument struct {
	Pipeline         string     `json:"pipeline"`
	Connection       string     `json:"connection"`
	DocumentID       int64      `json:"document_id"`
	Key              string     `json:"business_key"`
	Revision         int        `json:"revision"`
	State            string     `json:"state"`
	IsDoubtful       bool       `json:"is_doubtful"`
	Attempts         int        `json:"attempts"`
	Message          *string    `json:"message"`
	DecidedBy        *string    `json:"decided_by"`
	NextAttemptAt    *time.Time `json:"next_attempt_at"`
	Worker           *string    `json:"worker"`
	LeaseUntil       *time.Time `json:"lease_until"`
	CreatedAt        time.Time  `json:"created_at"`
	WrittenByRun     int64      `json:"written_by_run"`
	TargetDocumentID *string    `json:"target_document_id"`
	TargetDocumentNo *string    `json:"target_document_no"`
	NewestRevision   *int       `json:"newest_revision"`
	RawPayload       *string    `json:"-"`
	// IsArchived says that the document is older than retention.outbox: its payload
	// is null.
	IsArchived bool `json:"is_archived"`

	Payload  json.RawMessage    `json:"payload" db:"-"`
	Results  []shownResult      `json:"results" db:"-"`
	Exchange *shownExchange     `json:"last_exchange" db:"-"`
	Changes  []plannedChange    `json:"changes" db:"-"`
	Sources  []shownSource      `json:"sources" db:"-"`
	Audit    []shownAuditRecord `json:"audit" db:"-"`
}

// shownResult is a row of outbox.result.
type shownResult struct {
	Attempt int       `json:"attempt"`
	Outcome string    `json:"outcome"`
	DoneAt  time.Time `json:"done_at"`
	RunID   *int64    `json:"run_id"`
	Message *string   `json:"message"`
}

// shownExchange is what was last said between pandian and the target.
type shownExchange struct {
	Attempt     int       `json:"attempt"`
	ExchangedAt time.Time `json:"exchanged_at"`
	Request     string    `json:"request"`
	Response    string    `json:"response"`
}

// shownSource is where a document's record stands.
type shownSource struct {
	Dataset   string     `json:"dataset"`
	RecordKey string     `json:"record_key"`
	PageID    int64      `json:"page_id"`
	Place     int        `json:"place"`
	RunID     int64      `json:"run_id"`
	LandedAt  *time.Time `json:"landed_at"`
}

// shownAuditRecord is a row of ops.audit.
type shownAuditRecord struct {
	DecidedAt time.Time `json:"decided_at"`
	DecidedBy string    `json:"decided_by"`
	Account   string    `json:"account"`
	Verb      string    `json:"verb"`
	Verdict   string    `json:"verdict"`
	OldState  string    `json:"old_state"`
	NewState  string    `json:"new_state"`
	Reason    string    `json:"reason"`
	Documents int64     `json:"documents"`
}

type outboxShowFlags struct {
	pipeline string
	revision int
	unmask   bool
}

func (a *app) outboxShowCommand() *cobra.Command {
	var flags outboxShowFlags
	command := &cobra.Command{
		Use: "show DOCUMENT_ID|KEY", Short: "show what is known of one document",
		Long: `Shows a document by its id or its business key (the newest revision, unless --revision says which): its state, what
was sent, each attempt and what came of it, what was last said between pandian and the target, how it differs from the
revision that the target has, which record of which page it was made of, and what people decided about it.

Personal data is masked. --unmask shows it in the payload and the differences to an account with the role pandian_private.`,
		Example: `  pandian outbox show 10001
  pandian outbox show 10001 --pipeline wdt-stockouts-to-tplus --revision 1 --json`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, args []string) error {
			return a.outboxShow(command.Context(), args[0], flags)
		},
	}
	f := command.Flags()
	f.StringVar(&flags.pipeline, "pipeline", "", "the pipeline, where several have such a document")
	f.IntVar(&flags.revision, "revision", 0, "the revision of a business key; 0 is the newest")
	f.BoolVar(&flags.unmask, "unmask", false, "show personal data; the account needs the role pandian_private")
	_ = command.RegisterFlagCompletionFunc("pipeline", a.completePipelines)
	return command
}

func (a *app) outboxShow(ctx context.Context, name string, flags outboxShowFlags) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	database, err := a.openReadable(ctx, cfg)
	if err != nil {
		return err
	}
	defer database.close()
	if flags.unmask {
		if err := database.unmask(ctx); err != nil {
			return err
		}
	}
	role := operator
	if flags.unmask {
		role = "" // pandian_private is the account's own right
	}
	pool, err := database.pool(ctx, role)
	if err != nil {
		return err
	}
	document, err := findDocument(ctx, pool, name, flags)
	if err != nil {
		return err
	}
	if err := document.read(ctx, pool); err != nil {
		return err
	}
	if document.RawPayload != nil {
		document.Payload = json.RawMessage(a.redactor.Mask(*document.RawPayload))
	}
	a.result = document
	return document.show(a.term)
}

// findDocument finds the one document that a name means: an id, or a business key.
func findDocument(ctx context.Context, conn db.DBTX, name string, flags outboxShowFlags) (shownDocument, error) {
	rows, err := conn.Query(ctx, `
		with meant as (
			select progress.connection_code, progress.pipeline_code, named.document_id
			from outbox.cursor as progress
			cross join lateral (
				select document.document_id
				from outbox.document
				where
					document.connection_code = progress.connection_code
					and document.pipeline_code = progress.pipeline_code
					and document.document_id = case when $1 ~ '^[0-9]{1,18}$' then $1::bigint end
				limit 1
			) as named
			where ($2 = '' or progress.pipeline_code = $2) and $3 = 0
			union
			select progress.connection_code, progress.pipeline_code, gone.document_id
			from outbox.cursor as progress
			cross join lateral (
				-- each by an index of its own; the archive holds a document of every key
				select archived.document_id
				from outbox.archived
				where
					archived.connection_code = progress.connection_code
					and archived.pipeline_code = progress.pipeline_code
					and archived.document_id = case when $1 ~ '^[0-9]{1,18}$' then $1::bigint end
					and $3 = 0
				union all
				select archived.document_id
				from outbox.archived
				where
					archived.connection_code = progress.connection_code
					and archived.pipeline_code = progress.pipeline_code
					and archived.business_key = $1
					and archived.revision = $3
			) as gone
			where $2 = '' or progress.pipeline_code = $2
			union
			select head.connection_code, head.pipeline_code, coalesce(older.document_id, head.document_id)
			from outbox.cursor as progress
			inner join outbox.head
				on head.connection_code = progress.connection_code
				and head.pipeline_code = progress.pipeline_code
				and head.business_key = $1
			left join lateral (
				-- backwards from the newest: an older revision has no index of its own
				select document.document_id
				from outbox.document
				where
					document.connection_code = head.connection_code
					and document.pipeline_code = head.pipeline_code
					and document.document_id <= head.document_id
					and document.business_key = head.business_key
					and document.revision = $3
					and $3 > 0
					and $3 < head.revision
				order by document.document_id desc
				limit 1
			) as older on true
			where ($2 = '' or progress.pipeline_code = $2) and ($3 in (0, head.revision) or older.document_id is not null)
		)
		select
			delivery.pipeline_code, delivery.connection_code, delivery.document_id, delivery.business_key, delivery.revision,
			case
				when delivery.state = 'sending' and delivery.lease_until <= clock_timestamp() then 'left' else delivery.state
			end,
			delivery.is_doubtful, delivery.attempt_count, delivery.message, delivery.decided_by, delivery.next_attempt_at,
			delivery.worker, delivery.lease_until, delivery.created_at, delivery.written_by_run_id,
			delivery.target_document_id, delivery.target_document_no, head.revision, delivery.payload::text, delivery.is_archived
		from meant
		cross join lateral (
			select *
			from outbox.delivery
			where
				delivery.connection_code = meant.connection_code
				and delivery.pipeline_code = meant.pipeline_code
				and delivery.document_id = meant.document_id
			limit 1  -- one look-up, whatever the planner thinks of their number
		) as delivery
		left join outbox.head
			on head.connection_code = delivery.connection_code
			and head.pipeline_code = delivery.pipeline_code
			and head.business_key = delivery.business_key
		order by 1, 2, 3
		limit 20`, name, flags.pipeline, flags.revision)
	if err != nil {
		return shownDocument{}, fmt.Errorf("look for document %s: %w", name, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[shownDocument])
	if err != nil {
		return shownDocument{}, fmt.Errorf("look for document %s: %w", name, err)
	}
	switch len(found) {
	case 0:
		return shownDocument{}, fault.New(fault.UsageWrong, "there is no document %s", name).
			Suggest("pandian outbox list names them; a record that was never mapped is in report.held_back")
	case 1:
		return found[0], nil
	}
	var names []string
	for _, one := range found {
		names = append(names, documentName(one.DocumentID, one.Key, one.Revision)+" of "+one.Pipeline)
	}
	return shownDocument{}, fault.New(fault.UsageWrong, "%s means %d documents: %s", name, len(found), strings.Join(names, "; ")).
		Suggest("say which: --pipeline, or --revision with a business key")
}

// read fills in what stands beside the document.
func (d *shownDocument) read(ctx context.Context, conn db.DBTX) error {
	key := []any{d.Connection, d.Pipeline, d.DocumentID}
	var err error
	if d.Results, err = collect[shownResult](ctx, conn, `
		select attempt, outcome, done_at, run_id, message
		from report.document_attempt
		where (connection_code, pipeline_code, document_id) = ($1, $2, $3)
		order by attempt`, key...); err != nil {
		return fmt.Errorf("read the attempts: %w", err)
	}
	exchanges, err := collect[shownExchange](ctx, conn, `
		select attempt, exchanged_at, request, response
		from report.document_exchange
		where (connection_code, pipeline_code, document_id) = ($1, $2, $3)`, key...)
	if err != nil {
		return fmt.Errorf("read the last exchange: %w", err)
	}
	for _, one := range exchanges {
		d.Exchange = &one
	}
	if d.Audit, err = collect[shownAuditRecord](ctx, conn, `
		select decided_at, decided_by, account, verb, verdict, old_state, new_state, reason, document_count
		from ops.audit
		where (connection_code, pipeline_code, document_id) = ($1, $2, $3)
		order by audit_id`, key...); err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	if d.Sources, err = collect[shownSource](ctx, conn, `
		select dataset, record_key, page_id, place, run_id, landed_at
		from report.document_source
		where
			connection_code = $1
			and pipeline_code = $2
			and record_key = $3
			and source_id = any ($4)
		order by dataset`, d.Connection, d.Pipeline, d.Key, sourceIDs(d.Key)); err != nil {
		return fmt.Errorf("read the source record: %w", err)
	}
	if d.Changes, err = collect[plannedChange](ctx, conn, `
		select field_name, delivered_value, value
		from report.document_change
		where (connection_code, pipeline_code, document_id) = ($1, $2, $3)
		order by field_name`, key...); err != nil {
		return fmt.Errorf("compare with the revision that was delivered: %w", err)
	}
	return nil
}

// sourceIDs are what a source may number the record of a business key by, which has an
// index of its own: the key, or what of it stands before an @.
func sourceIDs(key string) []string {
	ids := []string{key}
	for at, char := range key {
		if char == '@' {
			ids = append(ids, key[:at])
		}
	}
	return ids
}

// collect reads rows into structs, by position; none is an empty list.
func collect[T any](ctx context.Context, conn db.DBTX, sql string, args ...any) ([]T, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if found == nil {
		found = []T{}
	}
	return found, err
}

// show writes the document for people.
func (d shownDocument) show(term *terminal.Terminal) error {
	for _, table := range []terminal.Table{d.propertyTable(), d.resultTable(), d.changeTable(), d.sourceTable(), d.auditTable()} {
		if len(table.Rows) == 0 {
			continue
		}
		if err := term.Table(table); err != nil {
			return err
		}
	}
	if d.IsArchived {
		return term.Print("Payload: not kept any more, it is older than retention.outbox\n")
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, d.Payload, "", "  "); err != nil {
		indented.Reset()
		indented.Write(d.Payload) // no JSON: show it as it is
	}
	if err := term.Print("Payload:\n%s\n", indented.String()); err != nil {
		return err
	}
	if d.Exchange == nil {
		return nil
	}
	return term.Print("Last exchange, attempt %d, %s:\n> %s\n< %s\n", d.Exchange.Attempt,
		d.Exchange.ExchangedAt.In(beijing()).Format(time.DateTime),
		strings.ReplaceAll(terminal.Printable(d.Exchange.Request), "\n", "\n> "),
		strings.ReplaceAll(terminal.Printable(d.Exchange.Response), "\n", "\n< "))
}
