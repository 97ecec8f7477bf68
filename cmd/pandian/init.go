package main

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// allPipelines stands for every pipeline there is.
const allPipelines = "all"

// initFlags shape the file that init writes.
type initFlags struct {
	pipelines    []string
	route, since string
	sandbox      bool
	force        bool
}

func (a *app) initCommand() *cobra.Command {
	var flags initFlags
	command := &cobra.Command{
		Use:   "init [FILE]",
		Short: "write a commented pandian.yaml to begin with",
		Long: `Writes a commented pandian.yaml with every key of the pipelines that are asked for and of the connections that they
need. It holds no secret: it names the variables to set.

Pipelines: ` + joinWords(config.BuiltIn()) + `.`,
		Example: `  pandian init
  pandian init --pipeline wdt-stockouts-to-tplus --since 2026-11-01
  pandian init --pipeline all --sandbox
  pandian init --route openapi2 --since 2024-01-01 /etc/pandian/pandian.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := config.FileName
			if len(args) == 1 {
				file = args[0]
			}
			options, err := flags.options(time.Now())
			if err != nil {
				return err
			}
			return a.writeConfig(file, options, flags.force)
		},
	}
	f := command.Flags()
	f.StringSliceVar(&flags.pipelines, "pipeline", []string{stockCompare}, "pipelines in it; several, or all")
	f.StringVar(&flags.route, "route", config.RouteQimen, "route to 旺店通: qimen or openapi2")
	f.StringVar(&flags.since, "since", "", "first day to read, as in 2026-11-01; without it 2024-01-01 for stock and today for shipments")
	f.BoolVar(&flags.sandbox, "sandbox", false, "take the addresses that pandian sandbox prints, and begin where its data does")
	f.BoolVar(&flags.force, "force", false, "write over a file that is there")
	complete := func(flag string, words ...string) {
		_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	complete("route", config.RouteQimen, config.RouteOpenAPI2)
	complete("pipeline", append(config.BuiltIn(), allPipelines)...)
	return command
}

// options reads the flags. Shipments begin today unless a day is given: what is
// read of them is delivered.
func (f initFlags) options(now time.Time) (config.TemplateOptions, error) {
	options := config.TemplateOptions{Route: f.route, Sandbox: f.sandbox, DocumentsSince: now.In(beijing())}
	for _, name := range f.pipelines {
		switch {
		case name == allPipelines:
			options.Pipelines = config.BuiltIn()
		case !slices.Contains(config.BuiltIn(), name):
			return options, fault.New(fault.UsageWrong, "there is no pipeline %q", name).
				Suggest("one of %s, or %s", joinWords(config.BuiltIn()), allPipelines)
		case !slices.Contains(options.Pipelines, name):
			options.Pipelines = append(options.Pipelines, name)
		}
	}
	if f.route != config.RouteQimen && f.route != config.RouteOpenAPI2 {
		return options, fault.New(fault.UsageWrong, "--route %q is not known", f.route).
			Suggest("one of %s", strings.Join([]string{config.RouteQimen, config.RouteOpenAPI2}, ", "))
	}
	if f.sandbox {
		options.Since, options.DocumentsSince = sandboxBegins(now), sandboxBegins(now)
	}
	if f.since != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.since, beijing())
		if err != nil {
			return options, fault.New(fault.UsageWrong, "--since %q is not a day", f.since).Suggest("write it as 2024-01-01")
		}
		options.Since, options.DocumentsSince = day, day
	}
	return options, nil
}

func (a *app) writeConfig(file string, options config.TemplateOptions, force bool) error {
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(file, mode, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.UsageWrong, "%s is there already", file).Suggest("--force writes over it")
	}
	if err != nil {
		return fault.New(fault.UsageWrong, "%s cannot be written: %w", file, err)
	}
	text := config.Template(options)
	_, err = out.Write(text)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	a.summary = map[string]any{"file": file, "pipelines": options.Pipelines, "variables": credentialsNamed(text)}
	a.term.Note("%s %s written. Next:", a.term.ErrStyle().Mark(terminal.Good), file)
	a.term.Note("  1. set the variables that it names (%s)", strings.Join(credentialsNamed(text), ", "))
	a.term.Note("  2. pandian migrate up")
	a.term.Note("  3. pandian doctor")
	a.term.Note("  4. pandian run")
	return nil
}

// credentialsNamed lists the variables that a written configuration needs, in its
// order. What its comments name is not needed.
func credentialsNamed(text []byte) []string {
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^ +[a-z_]+: \$\{(\w+)\}`).FindAllSubmatch(text, -1) {
		name := string(match[1])
		if name != "PANDIAN_DATABASE_URL" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
