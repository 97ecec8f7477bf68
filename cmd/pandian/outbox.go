package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// operator is the role that decides on documents.
const operator = "pandian_operator"

func (a *app) outboxCommand() *cobra.Command {
	command := &cobra.Command{
		Use: "outbox", Short: "look at documents on their way, and decide on them",
		Long: `Shows the documents of the outboxes that are not at their target yet, and what happened to each; and lets a person
try them again, hold them, release them or give them up: one, or as many as a filter names, always with a reason that
stays on record in ops.audit.

The same decisions are functions in SQL: ops.retry, ops.hold, ops.release, ops.discard, and for all outboxes together
ops.trust_database and ops.doubt_database.`,
	}
	command.AddCommand(
		a.outboxListCommand(), a.outboxShowCommand(),
		a.outboxVerbCommand("retry", "try documents again, with all attempts before them",
			`Tries documents again with the next load: those that were rejected or abandoned, those that wait for their next
attempt, and those that a person discarded. The attempts that were used up do not count any more.

What may be at the target already is looked up there before it is sent; where a target cannot be asked and a person
has looked, --not-at-target says that it is not there. What was sent is never sent again.`),
		a.outboxVerbCommand("hold", "stop documents until they are released",
			`Stops documents: no load sends them until pandian outbox release. A newer revision of the same business key is held,
too, so that a change at the source does not send what a person stopped.`),
		a.outboxVerbCommand("release", "let held documents go on",
			`Lets held documents go on from where they were held: a pending one is sent in its turn, a rejected one is rejected again
(pandian outbox retry sends it), and one that may be at the target is looked up there first.`),
		a.outboxVerbCommand("discard", "give documents up",
			`Gives documents up: they are not sent any more. A change at the source makes a new revision, which is sent.`),
		a.outboxTrustCommand(), a.outboxDoubtCommand(),
	)
	return command
}

// outboxStates are the states that a filter may name.
func outboxStates() []string {
	return []string{
		"pending", "sending", "left", "waiting", "in_doubt", "rejected", "abandoned", "held", "discarded", "sent", "superseded",
	}
}

// outboxFilters say which documents are meant. All of them hold together.
type outboxFilters struct {
	states, keys           []string
	ids                    []int64
	olderThan, messageLike string
	connection             string
}

func (f *outboxFilters) register(command *cobra.Command) {
	flags := command.Flags()
	flags.StringSliceVar(&f.states, "state", nil, strings.Join(outboxStates(), ", "))
	flags.StringSliceVar(&f.keys, "key", nil, "business key, as in the source's number of the document")
	flags.Int64SliceVar(&f.ids, "id", nil, "document id")
	flags.StringVar(&f.olderThan, "older-than", "", "written longer ago than this, as in 2d or 12h")
	flags.StringVar(&f.messageLike, "message-like", "", "what the target said last, with % for anything: '%no customer%'")
	flags.StringVar(&f.connection, "connection", "", "the source's connection, where a pipeline has had several")
	_ = command.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(outboxStates(), cobra.ShellCompDirectiveNoFileComp))
}

func (f *outboxFilters) isEmpty() bool {
	return len(f.states)+len(f.keys)+len(f.ids) == 0 && f.olderThan == "" && f.messageLike == ""
}

// check refuses states that do not exist, and reads the age; nil where none is asked for.
func (f *outboxFilters) check() (age *time.Duration, err error) {
	for _, state := range f.states {
		if !slices.Contains(outboxStates(), state) {
			return nil, fault.New(fault.UsageWrong, "--state %q is not known", state).
				Suggest("one of %s", strings.Join(outboxStates(), ", "))
		}
	}
	if f.olderThan == "" {
		return nil, nil
	}
	length, err := config.ParseDuration(f.olderThan)
	if err != nil {
		return nil, fault.New(fault.UsageWrong, "--older-than %q: %w", f.olderThan, err).Suggest("write it as 2d or 12h")
	}
	return &length, nil
}

// orNull gives a filter that was not set as null.
func orNull[T any](values []T) any {
	if len(values) == 0 {
		return nil
	}
	return values
}

func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// operatorFault gives what the database refused its code.
func operatorFault(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case "42501":
		return fault.New(fault.DatabaseForbidden, "the account may not decide on documents: %s", refused.Message).
			Suggest("grant %s to it", operator)
	case "22023":
		return fault.New(fault.UsageWrong, "%s", refused.Message)
	}
	return err
}

// beforeFormat makes --format json the same as --json: stdout is left to the envelope.
func (a *app) beforeFormat(command *cobra.Command, format string) (terminal.Format, error) {
	parsed, err := terminal.ParseFormat(format)
	if err != nil {
		return "", fault.New(fault.UsageWrong, "%w", err)
	}
	if parsed == terminal.FormatJSON && !a.json {
		a.term.Close()
		a.json = true
		a.begin(command)
	}
	if a.json {
		return terminal.FormatJSON, nil
	}
	return parsed, nil
}

// document names one for people.
func documentName(id int64, key string, revision int) string {
	return fmt.Sprintf("%s, revision %d (document %d)", key, revision, id)
}
