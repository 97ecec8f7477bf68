package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		Example: `  pandian version --json`,
		RunE: func(*cobra.Command, []string) error {
			revision := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, setting := range info.Settings {
					if setting.Key == "vcs.revision" {
						revision = setting.Value
					}
				}
			}
			a.summary = map[string]any{"version": version, "revision": revision, "go": runtime.Version()}
			if a.json {
				return nil
			}
			_, err := fmt.Fprintf(a.stdout, "pandian %s (%s, %s)\n", version, revision, runtime.Version())
			return err
		},
	}
}
