package config

import (
	"bytes"
	_ "embed"
	"text/template"
	"time"
)

//go:embed pandian.yaml.tmpl
var fileTemplate string

// TemplateOptions shape the file that pandian init writes.
type TemplateOptions struct {
	// Route to 旺店通: RouteQimen (the default) or RouteOpenAPI2.
	Route string
	// Since is the day from which stock is read the first time. Its zero value
	// is 2024-01-01.
	Since time.Time
}

// Template returns a commented pandian.yaml with every key in it. It loads
// without a change; its references name the variables to set.
func Template(options TemplateOptions) []byte {
	if options.Route == "" {
		options.Route = RouteQimen
	}
	if options.Since.IsZero() {
		options.Since = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var out bytes.Buffer
	parsed := template.Must(template.New(FileName).Parse(fileTemplate))
	data := map[string]string{"Route": options.Route, "Since": options.Since.Format(time.DateOnly)}
	if err := parsed.Execute(&out, data); err != nil {
		panic(err) // the template is part of the program, and out takes every byte
	}
	return out.Bytes()
}
