package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/spf13/cobra"

	"pandian/internal/fault"
)

func (a *app) psqlCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "psql [-- PSQL-ARGUMENT...]",
		Short: "open psql on pandian's database",
		Long:  `Opens psql on pandian's database. The private server runs as long as psql does. What follows -- goes to psql.`,
		Example: `  pandian psql
  pandian psql -- -c 'select * from report.stock_comparison'`,
		Annotations: map[string]string{"envelope": "no"},
		RunE: func(command *cobra.Command, args []string) error {
			return a.psql(command.Context(), args)
		},
	}
}

func (a *app) psql(ctx context.Context, args []string) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := a.openDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	program, err := db.psqlProgram()
	if err != nil {
		return err
	}
	// psql handles Ctrl-C itself: it ends a query, not the session.
	command := exec.CommandContext(context.WithoutCancel(ctx), program, args...) //nolint:gosec // the user's own arguments
	command.Env = append(a.environ, db.psqlEnvironment()...)
	command.Stdin, command.Stdout, command.Stderr = a.stdin, a.stdout, a.stderr
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fault.New(fault.RunFailed, "psql ended with code %d", exit.ExitCode())
	}
	return err
}

// psqlProgram finds psql: the private server's own, else the one on the path.
func (d *database) psqlProgram() (string, error) {
	program := "psql"
	if d.server != nil {
		program = d.server.PSQLPath()
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fault.New(fault.PostgresNoBinaries, "psql is not to be found").
			Suggest("install it (Debian: postgresql-client, Homebrew: libpq), or use another client with: %s", d.psql)
	}
	return path, nil
}

// psqlEnvironment tells psql where to connect, so that no password stands on a
// command line.
func (d *database) psqlEnvironment() []string {
	settings := d.pools[""].Config().ConnConfig
	return append(tlsEnvironment(d.url),
		"PGHOST="+settings.Host, fmt.Sprintf("PGPORT=%d", settings.Port), "PGUSER="+settings.User,
		"PGPASSWORD="+settings.Password, "PGDATABASE="+settings.Database, "PGTZ=Asia/Shanghai",
	)
}
