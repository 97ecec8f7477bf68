package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"pandian/internal/fault"
)

// outboxTrustCommand and outboxDoubtCommand end and begin the looking up after a
// restore.
func (a *app) outboxTrustCommand() *cobra.Command {
	return a.databaseVerbCommand("trust", "end the looking up of every document after a restore",
		`A database that was restored from a dump, copied or promoted from a standby does not know all that was sent. It is
noticed by the next run, and from then on every document of every outbox is looked up at its target before it is sent.
trust ends that: what the outboxes say is believed again. What is in doubt stays so until it was looked up.

Say it when the pipelines have run since and nothing is in doubt; or at once where nothing ran between dump and restore.`,
		`  pandian outbox trust --reason 'moved to the new server, nothing ran meanwhile'`)
}

func (a *app) outboxDoubtCommand() *cobra.Command {
	return a.databaseVerbCommand("doubt", "look every document up at its target before it is sent",
		`Has every document of every outbox looked up at its target before it is sent, until pandian outbox trust. It is for
what cannot be noticed from inside: a disk or machine that was put back as it was at some moment, a base backup that
was started without recovery, or a dump from before pandian counted restores. Runs that are sending end with an error.`,
		`  pandian outbox doubt --reason 'the disk was put back from the snapshot of Monday'`)
}

func (a *app) databaseVerbCommand(verb, short, long, example string) *cobra.Command {
	var reason, by string
	command := &cobra.Command{
		Use: verb, Short: short, Long: long, Example: example, Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.decideOnDatabase(command.Context(), verb, reason, by)
		},
	}
	command.Flags().StringVar(&reason, "reason", "", "why, for the next person; it is needed")
	command.Flags().StringVar(&by, "by", "", "who decides (default: the user of this machine)")
	return command
}

func (a *app) decideOnDatabase(ctx context.Context, verb, reason, by string) error {
	if strings.TrimSpace(reason) == "" {
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
	pool, err := db.pool(ctx, operator)
	if err != nil {
		return err
	}
	var isNew bool
	err = pool.QueryRow(ctx, "select ops."+verb+"_database($1, coalesce($2, session_user::text))", reason,
		textOrNull(a.byWhom(outboxDecision{by: by}))).Scan(&isNew)
	if err != nil {
		return operatorFault(err)
	}
	a.summary = map[string]any{"changed": isNew}
	switch {
	case !isNew:
		a.term.Note("nothing to do: the database is what it was, documents are sent without being looked up")
	case verb == "trust":
		a.term.Note("the outboxes are believed again: documents are sent without being looked up first")
	default:
		a.term.Note("every document is looked up at its target before it is sent; pandian outbox trust ends that")
	}
	return nil
}
