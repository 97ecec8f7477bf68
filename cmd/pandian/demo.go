package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/sandbox"
	"pandian/internal/terminal"
)

// stockCompare is the pipeline that compares; the others deliver documents.
const stockCompare = "stock-compare"

// demoFlags shape the demo.
type demoFlags struct {
	sandboxFlags
	route string
	once  bool
}

func (a *app) demoCommand() *cobra.Command {
	var flags demoFlags
	command := &cobra.Command{
		Use:   "demo",
		Short: "run every pipeline against simulated ERPs, with nothing installed",
		Long: `Starts a private PostgreSQL and simulated ERPs, migrates, runs all five pipelines, and shows their balances, what
the finance systems received and the worst discrepancies. It is the product itself: real HTTP, real signatures, real SQL. It stays up until Ctrl-C,
so that you can look around with psql and pandian diff; --once ends after the run.

The demo has a database of its own, which is deleted at its end.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.demo(command.Context(), flags)
		},
	}
	flags.register(command)
	f := command.Flags()
	f.StringVar(&flags.route, "route", config.RouteQimen, "route to 旺店通: qimen or openapi2")
	f.BoolVar(&flags.once, "once", false, "end after the run")
	return command
}

// demo runs the product against the sandbox and compares its summary with the
// sandbox's truth.
func (a *app) demo(ctx context.Context, flags demoFlags) error {
	options, err := flags.options()
	if err != nil {
		return err
	}
	box, err := sandbox.New(options)
	if err != nil {
		return fault.New(fault.UsageWrong, "%w", err)
	}
	url, stop, err := box.Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	defer stop()
	a.term.Note("simulated ERPs with %d rows of stock at %s", flags.rows, url)

	dir, err := makeDemoDir()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg, err := a.demoConfig(dir, flags.route, url, box.Credentials())
	if err != nil {
		return err
	}
	db, err := a.openDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	if err := a.demoMigrate(ctx, db); err != nil {
		return err
	}
	if err := a.demoRun(ctx, cfg, db, box); err != nil || flags.once {
		return err
	}
	a.demoHints(db, dir, url)
	<-ctx.Done()
	a.term.Note("the demo's database is deleted")
	return nil
}

func (a *app) demoMigrate(ctx context.Context, db *database) error {
	migrator, err := a.migrator(db)
	if err != nil {
		return err
	}
	result, err := a.migrateUp(ctx, db, migrator)
	if err != nil {
		return err
	}
	a.term.Note("schema: %d migrations, %d files of functions and views", len(result.Migrations), len(result.Replaced))
	return nil
}

// demoRun carries out every pipeline once and holds what came out against what
// the simulated ERPs know.
func (a *app) demoRun(ctx context.Context, cfg *config.Config, db *database, box *sandbox.Sandbox) error {
	if err := demoMaps(ctx, db, box); err != nil {
		return err
	}
	summary := demoSummary{Disagreements: []string{}, Pipelines: map[string]demoPipeline{}}
	var failures error
	for _, name := range cfg.PipelineNames() {
		result, err := a.runPipeline(ctx, cfg, db, name, pipelineOptions{Command: "run"})
		if showErr := result.show(a.term); err == nil {
			err = showErr
		}
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("pipeline %s: %w", name, err))
		}
		if name == stockCompare {
			summary.balance = result
		}
		summary.Pipelines[name] = demoPipeline{State: demoState(err), RunID: result.RunID, Datasets: result.Datasets, Documents: result.Documents}
		a.summary = summary
	}
	if failures != nil {
		return failures
	}
	if err := summary.compare(ctx, cfg, db, box); err != nil {
		return err
	}
	a.summary = summary
	if len(summary.Disagreements) > 0 {
		return fault.New(fault.RunUnbalanced, "the balance is not what the simulated ERPs know: %s", strings.Join(summary.Disagreements, "; "))
	}
	return errors.Join(a.showDemo(summary), a.demoWorst(ctx, db))
}

// showDemo says what arrived, beside what the truth says must.
func (a *app) showDemo(summary demoSummary) error {
	table := terminal.Table{
		Title: "What the finance systems received",
		Columns: []terminal.Column{
			{Key: "pipeline", Title: "Pipeline"}, number("expected", "Must arrive"), number("received", "Received"),
			number("lost", "Lost"), number("twice", "Twice"), number("unexpected", "Unexpected"), number("held", "Held back"),
		},
	}
	for _, name := range sortedKeys(summary.Pipelines) {
		if d := summary.Pipelines[name].Delivery; d != nil {
			table.Rows = append(table.Rows, []any{
				name, d.Expected, d.Received, len(d.Lost), len(d.Duplicates), len(d.Unexpected), len(d.Held),
			})
		}
	}
	if err := a.term.Summary(table); err != nil {
		return err
	}
	a.term.Note("%s every figure equals what the simulated ERPs know; why documents are held back: select * from report.held_back",
		a.term.ErrStyle().Mark(terminal.Good))
	return nil
}

// demoWorst lists the largest discrepancies, as pandian diff does.
func (a *app) demoWorst(ctx context.Context, db *database) error {
	if a.json || a.quiet {
		return nil
	}
	_, err := a.listDiscrepancies(ctx, db, terminal.FormatTable, diffFlags{limit: 10}, "state = 'open'", nil)
	return err
}

func (a *app) demoHints(db *database, dir, url string) {
	file := filepath.Join(dir, config.FileName)
	a.term.Note("")
	a.term.Note("This stays up until Ctrl-C. In another terminal:")
	a.term.Note("  %s", db.psql)
	a.term.Note("      select * from report.discrepancy order by abs(delta_qty) desc;")
	a.term.Note("      select * from report.wdt_stock where currentqty <> stock_num;")
	a.term.Note("      select * from report.shipment_delivery where state <> 'sent';")
	a.term.Note("      select * from report.held_back;")
	a.term.Note("  %s diff --config %s --kind missing_there", programName(), file)
	a.term.Note("  %s plan --config %s --payload --limit 3", programName(), file)
	a.term.Note("  curl -X POST '%s/_mutate?rows=20&age=180'   # change 20 figures at 旺店通 …", url)
	a.term.Note("  %s run --config %s          # … and compare again", programName(), file)
}

// programName is how this program was called, for lines to paste.
func programName() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, "go-build") {
		return "go run ./cmd/pandian"
	}
	return path
}
