package main

import (
	"github.com/spf13/cobra"

	"pandian/internal/terminal"
)

func (a *app) configCommand() *cobra.Command {
	command := &cobra.Command{
		Use: "config", Short: "check the configuration and show what holds",
		Example: `  pandian config validate
  pandian config show --origin`,
	}
	command.AddCommand(a.configValidateCommand(), a.configShowCommand())
	return command
}

func (a *app) configValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "validate", Short: "check the configuration, all problems at once", Args: cobra.NoArgs,
		Long: `Checks pandian.yaml, the variables and the flags, and tells every problem at once with its line and column.
Secrets are not read: pandian doctor tries them.`,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			a.summary = map[string]any{
				"file": cfg.File, "connections": cfg.ConnectionNames(), "pipelines": cfg.PipelineNames(),
			}
			where := cfg.File
			if where == "" {
				where = "no file was found; the defaults"
			}
			a.term.Note("%s %s: %d connections, %d pipelines", a.term.ErrStyle().Mark(terminal.Good),
				where, len(cfg.Connections), len(cfg.Pipelines))
			return nil
		},
	}
}

func (a *app) configShowCommand() *cobra.Command {
	var origin bool
	command := &cobra.Command{
		Use: "show", Short: "show every value that holds; secrets are masked", Args: cobra.NoArgs,
		Long: `Shows every value that holds, with its default where nobody set it. Flags win over the environment, the
environment over the file, the file over the defaults; --origin shows which it was.`,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.loadConfig()
			if err != nil {
				return err
			}
			settings := cfg.Settings()
			a.summary, a.result = map[string]any{"file": cfg.File}, settings
			table := terminal.Table{Columns: []terminal.Column{{Key: "key", Title: "Key"}, {Key: "value", Title: "Value"}}}
			if origin {
				table.Columns = append(table.Columns, terminal.Column{Key: "origin", Title: "From"})
			}
			for _, setting := range settings {
				row := []any{setting.Key, setting.Value}
				if origin {
					row = append(row, setting.Origin.String())
				}
				table.Rows = append(table.Rows, row)
			}
			return a.term.Table(table)
		},
	}
	command.Flags().BoolVar(&origin, "origin", false, "show where each value comes from")
	return command
}
