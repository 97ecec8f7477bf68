// Package config reads pandian.yaml, the environment and the flags into one
// Config, checks all of it at once, and remembers where each value came from.
//
// Secrets are references (${NAME} or file:PATH) and are read when a connection
// is used, so that a person without the secrets of one system can still work
// with another.
package config

import (
	"maps"
	"slices"
	"time"

	"pandian/internal/fault"
)

// Config is everything that a user can set. The zero value is not usable: Load
// fills in the defaults, also where there is no file.
type Config struct {
	// File is the path of the file that was read; "" if there was none.
	File        string
	Database    Database
	Connections map[string]Connection
	Pipelines   map[string]Pipeline
	Retention   Retention
	Vault       Vault
	Log         Log
	// Warnings are for a person: nothing is wrong with the file itself.
	Warnings []string

	looked     []string // places where a file was looked for
	references references
	onSecret   func(values ...string)
	settings   []Setting
	origins    map[string]Origin
}

// Database says where pandian keeps its data.
type Database struct {
	// URL is a PostgreSQL connection string; where it is empty a private server
	// is started. Default empty. Use Config.DatabaseURL to read it.
	URL Secret
	// StatementTimeout bounds every statement. Default 10 min.
	StatementTimeout time.Duration
	// ConnectTimeout bounds making a connection. Default 10 s.
	ConnectTimeout time.Duration
	// MaxConnections is the largest number of connections of one process.
	// Default 8.
	MaxConnections int
	// DataDir is the folder of the private server. Default empty: the user's
	// data folder. Use Config.DataDir to read it.
	DataDir string
}

// Retention says how long things are kept; 0 stands for forever.
type Retention struct {
	// Pages are raw responses (staging.page) and the change feeds, dropped by
	// the day. Default 30 days.
	Pages time.Duration
	// Outbox are documents and their results, dropped by partitions of ids. What
	// became of the newest document of each key is kept for good. Default 550 days:
	// the books of a year are settled by the end of May of the next (汇算清缴), 516
	// days after its first document.
	Outbox time.Duration
	// History is what runs left behind: runs with their tallies and steps, readings,
	// rejects, changes of discrepancies and fires. What still stands for something is
	// kept. Default 550 days, like the outbox.
	History time.Duration
}

// Log says what is logged, and how.
type Log struct {
	// Level is debug, info, warn or error. Default info.
	Level string
	// Format is auto (text on a terminal, JSON elsewhere), text or json.
	// Default auto.
	Format string
}

func (s *Database) fields() []field {
	return []field{
		databaseURL(&s.URL),
		span("statement_timeout", &s.StatementTimeout, "10m", time.Second, day),
		span("connect_timeout", &s.ConnectTimeout, "10s", time.Second, 10*time.Minute),
		whole("max_connections", &s.MaxConnections, "8", 2, 1000),
		folder("data_dir", &s.DataDir),
	}
}

func (s *Retention) fields() []field {
	return []field{
		keep("pages", &s.Pages, "30d"),
		keep("outbox", &s.Outbox, "550d"),
		keep("history", &s.History, "550d"),
	}
}

func (s *Log) fields() []field {
	return []field{
		choice("level", &s.Level, "info", "debug", "info", "warn", "error"),
		choice("format", &s.Format, "auto", "auto", "text", "json"),
	}
}

// keep is a span of at least a day, or forever.
func keep(key string, target *time.Duration, fallback string) field {
	f := span(key, target, fallback, day, 36500*day)
	store := f.set
	f.set = func(v given) *refusal {
		if v.text == "forever" {
			*target = 0
			return nil
		}
		refused := store(v)
		if refused != nil {
			refused.hint += "; or write forever"
		}
		return refused
	}
	return f
}

// folder is a path; a relative one counts from the folder of the file.
func folder(key string, target *string) field {
	f := text(key, target, "")
	expand := f.resolve
	f.resolve = func(r references) *fault.Error {
		if *target == "" {
			return nil
		}
		if err := expand(r); err != nil {
			return err
		}
		*target = r.absolute(*target)
		return nil
	}
	return f
}

// Connection returns one connection with its references resolved, or a fault
// that names the connection, the key and the missing variable or file.
func (c *Config) Connection(name string) (Connection, error) {
	connection, ok := c.Connections[name]
	if !ok {
		return Connection{}, c.unknown("connection", "connections."+name, name, c.ConnectionNames())
	}
	connection = connection.clone()
	if err := c.resolve("connections."+name, connection.fields()); err != nil {
		return Connection{}, err
	}
	if c.onSecret != nil {
		c.onSecret(connection.secrets()...)
	}
	if err := c.checkEncryption(connection); err != nil {
		return Connection{}, err
	}
	return connection, nil
}

// ConnectionNames lists the connections by name.
func (c *Config) ConnectionNames() []string { return slices.Sorted(maps.Keys(c.Connections)) }

// Pipeline returns one pipeline of the file with the references of its params
// resolved, or a fault that names the missing variable or file.
func (c *Config) Pipeline(name string) (Pipeline, error) {
	pipeline, ok := c.Pipelines[name]
	if !ok {
		return Pipeline{}, c.unknown("pipeline", "pipelines."+name, name, c.PipelineNames())
	}
	pipeline.Params = maps.Clone(pipeline.Params)
	fields := pipelineKinds()[name].params(pipeline.Params)
	if err := c.resolve("pipelines."+name+".params", fields); err != nil {
		return Pipeline{}, err
	}
	return pipeline, nil
}

// PipelineNames lists the pipelines by name.
func (c *Config) PipelineNames() []string { return slices.Sorted(maps.Keys(c.Pipelines)) }

// Resolve tries every reference, for doctor. The fault lists all that fail.
func (c *Config) Resolve() error {
	all := &fault.Error{Code: fault.ConfigNoSecret, Message: "not every variable and secret file can be read"}
	try := func(err error) {
		if err != nil {
			all.Problems = append(all.Problems, fault.From(err))
		}
	}
	_, err := c.DatabaseURL()
	try(err)
	for _, name := range c.ConnectionNames() {
		_, err := c.Connection(name)
		try(err)
	}
	for _, name := range c.PipelineNames() {
		_, err := c.Pipeline(name)
		try(err)
	}
	if len(all.Problems) == 0 {
		return nil
	}
	return all
}

// Settings lists every value with its origin, in the order of the file. Secrets
// are masked.
func (c *Config) Settings() []Setting { return slices.Clone(c.settings) }

// resolve replaces the references of the given fields; all that fail are told.
func (c *Config) resolve(path string, fields []field) error {
	var problems []*fault.Error
	for _, f := range fields {
		if f.resolve == nil {
			continue
		}
		if problem := f.resolve(c.references); problem != nil {
			problem.Path = join(path, f.key)
			if origin := c.origins[problem.Path]; origin.Kind == FromFile {
				problem.Location = origin.String()
			}
			problems = append(problems, problem)
		}
	}
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return problems[0]
	}
	return &fault.Error{
		Code: fault.ConfigNoSecret, Path: path, Problems: problems,
		Message: "needs variables or files that cannot be read",
	}
}

func (c *Config) unknown(kind, path, name string, known []string) error {
	err := fault.New(fault.ConfigUnknownRef, "there is no %s %s", kind, name).At(path)
	if c.File == "" && len(c.looked) > 0 {
		return err.Suggest("no configuration file was found; run pandian init to write %s", c.looked[0])
	}
	return err.Suggest("%s", didYouMean(name, "known", known))
}
