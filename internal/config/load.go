package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/adrg/xdg"
	"github.com/goccy/go-yaml/ast"

	"pandian/internal/fault"
)

// FileName is what the configuration file is called where it is looked for.
const FileName = "pandian.yaml"

// Flag is a setting given on the command line; it wins over everything else.
type Flag struct {
	// Key is the setting's path, as in log.level. A key of a connection or a
	// pipeline must exist in the file.
	Key string
	// Name is the flag as typed, as in --log-level.
	Name  string
	Value string
}

// Sources are the places that Load reads. The zero value reads no environment;
// FromProcess is the usual one.
type Sources struct {
	// File is the value of --config; empty looks in the usual places.
	File string
	// Text is the file itself: nothing is looked for then, and File only names
	// it in messages.
	Text []byte
	// Flags win over everything else.
	Flags []Flag
	// Environ holds NAME=value, as os.Environ returns them.
	Environ []string
	// Folder is what relative paths count from, and where pandian.yaml is
	// looked for first. Empty is the working directory.
	Folder string
	// UserFolder is the user's configuration folder: pandian/pandian.yaml is
	// looked for in it. Empty means that there is none.
	UserFolder string
	// Home replaces ~ in paths.
	Home string
	// ReadFile reads the configuration and secret files; nil is os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// OnSecret is told every secret as soon as it is resolved, so that a
	// logger can mask it. It may be nil.
	OnSecret func(values ...string)
}

// FromProcess returns the sources of this process: its environment, working
// directory and user folders. file is the value of --config, or "".
func FromProcess(file string, flags []Flag, onSecret func(values ...string)) Sources {
	home, _ := os.UserHomeDir() // without a home, ~ stays as it is
	return Sources{
		File: file, Flags: flags, Environ: os.Environ(),
		UserFolder: xdg.ConfigHome, Home: home, OnSecret: onSecret,
	}
}

// Load reads and checks everything. Without a file anywhere the defaults hold.
// The error is a *fault.Error that lists every problem found.
func Load(sources Sources) (*Config, error) {
	if sources.ReadFile == nil {
		sources.ReadFile = os.ReadFile
	}
	environ := environment(sources.Environ)
	file, content, looked, err := sources.find(environ)
	if err != nil {
		return nil, err
	}
	content = []byte(strings.TrimPrefix(string(content), "\ufeff"))
	body, err := parse(file, content)
	if err != nil {
		return nil, err
	}
	c := &Config{
		File: file, looked: looked, onSecret: sources.OnSecret,
		references: references{environ, sources.ReadFile, filepath.Dir(sources.resolve(file)), sources.Home},
	}
	d := newDecoder(file, content, environ, sources.Flags)
	d.root(c, body)
	if err := d.verdict(); err != nil {
		return nil, err
	}
	c.settings, c.origins = d.settings, d.origins
	c.Warnings = strayVariables(environ)
	return c, nil
}

// find returns the configuration file by --config, PANDIAN_CONFIG, the working
// directory and the user's folder, in this order.
func (s Sources) find(environ map[string]string) (file string, content []byte, looked []string, err error) {
	if s.Text != nil {
		return s.File, s.Text, nil, nil
	}
	named, by := s.File, "--config"
	if named == "" {
		named, by = environ["PANDIAN_CONFIG"], "PANDIAN_CONFIG"
	}
	if named != "" {
		content, err := s.ReadFile(s.resolve(named))
		if err != nil {
			return "", nil, nil, fault.New(fault.ConfigUnreadable, "file named by %s: %w", by, err).At(named)
		}
		return named, content, nil, nil
	}
	looked = []string{FileName}
	if s.UserFolder != "" {
		looked = append(looked, filepath.Join(s.UserFolder, "pandian", FileName))
	}
	for _, place := range looked {
		content, err := s.ReadFile(s.resolve(place))
		if err == nil {
			return place, content, looked, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, nil, fault.New(fault.ConfigUnreadable, "%w", err).At(place)
		}
	}
	return "", nil, looked, nil
}

func (s Sources) resolve(path string) string {
	return references{folder: s.Folder, home: s.Home}.absolute(path)
}

func newDecoder(file string, content []byte, environ map[string]string, flags []Flag) *decoder {
	d := &decoder{
		file: file, lines: strings.Split(string(content), "\n"), anchors: anchorFinder{},
		environ: environ, flags: map[string]Flag{}, used: map[string]bool{}, origins: map[string]Origin{}, hidden: concealed{},
	}
	for _, flag := range flags {
		d.flags[flag.Key] = flag
	}
	return d
}

// root decodes the whole file and then checks what refers to what.
func (d *decoder) root(c *Config, body ast.Node) {
	if body != nil {
		ast.Walk(d.anchors, body)
	}
	d.section("", Origin{FromFile, d.file, 1, 1}, body, []field{
		section("database", c.Database.fields()...),
		{key: "connections", node: func(d *decoder, path string, _ Origin, value ast.Node) {
			c.Connections = map[string]Connection{}
			d.named(path, value, "connection", func(path, name string, at Origin, value ast.Node) {
				c.Connections[name] = d.connection(path, name, at, value)
			})
		}},
		{key: "pipelines", node: func(d *decoder, path string, _ Origin, value ast.Node) {
			c.Pipelines = map[string]Pipeline{}
			d.named(path, value, "pipeline", func(path, name string, at Origin, value ast.Node) {
				if _, known := pipelineKinds()[name]; !known {
					d.hide(value)
					d.refuse(path, at, unknownReference(didYouMean(name, "known", pipelineNames()), "there is no pipeline %s", name))
					return
				}
				c.Pipelines[name] = d.pipeline(path, name, at, value)
			})
		}},
		section("retention", c.Retention.fields()...),
		section("vault", c.Vault.fields()...),
		section("log", c.Log.fields()...),
	})
	d.checkConnections(c)
	for key, flag := range d.flags {
		if !d.used[key] {
			d.refuse(key, Origin{Kind: FromFlag, Name: flag.Name}, &refusal{fault.ConfigUnknownKey, "there is no such setting", "run pandian config show to see all keys"})
		}
	}
}

var properName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,62}$`)

// named decodes a mapping of names that people chose.
func (d *decoder) named(path string, node ast.Node, kind string, each func(path, name string, at Origin, value ast.Node)) {
	if node == nil || d.isNull(node) {
		return
	}
	pairs, ok := d.pairs(node)
	if !ok {
		d.refuse(path, d.origin(node), badValue("write one name per line, its keys indented below it", "must hold names, not a single value or a list"))
		return
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		switch {
		case !properName.MatchString(p.key):
			d.refuse(join(path, p.key), p.at, badValue("use letters, digits, - and _, at most 63", "%q is no name for a %s", p.key, kind))
		case seen[p.key]:
			d.refuse(join(path, p.key), p.at, &refusal{fault.ConfigDuplicate, p.key + " is given twice", "keep one of the two"})
		default:
			each(join(path, p.key), p.key, p.at, p.value)
		}
		seen[p.key] = true
	}
}

// checkConnections holds every name of a connection against the connections.
func (d *decoder) checkConnections(c *Config) {
	for _, name := range c.PipelineNames() {
		pipeline := c.Pipelines[name]
		for i, source := range pipeline.Sources {
			place := fmt.Sprintf("pipelines.%s.sources[%d].connection", name, i)
			d.checkConnection(c, place, source.Connection, datasets()[source.Dataset].platform)
		}
		place := fmt.Sprintf("pipelines.%s.target.connection", name)
		d.checkConnection(c, place, pipeline.Target.Connection, pipelineKinds()[name].targets...)
	}
}

func (d *decoder) checkConnection(c *Config, place, name string, fitting ...string) {
	connection, exists := c.Connections[name]
	switch {
	case name == "" || slices.Contains(fitting, ""): // told already
	case !exists:
		d.refuse(place, d.origins[place], unknownReference(didYouMean(name, "known", c.ConnectionNames()), "there is no connection %s", name))
	case connection.Platform != "" && !slices.Contains(fitting, connection.Platform):
		d.refuse(place, d.origins[place], unknownReference("name a connection of platform "+strings.Join(fitting, " or "), "connection %s is of platform %s", name, connection.Platform))
	}
}

func pipelineNames() []string {
	var names []string
	for name := range pipelineKinds() {
		names = append(names, name)
	}
	return names
}

func environment(pairs []string) map[string]string {
	environ := map[string]string{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			environ[name] = value
		}
	}
	return environ
}

// strayVariables warns of variables that look like settings and are none: a
// misspelt one would be without effect and without a word.
func strayVariables(environ map[string]string) []string {
	known := variables()
	var warnings []string
	for name := range environ {
		for _, section := range []string{"PANDIAN_DATABASE_", "PANDIAN_RETENTION_", "PANDIAN_LOG_"} {
			if strings.HasPrefix(name, section) && !slices.Contains(known, name) {
				warnings = append(warnings, fmt.Sprintf("environment variable %s has no effect: %s", name, didYouMean(name, "known", known)))
			}
		}
	}
	slices.Sort(warnings)
	return warnings
}

// variables lists every environment variable that is a setting.
func variables() []string {
	var c Config
	names := []string{"PANDIAN_CONFIG"}
	for section, fields := range map[string][]field{"database": c.Database.fields(), "retention": c.Retention.fields(), "log": c.Log.fields()} {
		for _, f := range fields {
			names = append(names, variableOf(section+"."+f.key))
		}
	}
	slices.Sort(names)
	return names
}
