package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"pandian/extract"
	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/metrics"
	"pandian/internal/schedule"
)

// serveFlags are the flags of pandian serve.
type serveFlags struct {
	listen   string
	grace    time.Duration
	parallel int
	once     bool
	selected []string
}

func (a *app) serveCommand() *cobra.Command {
	var flags serveFlags
	command := &cobra.Command{
		Use:   "serve [PIPELINE...]",
		Short: "run pipelines on their schedules",
		Long: `Runs the named pipelines, or all, at the times of their schedule. Any number of pandian serve may run on one
database, on any hosts: each fire is run once, by one of them. The clock that decides is the database's.

The first Ctrl-C or SIGTERM lets what runs finish for as long as --grace and then cancels it: a run goes on from its
checkpoint at the next fire. A second one ends the process at once.

It tells how it does at http://ADDRESS/healthz, /readyz and /metrics (Prometheus).`,
		Example: `  pandian serve
  pandian serve --select tag:nightly --listen 0.0.0.0:9464
  pandian serve --once   # run what is due, and end`,
		ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			return a.serve(command.Context(), args, flags)
		},
	}
	f := command.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:9464", "address of /healthz, /readyz and /metrics; empty turns them off")
	f.DurationVar(&flags.grace, "grace", time.Minute, "how long runs may go on after the first signal")
	f.IntVar(&flags.parallel, "parallel", 4, "pipelines that run at once")
	f.BoolVar(&flags.once, "once", false, "run what is due and end")
	a.selectFlag(command, &flags.selected)
	return command
}

func (a *app) serve(ctx context.Context, names []string, flags serveFlags) error {
	if flags.grace < 0 || flags.parallel < 1 {
		return fault.New(fault.UsageWrong, "--grace %s, --parallel %d", flags.grace, flags.parallel).
			Suggest("grace is 0s or more, and at least one pipeline runs at once")
	}
	cfg, names, err := a.pickPipelines(names, flags.selected)
	if err != nil {
		return err
	}
	jobs := jobsOf(cfg, names)
	if len(jobs) == 0 {
		return fault.New(fault.ConfigMissingKey, "none of these pipelines has a schedule: %s", joinWords(names)).
			Suggest(`add schedule: {cron: "0 */2 * * *"} to a pipeline; pandian run needs none`)
	}
	db, err := a.openReady(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	pool, err := db.servicePool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	a.http = metrics.NewHTTP()
	settings := schedule.DefaultSettings()
	settings.Worker, settings.Parallel = workerName(), flags.parallel
	if a.schedule != nil {
		a.schedule(&settings)
	}
	scheduler, err := schedule.New(pool, names, jobs, a.runFire(cfg, db), settings, a.log)
	if err != nil {
		return err
	}
	return a.serveWith(ctx, db, pool, scheduler, flags, len(jobs))
}

func (a *app) serveWith(ctx context.Context, db *database, pool *pgxpool.Pool, scheduler *schedule.Scheduler, flags serveFlags, schedules int) error {
	if err := scheduler.Keep(ctx); err != nil {
		return err
	}
	if flags.once {
		return a.endOfServe(scheduler.RunDue(ctx, flags.grace))
	}
	if flags.listen != "" {
		stop, err := a.listen(ctx, flags.listen, db, pool, scheduler)
		if err != nil {
			return err
		}
		defer stop()
	}
	a.term.Note("%d schedules are served. Ctrl-C ends it.", schedules)
	a.log.InfoContext(ctx, "serving", "schedules", schedules, "grace", flags.grace.String())
	unhook := context.AfterFunc(ctx, func() {
		a.term.Note("stopping: what runs may go on for %s; a second signal ends it at once", flags.grace)
	})
	defer unhook()
	return a.endOfServe(scheduler.Serve(ctx, flags.grace))
}

// endOfServe tells a stop that had to cancel runs from one that had not.
func (a *app) endOfServe(err error) error {
	var cut *schedule.CutShortError
	if errors.As(err, &cut) {
		return fault.New(fault.RunFailed, "%w", err).Suggest("nothing is lost: the next server runs them again; --grace gives them longer")
	}
	return runFault(err)
}

// jobsOf are the schedules of pipelines.
func jobsOf(cfg *config.Config, names []string) []schedule.Job {
	var jobs []schedule.Job
	for _, name := range names {
		s := cfg.Pipelines[name].Schedule
		job := schedule.Job{
			Pipeline: name, Kind: schedule.Run, Cron: s.Cron, Zone: s.TimeZone,
			Missed: schedule.Policy(s.Missed), CatchUpLimit: s.CatchUpLimit, BusyWait: s.BusyWait,
		}
		if s.Cron != "" {
			jobs = append(jobs, job)
		}
		if s.Reread.Cron != "" {
			job.Kind, job.Cron, job.Span = schedule.Reread, s.Reread.Cron, s.Reread.Span
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// workerName names this server: host and process for people, and a random part,
// because containers share both.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("%s:%d:%s", host, os.Getpid(), hex.EncodeToString(random[:]))
}

// runFire carries out a fire as pandian run does, with connections of its own.
func (a *app) runFire(cfg *config.Config, db *database) schedule.RunFunc {
	return func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
		own := db.apart()
		defer own.close()
		if err := a.mayRun(ctx, own); err != nil {
			return maskedError{a.masked(err).Error(), err}
		}
		options := pipelineOptions{Command: "run", Begun: begun}
		if fire.Kind == schedule.Reread {
			options.Window = &extract.Window{From: fire.CoversFrom.Add(-fire.Span), To: fire.At}
			options.SinceHolds = true
		}
		result, err := a.runPipeline(ctx, cfg, own, fire.Pipeline, options)
		if result.RunID != 0 {
			a.log.InfoContext(ctx, "run ended", "pipeline", fire.Pipeline, "run_id", result.RunID, "is_ok", err == nil,
				"sent", result.Documents.Sent, "left", result.Documents.Left)
		}
		if err == nil {
			return nil
		}
		return maskedError{a.masked(err).Error(), err}
	}
}

// mayRun looks at the schema again: it may have been brought up by a newer
// program while this one was waiting.
func (a *app) mayRun(ctx context.Context, db *database) error {
	err := a.examineGate(ctx, db)
	var known *fault.Error
	if errors.As(err, &known) && (known.Code == fault.SchemaAhead || known.Code == fault.SchemaBehind) {
		return fmt.Errorf("%w: %w", schedule.ErrUnfit, err)
	}
	return err
}

// examineGate asks whether this program may work on the database, and says
// nothing to the terminal.
func (a *app) examineGate(ctx context.Context, db *database) error {
	migrator, err := a.migrator(db)
	if err != nil {
		return err
	}
	conn, err := db.conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = migrator.Gate(ctx, conn)
	return err
}

// maskedError is an error whose text may be written down.
type maskedError struct {
	text string
	err  error
}

func (e maskedError) Error() string { return e.text }

func (e maskedError) Unwrap() error { return e.err }

// servicePool is for what must not wait behind the runs: leases, health and
// metrics.
func (d *database) servicePool(ctx context.Context) (*pgxpool.Pool, error) {
	small := d.apart()
	small.cfg.MaxConnections, small.cfg.StatementTimeout = 4, 10*time.Second
	return small.pool(ctx, "")
}
