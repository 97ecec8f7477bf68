package config

import (
	"bytes"
	_ "embed"
	"maps"
	"slices"
	"text/template"
	"time"
)

//go:embed pandian.yaml.tmpl
var fileTemplate string

// partsTemplate holds what several connections or pipelines have in common.
//
//go:embed pandian.yaml.parts.tmpl
var partsTemplate string

// TemplateOptions shape the file that pandian init writes.
type TemplateOptions struct {
	// Pipelines are the pipelines in it, by the names that BuiltIn lists, with the
	// connections that they need. None is stock-compare.
	Pipelines []string
	// Route to 旺店通: RouteQimen (the default) or RouteOpenAPI2.
	Route string
	// Since is the day from which stock is read the first time. Its zero value
	// is 2024-01-01.
	Since time.Time
	// DocumentsSince is the day from which shipments are read, and so delivered.
	// Its zero value is Since.
	DocumentsSince time.Time
	// Sandbox takes the addresses from the variables that pandian sandbox prints;
	// without it they are the vendors' own.
	Sandbox bool
}

// BuiltIn lists the names that a pipeline can have.
func BuiltIn() []string { return slices.Sorted(maps.Keys(pipelineKinds())) }

// Template returns a commented pandian.yaml with every key of its connections and
// pipelines. It loads without a change; its references name the variables to set.
func Template(options TemplateOptions) []byte {
	if len(options.Pipelines) == 0 {
		options.Pipelines = []string{"stock-compare"}
	}
	if options.Route == "" {
		options.Route = RouteQimen
	}
	if options.Since.IsZero() {
		options.Since = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if options.DocumentsSince.IsZero() {
		options.DocumentsSince = options.Since
	}
	var out bytes.Buffer
	parsed := template.Must(template.New(FileName).Parse(partsTemplate))
	template.Must(parsed.Parse(fileTemplate))
	if err := parsed.Execute(&out, &templateData{options: options, explained: map[string]bool{}}); err != nil {
		panic(err) // the template is part of the program, and out takes every byte
	}
	return out.Bytes()
}

// templateData is what the template asks.
type templateData struct {
	options TemplateOptions
	// explained are the parts whose keys were explained further up in the file.
	explained map[string]bool
}

// Route is the route to 旺店通.
func (t *templateData) Route() string { return t.options.Route }

// Since is the first day of stock.
func (t *templateData) Since() string { return t.options.Since.Format(time.DateOnly) }

// DocumentsSince is the first day of shipments.
func (t *templateData) DocumentsSince() string { return t.options.DocumentsSince.Format(time.DateOnly) }

// Runs tells whether the file has the pipeline.
func (t *templateData) Runs(pipeline string) bool {
	return slices.Contains(t.options.Pipelines, pipeline)
}

// Uses tells whether a pipeline of the file reads from or delivers to the platform.
func (t *templateData) Uses(platform string) bool {
	for _, name := range t.options.Pipelines {
		kind := pipelineKinds()[name]
		if slices.Contains(kind.targets, platform) {
			return true
		}
		if slices.ContainsFunc(kind.datasets, func(name string) bool { return datasets()[name].platform == platform }) {
			return true
		}
	}
	return false
}

// WDT begins the names of the variables that hold the keys of 旺店通: the sandbox
// has an account for each of its routes.
func (t *templateData) WDT() string {
	if t.options.Sandbox && t.options.Route == RouteOpenAPI2 {
		return "WDT_OPENAPI2"
	}
	return "WDT"
}

// Address is the line of an address: the vendor's, which is the default, or that
// of the sandbox.
func (t *templateData) Address(key, variable, vendors string) string {
	if t.options.Sandbox {
		return key + ": ${" + variable + "}"
	}
	return "# " + key + ": " + vendors
}

// templatePart is one use of a part that several entries have in common.
type templatePart struct {
	// Explain says that the keys are explained here, for the first time.
	Explain bool

	PerMinute, Timeout string // of calls
	Since, MaxSpan     string // of a windowed source
	Connection, Cron   string // of a target and its schedule
}

// Calls are the keys of a connection's calls, with their defaults.
func (t *templateData) Calls(perMinute, timeout string) templatePart {
	return templatePart{Explain: t.isFirst("calls"), PerMinute: perMinute, Timeout: timeout}
}

// Window are the keys of a windowed source.
func (t *templateData) Window(since, maxSpan string) templatePart {
	return templatePart{Explain: t.isFirst("window " + maxSpan), Since: since, MaxSpan: maxSpan}
}

// Target are the keys of a pipeline's target, schedule and tags.
func (t *templateData) Target(connection, cron string) templatePart {
	return templatePart{Explain: t.isFirst("target"), Connection: connection, Cron: cron}
}

func (t *templateData) isFirst(part string) bool {
	first := !t.explained[part]
	t.explained[part] = true
	return first
}
