package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pandian/extract"
	"pandian/internal/config"
	"pandian/internal/fault"
)

func (a *app) runCommand() *cobra.Command {
	return a.stageCommand("run", "carry out pipelines: extract, transform, load",
		`Carries out each named pipeline, or all of them: reads what is new at the sources, types and compares it,
and delivers what follows. A run ends with a balance that must add up. Running again is always safe.`)
}

func (a *app) extractCommand() *cobra.Command {
	return a.stageCommand("extract", "read what is new at the sources of pipelines",
		`Reads what is new at the sources and keeps it as it came. pandian transform goes on from there.`)
}

func (a *app) transformCommand() *cobra.Command {
	return a.stageCommand("transform", "type, compare and map what was landed",
		`Carries out the files of sql/ on what runs landed that they have not taken yet.`)
}

func (a *app) loadCommand() *cobra.Command {
	return a.stageCommand("load", "deliver what is in the outbox of pipelines",
		`Delivers the documents of the outbox and writes the answers back. What is in doubt is settled first.`)
}

// stageCommand builds the command that carries out a stage of pipelines, or
// all stages.
func (a *app) stageCommand(name, short, long string) *cobra.Command {
	var full, dryRun bool
	var window string
	var limit int
	var selected []string
	command := &cobra.Command{
		Use:               name + " [PIPELINE...]",
		Short:             short,
		Long:              long,
		ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			options := pipelineOptions{Command: name, Full: full, Limit: limit, DryRun: dryRun}
			if limit < 0 {
				return fault.New(fault.UsageWrong, "--limit is %d", limit).Suggest("give the most documents to send; 0 sends all")
			}
			if window != "" {
				span, err := parseWindow(window)
				if err != nil {
					return err
				}
				options.Window = &span
			}
			return a.runPipelines(command.Context(), args, selected, options)
		},
	}
	flags := command.Flags()
	if name != "load" {
		flags.BoolVar(&full, "full", false, "read everything again, not only what is new")
	}
	if name == "run" || name == "extract" {
		flags.StringVar(&window, "window", "", `read this span again, Beijing time, both ends included: "2026-11-01..2026-11-07"; what is read whole is read as ever`)
	}
	if name == "run" || name == "load" {
		flags.IntVar(&limit, "limit", 0, "send at most so many documents; the rest stays in the outbox; 0 sends all")
	}
	if name == "run" {
		flags.BoolVar(&dryRun, "dry-run", false, "read what is new, show what would be sent, and send nothing")
	}
	a.selectFlag(command, &selected)
	return command
}

// runPipelines carries out the named pipelines, or all, one after the other. A
// pipeline that fails does not keep the next one from running.
func (a *app) runPipelines(ctx context.Context, names, selected []string, options pipelineOptions) error {
	cfg, names, err := a.pickPipelines(names, selected)
	if err != nil {
		return err
	}
	db, err := a.openReady(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	if options.DryRun {
		return a.dryRun(ctx, cfg, db, names, options)
	}
	return a.runEach(ctx, cfg, db, names, options)
}

// dryRun reads what is new and shows what would be sent.
func (a *app) dryRun(ctx context.Context, cfg *config.Config, db *database, names []string, options pipelineOptions) error {
	options.Command = "extract"
	plans := []plan{}
	var failures error
	for _, name := range names {
		read, err := a.runPipeline(ctx, cfg, db, name, options)
		if read.RunID != 0 {
			failures = errors.Join(failures, read.show(a.term))
		}
		var made plan
		if err == nil {
			made, err = a.planPipeline(ctx, cfg, db, name, planOptions{limit: planLimit, full: options.Full})
		}
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("pipeline %s: %w", name, err))
			continue
		}
		plans = append(plans, made)
		failures = errors.Join(failures, made.show(a.term, planOptions{}))
	}
	a.result = plans
	return failures
}

func (a *app) runEach(ctx context.Context, cfg *config.Config, db *database, names []string, options pipelineOptions) error {
	var failures error
	balances := map[string]balance{}
	for _, name := range names {
		result, err := a.runPipeline(ctx, cfg, db, name, options)
		if result.RunID != 0 {
			balances[name] = result
			failures = errors.Join(failures, result.show(a.term))
		}
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("pipeline %s: %w", name, err))
		}
	}
	a.summary = balances
	return failures
}

// parseWindow reads "FROM..TO", each a day or a second in Beijing time. A day
// at the end means its last second.
func parseWindow(text string) (extract.Window, error) {
	from, to, found := strings.Cut(text, "..")
	bad := func(what string) error {
		return fault.New(fault.UsageWrong, "--window %q: %s", text, what).
			Suggest(`write it as 2026-11-01..2026-11-07 or "2026-11-01 08:00:00..2026-11-01 09:00:00"`)
	}
	if !found {
		return extract.Window{}, bad("there is no .. in it")
	}
	begin, _, err := parseMoment(from)
	if err != nil {
		return extract.Window{}, bad(fmt.Sprintf("%q is neither a day nor a second", from))
	}
	end, isDay, err := parseMoment(to)
	if err != nil {
		return extract.Window{}, bad(fmt.Sprintf("%q is neither a day nor a second", to))
	}
	if isDay {
		end = end.AddDate(0, 0, 1).Add(-time.Second)
	}
	if end.Before(begin) {
		return extract.Window{}, bad("it ends before it begins")
	}
	return extract.Window{From: begin, To: end}, nil
}

// beijing is the vendors' zone; it has had no summer time since 1991.
func beijing() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }

func parseMoment(text string) (moment time.Time, isDay bool, err error) {
	text = strings.TrimSpace(text)
	if moment, err = time.ParseInLocation(time.DateOnly, text, beijing()); err == nil {
		return moment, true, nil
	}
	moment, err = time.ParseInLocation(time.DateTime, strings.Replace(text, "T", " ", 1), beijing())
	return moment, false, err
}

func (a *app) completePipelines(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cfg, err := config.Load(a.configSources())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cfg.PipelineNames(), cobra.ShellCompDirectiveNoFileComp
}
