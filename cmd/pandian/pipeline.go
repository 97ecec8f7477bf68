package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"pandian/extract"
	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/repeat"
	"pandian/internal/run"
	"pandian/internal/terminal"
	"pandian/load"
	"pandian/transform"
)

// pipelineOptions say how much of a pipeline is carried out.
type pipelineOptions struct {
	// Command goes into ops.run: run, extract, transform or load.
	Command string
	// Full makes every stage read everything again.
	Full bool
	// Window reads this span instead of what is missing; nil reads what is missing.
	Window *extract.Window
	// Limit is how many documents are sent at most; 0 sends all.
	Limit int
	// DryRun sends nothing: it shows what would be.
	DryRun bool
	// SinceHolds keeps Window from beginning before a source's own beginning: a
	// schedule reads again, and brings in nothing that was never asked for.
	SinceHolds bool
	// Begun is told the run's number as soon as it has one; nil tells nobody.
	Begun func(runID int64)
}

// window is the window to read a source by; nil reads what is missing.
func (o pipelineOptions) window(source config.Source) *extract.Window {
	if o.Window == nil || !o.SinceHolds || !o.Window.From.Before(source.Since) {
		return o.Window
	}
	if !source.Since.Before(o.Window.To) {
		return nil
	}
	return &extract.Window{From: source.Since, To: o.Window.To}
}

func (o pipelineOptions) does(stage string) bool {
	return o.Command == "run" || o.Command == stage
}

// pipelineRun is one run of one pipeline under way.
type pipelineRun struct {
	app      *app
	cfg      *config.Config
	db       *database
	pipeline config.Pipeline
	options  pipelineOptions
	library  *transform.Library
	// sources are the readings of the pipeline's datasets.
	sources []config.Source
	id      int64

	incomplete []string
	loaded     load.Counts
	left       load.Backlog
	findings   []transform.Finding
	// repeats counts the transactions that the database undid and that were repeated.
	repeats *repeat.Count
}

// runPipeline carries out a pipeline, or one stage of it, as one run with a
// balance. It is what the subcommands call, and what a schedule calls.
func (a *app) runPipeline(ctx context.Context, cfg *config.Config, db *database, name string, options pipelineOptions) (balance, error) {
	p, err := a.newPipelineRun(cfg, db, name, options)
	if err != nil {
		return balance{}, err
	}
	pool, err := db.pool(ctx, "")
	if err != nil {
		return balance{}, err
	}
	ctx, p.repeats = repeat.Counted(ctx)
	if err := a.makeAhead(ctx, pool); err != nil {
		return balance{}, err
	}
	begun, runCtx, err := run.Start(ctx, pool, p.spec())
	if err != nil {
		return balance{}, runFault(err)
	}
	p.id = begun.ID
	if options.Begun != nil {
		options.Begun(begun.ID)
	}
	if err = a.noticeRestore(runCtx, pool); err == nil {
		err = p.stages(runCtx)
	}
	p.retain(ctx, pool)
	result, balanceErr := readBalance(ctx, pool, p)
	err = errors.Join(err, balanceErr)
	if err == nil && len(result.Unbalanced) > 0 {
		err = fault.New(fault.RunUnbalanced, "%s", strings.Join(result.Unbalanced, "; "))
	}
	if finishErr := begun.Finish(ctx, result, p.app.masked(err)); finishErr != nil {
		err = errors.Join(err, finishErr)
	}
	return result, runFault(err)
}

func (p *pipelineRun) spec() run.Spec {
	spec := run.Spec{
		Pipeline: p.pipeline.Name, Command: p.options.Command, Full: p.options.Full,
		Params: params(p.pipeline), Version: version, Log: p.app.log,
		Target: p.pipeline.Target.Connection, Platforms: map[string]string{},
	}
	connections := []string{p.pipeline.Target.Connection}
	for _, source := range p.sources {
		spec.Sources = append(spec.Sources, run.Source{
			Dataset: source.Dataset, Connection: source.Connection, Since: source.Since,
		})
		connections = append(connections, source.Connection)
	}
	for _, name := range connections {
		spec.Platforms[name] = p.cfg.Connections[name].Platform
	}
	return spec
}

// params are those of the configuration and the connections, which sql/ reads
// by ops.param as well.
func params(pipeline config.Pipeline) map[string]string {
	all := map[string]string{}
	for name, value := range pipeline.Params {
		all[name] = value
	}
	for _, source := range pipeline.Sources {
		all[sideOf(source.Dataset)] = source.Connection
	}
	all["target_connection"] = pipeline.Target.Connection
	if since := pipeline.Sources[0].Since; all["shipped_since"] == "" && !since.IsZero() {
		// What was shipped before reading began was delivered by whoever did it then.
		all["shipped_since"] = since.Format(time.RFC3339)
	}
	return all
}

func (p *pipelineRun) stages(ctx context.Context) error {
	if p.options.does("extract") {
		if err := p.extract(ctx); err != nil {
			return err
		}
	}
	if p.options.does("transform") {
		if err := p.transform(ctx); err != nil {
			return err
		}
	}
	if p.options.does("load") {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	return p.verdict(ctx)
}

// extract lands the datasets side by side: each waits for its own platform,
// and one that fails does not keep the other from being read.
func (p *pipelineRun) extract(ctx context.Context) error {
	pool, err := p.db.pool(ctx, "pandian_extract")
	if err != nil {
		return err
	}
	lander := &extract.Lander{Pool: pool, Now: time.Now, Log: p.app.log}
	clients := p.app.newClients(p.cfg, p.db, "pandian_extract")
	defer clients.close()
	reports := make([]extract.Report, len(p.sources))
	failures := make([]error, len(p.sources))
	var group sync.WaitGroup
	for index, source := range p.sources {
		group.Go(func() {
			reports[index], failures[index] = p.land(ctx, lander, clients, source)
		})
	}
	group.Wait()
	for index, report := range reports {
		for _, window := range report.Incomplete() {
			p.incomplete = append(p.incomplete, fmt.Sprintf("%s of %s: %s",
				p.sources[index].Dataset, p.sources[index].Connection, window.Reason))
		}
	}
	return errors.Join(failures...)
}

func (p *pipelineRun) land(ctx context.Context, lander *extract.Lander, clients *clients, source config.Source) (extract.Report, error) {
	tracker := p.app.term.Progress().Task("read "+source.Dataset, 0)
	stats := &erphttp.Stats{}
	client, err := clients.newSource(ctx, source.Dataset, source.Connection, stats)
	if err != nil {
		tracker.Done(err)
		return extract.Report{}, err
	}
	settings := extract.DefaultSettings()
	settings.Since, settings.Full = source.Since, p.options.Full
	settings.Overlap, settings.Settle, settings.MaxSpan = source.Overlap, source.Settle, source.MaxSpan
	if pages := p.cfg.Retention.Pages; pages > 0 {
		settings.MaxPageAge = pages / 2
	}
	job := extract.Job{
		RunID: p.id, ConnectionCode: source.Connection, Source: client, Settings: settings,
		Progress: &landProgress{tracker: tracker, stats: stats},
	}
	if client.Spec().Kind == extract.Windowed {
		job.Only = p.options.window(source)
	}
	report, err := lander.Land(ctx, job)
	tracker.Done(err)
	return report, sourceFault(err)
}

// transform carries out the files of sql/ and the checks.
func (p *pipelineRun) transform(ctx context.Context) error {
	pool, err := p.db.pool(ctx, "pandian_transform")
	if err != nil {
		return err
	}
	steps, err := p.steps()
	if err != nil {
		return err
	}
	tracker := p.app.term.Progress().Task("transform", int64(len(steps)))
	tracker.SetUnit("steps")
	runner := &transform.Runner{
		Pool: pool, Log: p.app.log, RunID: p.id, Full: p.options.Full, WorkMem: "256MB",
		Before: func(file transform.File) { tracker.Message(file.Name) },
		After: func(result transform.StepResult) {
			tracker.Add(1)
			tracker.AddRows(result.Written)
		},
	}
	err = runner.Run(ctx, steps)
	tracker.Message("")
	tracker.Done(err)
	if err != nil {
		return fault.New(fault.TransformFailed, "%w", err).Suggest("the steps before it stay done; %s: its input is taken again",
			cmp.Or(databaseAdvice(err), "mend the cause and run again"))
	}
	return nil
}

func (p *pipelineRun) load(ctx context.Context) error {
	pool, err := p.db.pool(ctx, "pandian_load")
	if err != nil {
		return err
	}
	clients := p.app.newClients(p.cfg, p.db, "pandian_load")
	defer clients.close()
	target, err := clients.newTarget(ctx, p.pipeline, &erphttp.Stats{})
	if err != nil {
		return err
	}
	defer p.giveBack(ctx, target)
	outbox := load.Outbox{Pipeline: p.pipeline.Name, Connection: params(p.pipeline)["source_connection"]}
	backlog, err := load.ReadBacklog(ctx, pool, outbox)
	if err != nil {
		return err
	}
	tracker := p.app.term.Progress().Task("deliver", backlog.Pending+backlog.Sending+backlog.Waiting)
	tracker.SetUnit("documents")
	settled := 0
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	settings := load.Settings{
		BatchSize: p.pipeline.Target.BatchSize, Workers: p.pipeline.Target.Workers,
		SendSize: target.sendSize, Limit: p.options.Limit,
		Epoch: epochOf(pool), RunID: p.id, WorkerName: fmt.Sprintf("%s:%d", host, os.Getpid()), Logger: p.app.log,
		Progress: func(counts load.Counts) {
			done := counts.Sent + counts.Superseded + counts.Rejected + counts.Abandoned
			tracker.Add(int64(done - settled))
			settled = done
		},
	}
	if p.app.drain != nil {
		p.app.drain(&settings)
	}
	p.loaded, err = load.Drain(ctx, pool, outbox, target.Target, settings)
	tracker.Done(err)
	if err != nil {
		return drainFault(err)
	}
	if err := p.loaded.Balance(); err != nil {
		return fault.New(fault.RunUnbalanced, "%w", err)
	}
	p.left, err = load.ReadBacklog(ctx, pool, outbox)
	return err
}

// giveBack ends the sessions of a target; what a platform says to that changes
// nothing.
func (p *pipelineRun) giveBack(ctx context.Context, target delivery) {
	if target.close == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := target.close(ctx); err != nil {
		p.app.log.InfoContext(ctx, "a session was not given back", "run_id", p.id, "error", err)
	}
}

// verdict runs the checks and says whether the run is good: a row that is
// rejected does not stop the others, but what was not read, not compared or
// does not add up fails the run.
func (p *pipelineRun) verdict(ctx context.Context) error {
	pool, err := p.db.pool(ctx, "pandian_transform")
	if err != nil {
		return err
	}
	runner := &transform.Runner{Pool: pool, Log: p.app.log, RunID: p.id}
	var checks []transform.File
	if p.options.does("transform") {
		checks = p.library.Checks(p.pipeline.Name)
	}
	p.findings, err = runner.Check(ctx, checks)
	if err != nil {
		return fault.New(fault.TransformFailed, "%w", err)
	}
	if len(p.incomplete) > 0 {
		return fault.New(fault.SourceIncomplete, "not everything was read: %s", p.incomplete[0]).
			Suggest("run again: the window is read once more; pandian status shows open windows")
	}
	if err := p.notComparable(ctx); err != nil {
		return err
	}
	if index := slices.IndexFunc(p.findings, func(f transform.Finding) bool { return f.Severity == transform.Error }); index >= 0 {
		finding := p.findings[index]
		return fault.New(fault.CheckFailed, "%s lists %d rows, as %s", finding.Check, finding.Count, finding.Example).
			Suggest("read sql/%s.sql and run it in psql with pandian.run_id = '%d'", finding.Check, p.id)
	}
	if refused := p.loaded.Rejected + p.loaded.Abandoned; refused > 0 {
		return fault.New(fault.TargetRefused, "%d documents were refused or given up; the others are sent", refused).
			Suggest("pandian outbox list %s --state rejected,abandoned shows them and what the target said", p.pipeline.Name)
	}
	return nil
}

func (p *pipelineRun) notComparable(ctx context.Context) error {
	pool, err := p.db.pool(ctx, "pandian_transform")
	if err != nil {
		return err
	}
	var message *string
	err = pool.QueryRow(ctx, `
		select max(message)
		from ops.finding
		where
			run_id = $1
			and code = 'not_comparable'`, p.id).Scan(&message)
	if err != nil {
		return err
	}
	if message == nil {
		return nil
	}
	return fault.New(fault.NotComparable, "%s", *message).
		Suggest("the ledger is as it was; read that side again with pandian run, or land all of it with --complete")
}

// landProgress draws a landing.
type landProgress struct {
	tracker terminal.Tracker
	stats   *erphttp.Stats
	waited  time.Duration
	// total is the pages of the windows so far.
	total int64
}

func (l *landProgress) TotalPages(pages int) {
	l.total += int64(pages)
	l.tracker.SetTotal(l.total)
}

func (l *landProgress) PageRead(records, _ int) {
	l.tracker.Add(1)
	l.tracker.AddRows(int64(records))
	waited := l.stats.Snapshot().Waited
	l.tracker.AddWait(waited - l.waited)
	l.waited = waited
}

func (l *landProgress) WindowDone(extract.WindowReport) {}
