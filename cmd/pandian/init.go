package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/terminal"
)

func (a *app) initCommand() *cobra.Command {
	var route, since string
	var force bool
	command := &cobra.Command{
		Use:   "init [FILE]",
		Short: "write a commented pandian.yaml to begin with",
		Long:  `Writes a commented pandian.yaml with every key in it. It holds no secret: it names the variables to set.`,
		Example: `  pandian init
  pandian init --route openapi2 --since 2024-01-01 /etc/pandian/pandian.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := config.FileName
			if len(args) == 1 {
				file = args[0]
			}
			options := config.TemplateOptions{Route: route}
			if route != config.RouteQimen && route != config.RouteOpenAPI2 {
				return fault.New(fault.UsageWrong, "--route %q is not known", route).
					Suggest("one of %s", strings.Join([]string{config.RouteQimen, config.RouteOpenAPI2}, ", "))
			}
			if since != "" {
				day, err := time.ParseInLocation(time.DateOnly, since, beijing())
				if err != nil {
					return fault.New(fault.UsageWrong, "--since %q is not a day", since).Suggest("write it as 2024-01-01")
				}
				options.Since = day
			}
			return a.writeConfig(file, options, force)
		},
	}
	command.Flags().StringVar(&route, "route", config.RouteQimen, "route to 旺店通: qimen or openapi2")
	command.Flags().StringVar(&since, "since", "", "day from which stock is read the first time, as in 2024-01-01")
	command.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	_ = command.RegisterFlagCompletionFunc("route",
		cobra.FixedCompletions([]string{config.RouteQimen, config.RouteOpenAPI2}, cobra.ShellCompDirectiveNoFileComp))
	return command
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
	_, err = out.Write(config.Template(options))
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	a.summary = map[string]any{"file": file}
	a.term.Note("%s %s written. Next:", a.term.ErrStyle().Mark(terminal.Good), file)
	a.term.Note("  1. set the variables that it names (${WDT_SID}, …)")
	a.term.Note("  2. pandian migrate up")
	a.term.Note("  3. pandian doctor")
	a.term.Note("  4. pandian run")
	return nil
}
