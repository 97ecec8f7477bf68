package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/logging"
	"pandian/internal/metrics"
	"pandian/internal/schedule"
	"pandian/internal/terminal"
	"pandian/load"
)

// app is what every command shares: the streams, the flags that all of them
// take, and what was made of both.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string

	configFile string
	database   string
	logLevel   string
	json       bool
	quiet      bool

	// pace tunes the calls to platforms beyond what the configuration can; nil
	// leaves them alone. Tests hurry with it.
	pace func(*erphttp.Settings)
	// drain tunes how outboxes are emptied beyond what the configuration can; nil
	// leaves the defaults. Tests wait less between attempts with it.
	drain func(*load.Settings)
	// schedule changes how long servers hold their fires; nil leaves it, tests make
	// them impatient.
	schedule func(*schedule.Settings)

	// http measures the calls to platforms for /metrics; nil, but in pandian serve,
	// measures nothing.
	http *metrics.HTTP

	redactor *logging.Redactor
	term     *terminal.Terminal
	log      *slog.Logger

	// command, summary and result go into the envelope of --json.
	command         string
	summary, result any
}

func newApp() *app {
	return &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(),
		redactor: logging.NewRedactor(),
	}
}

// execute carries out one command line and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	command, err := root.ExecuteContextC(ctx)
	told := err == nil && a.term == nil // help and version are texts of their own
	if a.term == nil {                  // the command line itself was wrong, or asked for help
		a.json = a.json || wantsJSON(args)
		a.begin(command)
		err = usageFault(err)
	}
	defer a.term.Close()
	err = interruption(ctx, err)
	if a.json && (err != nil || !told && command.Annotations["envelope"] != "no" && !isCompletion(command)) {
		if writeErr := a.term.Envelope(a.command, a.summary, a.result, err); writeErr != nil {
			err = errors.Join(err, writeErr)
		}
	}
	return a.term.Fail(err)
}

// usageFault gives what is wrong with a command line its code.
func usageFault(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fault.New(fault.UsageWrong, "%w", err).Suggest("pandian --help lists the commands")
}

// isCompletion is true for the commands that cobra adds to write completions.
func isCompletion(command *cobra.Command) bool {
	return command.HasParent() && command.Parent().Name() == "completion" || command.Name() == "completion"
}

func wantsJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--json" || arg == "--json=true" {
			return true
		}
	}
	return false
}

// begin makes the terminal once the flags are known.
func (a *app) begin(command *cobra.Command) {
	a.command = strings.TrimPrefix(strings.TrimPrefix(command.CommandPath(), "pandian"), " ")
	a.term = terminal.New(terminal.Options{
		Stdout: a.stdout, Stderr: a.stderr, JSON: a.json, Quiet: a.quiet, Mask: a.redactor.Mask,
		Getenv: a.getenv,
	})
	level := slog.LevelWarn
	if parsed, err := logging.ParseLevel(a.logLevel); err == nil && a.logLevel != "" {
		level = parsed
	}
	a.setLog(level, logging.Auto)
}

func (a *app) setLog(level slog.Level, format logging.Format) {
	a.log = logging.New(a.term.LogWriter(), a.redactor, logging.Options{
		Level: level, Format: format, Terminal: a.term.ErrStyle().Terminal,
	})
}

// rootCommand builds the command tree.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pandian",
		Short: "pandian 盘点: what do your systems say, and where do they differ?",
		Long: `pandian 盘点 reads e-commerce and finance ERPs into Postgres, compares them in SQL,
keeps a ledger of the differences, and writes the answers back.

Begin with: pandian demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			a.begin(command)
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configFile, "config", "", "configuration file (default: PANDIAN_CONFIG, ./pandian.yaml, the user's folder)")
	flags.StringVar(&a.database, "database-url", "", "PostgreSQL connection URL (default: database.url, else a private server)")
	flags.StringVar(&a.logLevel, "log-level", "", "debug, info, warn or error")
	flags.BoolVar(&a.json, "json", false, "write one JSON envelope to stdout")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no notes, summaries or progress")
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return fault.New(fault.UsageWrong, "%w", err).Suggest("pandian %s --help lists the flags", command.Name())
	})
	root.AddCommand(
		a.demoCommand(), a.initCommand(), a.doctorCommand(), a.configCommand(),
		a.runCommand(), a.extractCommand(), a.landCommand(), a.transformCommand(), a.planCommand(), a.loadCommand(),
		a.diffCommand(), a.statusCommand(), a.outboxCommand(), a.serveCommand(), a.psqlCommand(), a.migrateCommand(), a.sandboxCommand(), a.versionCommand(),
	)
	wrapArgs(root)
	return root
}

// wrapArgs gives the errors of cobra's argument checks their code.
func wrapArgs(command *cobra.Command) {
	if check := command.Args; check != nil {
		command.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return fault.New(fault.UsageWrong, "%w", err).Suggest("usage: %s", cmd.UseLine())
			}
			return nil
		}
	}
	if command.HasSubCommands() && command.Run == nil && command.RunE == nil && command.HasParent() {
		command.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fault.New(fault.UsageWrong, "unknown command %q for %s", args[0], cmd.CommandPath()).
					Suggest("%s --help lists its commands", cmd.CommandPath())
			}
			return cmd.Help()
		}
		command.Annotations = map[string]string{"envelope": "no"}
	}
	for _, child := range command.Commands() {
		wrapArgs(child)
	}
}

// getenv reads the app's environment; the last of several values holds, as in
// os/exec.
func (a *app) getenv(name string) string {
	for _, pair := range slices.Backward(a.environ) {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// loadConfig reads the configuration and sets the log by it.
func (a *app) loadConfig() (*config.Config, error) {
	return a.configFrom(a.configSources())
}

func (a *app) configSources() config.Sources {
	sources := config.FromProcess(a.configFile, a.configFlags(), a.redactor.Add)
	sources.Environ = a.environ
	return sources
}

func (a *app) configFlags() []config.Flag {
	var flags []config.Flag
	if a.database != "" {
		flags = append(flags, config.Flag{Key: "database.url", Name: "--database-url", Value: a.database})
	}
	if a.logLevel != "" {
		flags = append(flags, config.Flag{Key: "log.level", Name: "--log-level", Value: a.logLevel})
	}
	return flags
}

func (a *app) configFrom(sources config.Sources) (*config.Config, error) {
	cfg, err := config.Load(sources)
	if err != nil {
		return nil, err
	}
	level, err := logging.ParseLevel(cfg.Log.Level)
	if err != nil {
		return nil, err
	}
	// On a terminal progress and tables tell the story; the log is for programs,
	// and for those who ask for it.
	if a.logLevel == "" && a.term.ErrStyle().Terminal && level == slog.LevelInfo {
		level = slog.LevelWarn
	}
	a.setLog(level, logging.Format(cfg.Log.Format))
	for _, warning := range cfg.Warnings {
		a.term.Note("%s %s", a.term.ErrStyle().Mark(terminal.Doubtful), warning)
	}
	return cfg, nil
}
