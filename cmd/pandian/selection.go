package main

import (
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// selectFlag adds --select.
func (a *app) selectFlag(command *cobra.Command, selected *[]string) {
	command.Flags().StringSliceVar(selected, "select", nil,
		"pipelines by name or pattern (jst-*), tag:NAME, source:CONNECTION, target:CONNECTION; several add up")
}

// pickPipelines reads the configuration and finds the pipelines that a command
// line means: those it names and those it selects; without either, all.
func (a *app) pickPipelines(names, selected []string) (*config.Config, []string, error) {
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if _, err := cfg.Pipeline(name); err != nil {
			return nil, nil, err
		}
	}
	for _, pattern := range selected {
		found, err := selectPipelines(cfg, pattern)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		names = cfg.PipelineNames()
	}
	if len(names) == 0 {
		return nil, nil, fault.New(fault.ConfigMissingKey, "no pipeline is configured").
			Suggest("pandian init writes a pandian.yaml to begin with; pandian demo needs none")
	}
	return cfg, names, nil
}

// selectPipelines finds the pipelines that one selector means. One that means
// none is an error: a typing error must not pass for an empty night.
func selectPipelines(cfg *config.Config, selector string) ([]string, error) {
	kind, pattern, hasKind := strings.Cut(selector, ":")
	if !hasKind {
		kind, pattern = "name", selector
	}
	var found []string
	for _, name := range cfg.PipelineNames() {
		pipeline := cfg.Pipelines[name]
		var words []string
		switch kind {
		case "name":
			words = []string{name}
		case "tag":
			words = pipeline.Tags
		case "source":
			for _, source := range pipeline.Sources {
				words = append(words, source.Connection)
			}
		case "target":
			words = []string{pipeline.Target.Connection}
		default:
			return nil, fault.New(fault.UsageWrong, "--select %q: there is no %s to select by", selector, kind).
				Suggest("write NAME, tag:NAME, source:CONNECTION or target:CONNECTION; * stands for any letters")
		}
		matches := func(word string) bool {
			ok, err := path.Match(pattern, word)
			return ok && err == nil
		}
		if slices.ContainsFunc(words, matches) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil, fault.New(fault.UsageWrong, "--select %q means no pipeline", selector).
			Suggest("pipelines of this configuration: %s", joinWords(cfg.PipelineNames()))
	}
	return found, nil
}
