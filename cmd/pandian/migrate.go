package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/pgserver"
	"pandian/internal/retention"
	"pandian/internal/schema"
	"pandian/internal/terminal"
	"pandian/migrations"
	pandiansql "pandian/sql"
	"pandian/transform"
)

func (a *app) migrator(db *database) (*schema.Migrator, error) {
	library, err := transform.Load(pandiansql.FS)
	if err != nil {
		return nil, err
	}
	return schema.New(schema.Options{
		URL: db.url, Migrations: migrations.FS, Replaceable: replaceable{library}, Log: a.log,
	})
}

// openReady opens a database that this program may work on.
func (a *app) openReady(ctx context.Context, cfg *config.Config) (*database, error) {
	return a.openGated(ctx, cfg, (*schema.Migrator).Gate)
}

// openReadable opens a database to read from; a standby will do.
func (a *app) openReadable(ctx context.Context, cfg *config.Config) (*database, error) {
	return a.openGated(ctx, cfg, (*schema.Migrator).GateRead)
}

func (a *app) openGated(ctx context.Context, cfg *config.Config, gate func(*schema.Migrator, context.Context, *pgx.Conn) (schema.Verdict, error)) (*database, error) {
	db, err := a.openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.passGate(ctx, db, gate); err != nil {
		db.close()
		return nil, err
	}
	return db, nil
}

func (a *app) passGate(ctx context.Context, db *database, gate func(*schema.Migrator, context.Context, *pgx.Conn) (schema.Verdict, error)) error {
	migrator, err := a.migrator(db)
	if err != nil {
		return err
	}
	conn, err := db.conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	verdict, err := gate(migrator, ctx, conn)
	for _, warning := range verdict.Warnings {
		a.term.Note("%s %s", a.term.ErrStyle().Mark(terminal.Doubtful), warning)
	}
	return err
}

func (a *app) migrateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "migrate",
		Short: "bring the database to the schema of this program",
		Long: `Brings the database to the schema of this program: the migrations in order, each in a transaction of its own,
then the functions and views of sql/ that differ. Nothing migrates by itself; plan prints what up would run.`,
	}
	command.AddCommand(
		a.migrateUpCommand(), a.migrateDownCommand(), a.migrateStatusCommand(), a.migratePlanCommand(),
		a.migrateResetCommand(),
	)
	return command
}

// withMigrator opens the database without asking whether the schema fits. open
// is openDatabase, or findDatabase for a database that need not exist.
func (a *app) withMigrator(
	ctx context.Context, open func(context.Context, *config.Config) (*database, error), do func(*database, *schema.Migrator) error,
) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	migrator, err := a.migrator(db)
	if err != nil {
		return err
	}
	return do(db, migrator)
}

// migrateUp applies what is pending, and makes the partitions of the next days,
// so that rows can be landed by hand too.
func (a *app) migrateUp(ctx context.Context, db *database, migrator *schema.Migrator) (schema.UpResult, error) {
	result, err := migrator.Up(ctx)
	if err != nil {
		return result, err
	}
	pool, err := db.pool(ctx, "")
	if err != nil {
		return result, err
	}
	_, err = retention.MakeAhead(ctx, pool, time.Now())
	return result, err
}

func (a *app) migrateUpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "apply what is pending", Args: cobra.NoArgs,
		Long: `Applies the pending migrations in order, each in a transaction of its own, then the functions and views of sql/
that differ or are gone. It may be run at any time, by several at once.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withMigrator(command.Context(), a.openDatabase, func(db *database, migrator *schema.Migrator) error {
				result, err := a.migrateUp(command.Context(), db, migrator)
				a.summary = result
				a.noteUp(result)
				return err
			})
		},
	}
}

func (a *app) noteUp(result schema.UpResult) {
	for _, step := range result.Migrations {
		a.term.Note("%s %s (%s)", a.term.ErrStyle().Mark(terminal.Good), step.Name, step.Duration.Round(time.Millisecond))
	}
	for _, index := range result.Dropped {
		a.term.Note("dropped the invalid index %s, which an interrupted migration had left", index)
	}
	for _, warning := range result.Warnings {
		a.term.Note("%s %s", a.term.ErrStyle().Mark(terminal.Doubtful), warning)
	}
	switch {
	case len(result.Migrations) == 0 && len(result.Replaced) == 0:
		a.term.Note("the schema is up to date")
	default:
		a.term.Note("%d migrations, %d files of functions and views applied", len(result.Migrations), len(result.Replaced))
	}
}

func (a *app) migrateDownCommand() *cobra.Command {
	var steps int
	var to int64
	var yes bool
	command := &cobra.Command{
		Use: "down", Short: "roll back the newest migrations, with their data", Args: cobra.NoArgs,
		Example: `  pandian migrate down --yes           # the newest migration
  pandian migrate down --to 8 --yes    # all above migration 8, for an older pandian`,
		RunE: func(command *cobra.Command, _ []string) error {
			if command.Flags().Changed("steps") && command.Flags().Changed("to") {
				return fault.New(fault.UsageWrong, "--steps and --to exclude each other").
					Suggest("say how many migrations, or which one is to be the newest")
			}
			if !yes {
				return fault.New(fault.UsageWrong, "down deletes tables with the data in them").
					Suggest("say --yes if that is meant")
			}
			return a.withMigrator(command.Context(), a.openDatabase, func(_ *database, migrator *schema.Migrator) error {
				down := func() (schema.DownResult, error) { return migrator.Down(command.Context(), steps) }
				if command.Flags().Changed("to") {
					down = func() (schema.DownResult, error) { return migrator.DownTo(command.Context(), to) }
				}
				result, err := down()
				a.summary = result
				for _, step := range result.Migrations {
					a.term.Note("rolled back %s", step.Name)
				}
				return err
			})
		},
	}
	command.Flags().IntVar(&steps, "steps", 1, "how many migrations")
	command.Flags().Int64Var(&to, "to", 0, "roll back all above this one; 0 leaves nothing")
	command.Flags().BoolVar(&yes, "yes", false, "yes, delete what they made")
	return command
}

func (a *app) migrateStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "show what is applied, pending, missing and foreign", Args: cobra.NoArgs,
		Long: `Shows each migration: applied, pending, missing (the database is newer than this program) or foreign (of
another program). It changes nothing.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withMigrator(command.Context(), a.openDatabase, func(_ *database, migrator *schema.Migrator) error {
				status, err := migrator.Status(command.Context())
				if err != nil {
					return err
				}
				a.summary = map[string]any{
					"applied": status.Applied, "newest": status.Newest,
					"pending": status.Count(schema.Pending), "missing": status.Count(schema.Missing),
					"foreign": status.Count(schema.Foreign), "outdated": status.Outdated(),
				}
				a.result = status
				return a.showStatus(status)
			})
		},
	}
}

func (a *app) showStatus(status schema.Status) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			number("version", "Version"), {Key: "name", Title: "Migration"}, {Key: "state", Title: "State"},
			{Key: "applied_at", Title: "Applied"}, {Key: "note", Title: "Note"},
		},
		Empty: "there are no migrations",
	}
	for _, row := range status.Migrations {
		var applied any
		if !row.AppliedAt.IsZero() {
			applied = row.AppliedAt.In(beijing())
		}
		table.Rows = append(table.Rows, []any{row.Version, row.Name, string(row.State), applied, row.Note})
	}
	if err := a.term.Table(table); err != nil {
		return err
	}
	a.term.Note("PostgreSQL %s, database %s, account %s", status.Server.Version, status.Server.Database, status.Server.Account)
	if outdated := status.Outdated(); outdated > 0 {
		a.term.Note("%s %d files of functions and views differ: pandian migrate up applies them",
			a.term.ErrStyle().Mark(terminal.Doubtful), outdated)
	}
	for _, index := range status.InvalidIndexes {
		a.term.Note("%s index %s is invalid, an interrupted build left it: %s",
			a.term.ErrStyle().Mark(terminal.Doubtful), index.Name, index.Drop)
	}
	return nil
}

func (a *app) migratePlanCommand() *cobra.Command {
	return &cobra.Command{
		Use: "plan", Short: "print the SQL that up would run, and run nothing", Args: cobra.NoArgs,
		Long:    `Prints the SQL that up would run, as a file that psql can run. The database may be empty, or not exist yet.`,
		Example: `  pandian migrate plan > plan.sql`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withMigrator(command.Context(), a.findDatabase, func(_ *database, migrator *schema.Migrator) error {
				plan, err := migrator.Plan(command.Context())
				if fault.From(err) != nil && fault.From(err).Code == fault.DatabaseUnreachable {
					return unreachable(err)
				}
				if err != nil {
					return err
				}
				a.summary, a.result = map[string]any{"statements": len(plan.Statements)}, plan
				if a.json {
					return nil
				}
				_, err = fmt.Fprint(a.stdout, plan.String())
				return err
			})
		},
	}
}

func (a *app) migrateResetCommand() *cobra.Command {
	var yes bool
	command := &cobra.Command{
		Use: "reset-private", Short: "delete the private server with all its data", Args: cobra.NoArgs,
		Long: `Deletes the folder of the private PostgreSQL server, with everything in it. A database that the
configuration names is never touched.`,
		RunE: func(command *cobra.Command, _ []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			dir, err := cfg.DataDir()
			if err != nil {
				return err
			}
			if dir == "" {
				dir = pgserver.DefaultDir()
			}
			if !yes {
				return fault.New(fault.UsageWrong, "this deletes %s with all data in it", dir).
					Suggest("say --yes if that is meant")
			}
			if err := a.removePrivate(command.Context(), dir); err != nil {
				return err
			}
			a.term.Note("%s is gone", dir)
			return nil
		},
	}
	command.Flags().BoolVar(&yes, "yes", false, "yes, delete all of it")
	return command
}

// removePrivate deletes the folder of a private server that nobody uses.
func (a *app) removePrivate(_ context.Context, dir string) error {
	entries, err := os.ReadDir(dir + "/users")
	if err == nil && len(entries) > 0 {
		return fault.New(fault.RunBusy, "another pandian command is using %s", dir).Suggest("end it first")
	}
	if _, err := os.Stat(dir + "/data/PG_VERSION"); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.RemoveAll(dir)
}
