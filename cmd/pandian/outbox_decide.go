package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pandian/internal/fault"
	"pandian/internal/repeat"
	"pandian/internal/terminal"
)

// outboxDecision is what a person asks for.
type outboxDecision struct {
	outboxFilters
	verb, pipeline, reason, by string
	notAtTarget, dryRun, yes   bool
}

// decided is what became of the documents that were named.
type decided struct {
	Done      int64 `json:"done"`
	Busy      int64 `json:"busy"`
	Refused   int64 `json:"refused"`
	Unchanged int64 `json:"unchanged"`
}

// judgement is what a verb would do to a document, as ops.judge says.
type judgement struct {
	Verdict    string  `json:"verdict"`
	OldState   string  `json:"old_state"`
	NewState   string  `json:"new_state"`
	Key        string  `json:"business_key"`
	Revision   int     `json:"revision"`
	DocumentID int64   `json:"document_id"`
	Why        *string `json:"why"`
}

func (a *app) outboxVerbCommand(verb, short, long string) *cobra.Command {
	d := outboxDecision{verb: verb}
	command := &cobra.Command{
		Use: verb + " PIPELINE", Short: short,
		Long: long + `

What a load is sending at the moment is left alone and counted as busy: the answer decides.`,
		Example: fmt.Sprintf(`  pandian outbox %[1]s wdt-stockouts-to-tplus --key 10001 --reason 'agreed with the warehouse'
  pandian outbox %[1]s wdt-stockouts-to-tplus --state %[2]s --message-like '%%customer%%' --reason 'mapped now' --dry-run`,
			verb, map[bool]string{true: "held", false: "rejected"}[verb == "release"]),
		Args: cobra.ExactArgs(1), ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			d.pipeline = args[0]
			return a.outboxDecide(command.Context(), d)
		},
	}
	d.register(command)
	f := command.Flags()
	f.StringVar(&d.reason, "reason", "", "why, for the next person; it is needed")
	f.StringVar(&d.by, "by", "", "who decides (default: the user of this machine)")
	f.BoolVar(&d.dryRun, "dry-run", false, "show what would be done, and do nothing")
	f.BoolVar(&d.yes, "yes", false, "do not ask where several documents are meant")
	if verb == "retry" {
		f.BoolVar(&d.notAtTarget, "not-at-target", false, "a person looked at the target and did not find them: send without looking them up")
	}
	return command
}

func (a *app) outboxDecide(ctx context.Context, d outboxDecision) error {
	if _, err := d.check(); err != nil {
		return err
	}
	if d.isEmpty() {
		return fault.New(fault.UsageWrong, "which documents?").Suggest("name them with --key, --id, --state, --older-than or --message-like")
	}
	if strings.TrimSpace(d.reason) == "" && !d.dryRun {
		return fault.New(fault.UsageWrong, "a reason is needed").Suggest("say why with --reason: it is what the next person reads")
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := a.openReady(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	if err := a.knowsPipeline(ctx, cfg, db, d.pipeline); err != nil {
		return err
	}
	pool, err := db.pool(ctx, operator)
	if err != nil {
		return err
	}
	if d.dryRun {
		return a.outboxDryRun(ctx, pool, d)
	}
	if err := a.confirm(ctx, pool, d); err != nil {
		return err
	}
	return a.outboxCarryOut(ctx, pool, d)
}

// outboxDryRun shows what would be touched.
func (a *app) outboxDryRun(ctx context.Context, pool *pgxpool.Pool, d outboxDecision) error {
	args, err := d.args()
	if err != nil {
		return err
	}
	rows, err := pool.Query(ctx, `
		select verdict, old_state, new_state, business_key, revision, document_id, why
		from ops.judge($1, $2, $3, $4, $5, $6, $7, $8, $9)`, args...)
	if err != nil {
		return operatorFault(err)
	}
	judged, err := pgx.CollectRows(rows, pgx.RowToStructByPos[judgement])
	if err != nil {
		return operatorFault(err)
	}
	table := terminal.Table{
		Columns: []terminal.Column{
			{Key: "verdict", Title: "Would be"}, {Key: "old_state", Title: "State"}, {Key: "new_state", Title: "Becomes"},
			{Key: "business_key", Title: "Document"}, number("revision", "Revision"), number("document_id", "Id"), {Key: "why", Title: "Why not"},
		},
		Empty: "no such documents",
	}
	var counts decided
	for i, j := range judged {
		counts.add(j.Verdict)
		if i < tableLimit {
			table.Rows = append(table.Rows, []any{j.Verdict, j.OldState, j.NewState, j.Key, j.Revision, j.DocumentID, orNil(j.Why)})
		}
	}
	a.summary, a.result = counts, append([]judgement{}, judged...)
	if err := a.term.Table(table); err != nil {
		return err
	}
	if len(judged) > tableLimit {
		a.term.Note("%d of %d documents; --json lists all", tableLimit, len(judged))
	}
	a.term.Note("nothing was done: %s", counts.inWords(d.verb, "would be"))
	return nil
}

// confirm asks where several documents are meant.
func (a *app) confirm(ctx context.Context, pool *pgxpool.Pool, d outboxDecision) error {
	if d.yes {
		return nil
	}
	args, err := d.args()
	if err != nil {
		return err
	}
	var several int64
	err = pool.QueryRow(ctx, `
		select count(*) from ops.judge($1, $2, $3, $4, $5, $6, $7, $8, $9) where verdict = 'done'`, args...).Scan(&several)
	if err != nil {
		return operatorFault(err)
	}
	if several < 2 {
		return nil
	}
	input, isFile := a.stdin.(*os.File)
	if a.json || !isFile || !term.IsTerminal(int(input.Fd())) {
		return fault.New(fault.UsageWrong, "%d documents are meant", several).Suggest("say --yes if that is so; --dry-run shows them")
	}
	fmt.Fprintf(a.stderr, "%s %d documents of %s? [y/N] ", d.verb, several, d.pipeline)
	answer, _ := bufio.NewReader(input).ReadString('\n')
	if word := strings.ToLower(strings.TrimSpace(answer)); word != "y" && word != "yes" {
		return fault.New(fault.UsageWrong, "nothing was done").Suggest("answer y, or say --yes")
	}
	return nil
}

func (a *app) outboxCarryOut(ctx context.Context, pool *pgxpool.Pool, d outboxDecision) error {
	call := `select done, busy, refused, unchanged from ops.` + d.verb + `(
		pipeline => $1, states => $2, keys => $3, ids => $4, older_than => $5, message_like => $6, connection => $7,
		reason => $8, by_whom => coalesce($9, session_user::text)`
	args, err := d.args()
	if err != nil {
		return err
	}
	args = append(args[1:8:8], d.reason, textOrNull(a.byWhom(d)))
	if d.verb == "retry" {
		call += ", not_at_target => $10"
		args = append(args, d.notAtTarget)
	}
	var counts decided
	err = repeat.Do(ctx, a.log, d.verb+" documents", func(ctx context.Context) error {
		rows, err := pool.Query(ctx, call+")", args...)
		if err != nil {
			return err
		}
		counts, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[decided])
		return err
	})
	if err != nil {
		return operatorFault(err)
	}
	a.summary = counts
	a.term.Note("%s", counts.inWords(d.verb, "were"))
	if left := counts.Busy + counts.Refused; left > 0 {
		return fault.New(fault.OutboxLeftAlone, "%d documents were left as they are: %d are being sent, %d cannot be dealt with so", left, counts.Busy, counts.Refused).
			Suggest("pandian outbox %s %s --dry-run with the same filters says why", d.verb, d.pipeline)
	}
	return nil
}

// args are those of ops.judge, in order.
func (d outboxDecision) args() ([]any, error) {
	age, err := d.check()
	if err != nil {
		return nil, err
	}
	return []any{
		d.verb, d.pipeline, orNull(d.states), orNull(d.keys), orNull(d.ids), age, textOrNull(d.messageLike), textOrNull(d.connection), d.notAtTarget,
	}, nil
}

// byWhom is who decides: as the command line says, else the user of this machine.
func (a *app) byWhom(d outboxDecision) string {
	for _, name := range []string{d.by, a.getenv("SUDO_USER"), a.getenv("USER"), a.getenv("LOGNAME")} {
		if name != "" {
			return name
		}
	}
	return ""
}

func (c *decided) add(verdict string) {
	switch verdict {
	case "done":
		c.Done++
	case "busy":
		c.Busy++
	case "refused":
		c.Refused++
	default:
		c.Unchanged++
	}
}

// inWords says what was done, or would be.
func (c decided) inWords(verb, were string) string {
	past := map[string]string{"retry": "put up for another attempt", "hold": "held", "release": "released", "discard": "discarded"}[verb]
	words := fmt.Sprintf("%d documents %s %s", c.Done, were, past)
	for _, more := range []struct {
		count int64
		what  string
	}{{c.Busy, "being sent"}, {c.Refused, "refused"}, {c.Unchanged, "unchanged"}} {
		if more.count > 0 {
			words += fmt.Sprintf(", %d %s", more.count, more.what)
		}
	}
	return words
}
