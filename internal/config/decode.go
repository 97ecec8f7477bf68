package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"pandian/internal/fault"
)

// decoder walks the file, the environment and the flags at once. It never
// stops at a problem, so that a person sees all of them in one go.
type decoder struct {
	file    string // as named in messages; "" when there is no file
	lines   []string
	anchors anchorFinder
	environ map[string]string
	flags   map[string]Flag
	used    map[string]bool // keys of flags that found their field

	noted    []noted
	settings []Setting
	origins  map[string]Origin
	hidden   concealed
}

// given is a value on its way to a field.
type given struct {
	text   string
	origin Origin
}

// field is one key of a section, bound to the place that its value goes to.
type field struct {
	key string
	// fallback is the default as it would be written in the file.
	fallback string
	required bool
	// misplaced fields are known only to be refused in good words.
	misplaced bool
	// set stores a scalar; it is nil for a field that takes a list or mapping.
	set func(given) *refusal
	// node stores a list or mapping; value is nil when there is none.
	node func(d *decoder, path string, at Origin, value ast.Node)
	// show is what config show prints for a text; nil prints it as it is.
	show func(text string) string
	// resolve replaces references; nil where there can be none.
	resolve func(references) *fault.Error
}

func (f field) require() field { f.required = true; return f }

// section decodes the mapping at node into fields. node may be nil: then flags,
// environment and defaults speak alone. at is where a missing key is reported.
func (d *decoder) section(path string, at Origin, node ast.Node, fields []field) {
	var pairs []pair
	if node != nil && !d.isNull(node) {
		var ok bool
		if pairs, ok = d.pairs(node); !ok {
			d.refuse(path, d.origin(node), badValue("indent its keys below it, one per line", "must hold keys, not a single value or a list"))
			return
		}
	}
	d.refuseUnknown(path, pairs, fields)
	for _, f := range fields {
		keyAt, value := at, ast.Node(nil)
		for _, p := range pairs {
			if p.key == f.key {
				keyAt, value = p.at, p.value
				break
			}
		}
		if f.node != nil {
			f.node(d, join(path, f.key), keyAt, value)
			continue
		}
		d.scalar(join(path, f.key), keyAt, value, f)
	}
}

// scalar stores the strongest value there is for one field: flag, environment,
// file, default, in this order.
func (d *decoder) scalar(path string, at Origin, node ast.Node, f field) {
	value, ok := d.strongest(path, node, f)
	if !ok {
		return
	}
	if value.text == "" {
		if f.required {
			d.refuse(path, at, missing(path, f.key))
			return
		}
		if !f.misplaced {
			d.remember(path, "", value.origin)
		}
		return
	}
	if refused := f.set(value); refused != nil {
		if refused.code == fault.ConfigInline || f.show != nil {
			d.hide(node)
		}
		d.refuse(path, value.origin, refused)
		return
	}
	shown := value.text
	if f.show != nil {
		shown = f.show(shown)
	}
	d.remember(path, shown, value.origin)
}

func (d *decoder) strongest(path string, node ast.Node, f field) (given, bool) {
	var inFile given
	if node != nil {
		text, ok := d.scalarText(node)
		if !ok {
			d.refuse(path, d.origin(node), d.notScalar(node))
			return given{}, false
		}
		inFile = given{text, d.origin(node)}
	}
	if flag, ok := d.flags[path]; ok {
		d.used[path] = true
		return given{flag.Value, Origin{Kind: FromFlag, Name: flag.Name}}, true
	}
	if name := variableOf(path); name != "" && d.environ[name] != "" {
		return given{d.environ[name], Origin{Kind: FromEnvironment, Name: name}}, true
	}
	if inFile.text != "" {
		return inFile, true
	}
	return given{f.fallback, Origin{Kind: FromDefault}}, true
}

// variableOf returns PANDIAN_DATABASE_URL for database.url. Only the sections
// database, retention and log have variables; for others it is "".
func variableOf(path string) string {
	section, _, _ := strings.Cut(path, ".")
	if !slices.Contains([]string{"database", "retention", "log"}, section) {
		return ""
	}
	return "PANDIAN_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

func (d *decoder) remember(path, shown string, origin Origin) {
	d.settings = append(d.settings, Setting{path, shown, origin})
	d.origins[path] = origin
}

func (d *decoder) refuseUnknown(path string, pairs []pair, fields []field) {
	var known []string
	for _, f := range fields {
		if !f.misplaced {
			known = append(known, f.key)
		}
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		isKnown := slices.ContainsFunc(fields, func(f field) bool { return f.key == p.key })
		if path == "" && strings.HasPrefix(p.key, "x-") {
			continue // a place for anchors
		} else if !isKnown {
			d.hide(p.value) // it may be a misspelt app_secret
			d.refuse(join(path, p.key), p.at, &refusal{fault.ConfigUnknownKey, "unknown key " + p.key, didYouMean(p.key, "known here", known)})
		} else if seen[p.key] {
			d.refuse(join(path, p.key), p.at, &refusal{fault.ConfigDuplicate, p.key + " is given twice", "keep one of the two"})
		}
		seen[p.key] = true
	}
}

// hide keeps the values in node out of the excerpts of their lines.
func (d *decoder) hide(node ast.Node) {
	if node != nil {
		ast.Walk(hider{d.hidden}, node)
	}
}

type hider struct{ hidden concealed }

// Visit implements ast.Visitor. Keys stay readable.
func (h hider) Visit(node ast.Node) ast.Visitor {
	if entry, ok := node.(*ast.MappingValueNode); ok {
		ast.Walk(h, entry.Value)
		return nil
	}
	if _, ok := node.(ast.ScalarNode); ok && node.Type() != ast.NullType {
		token := node.GetToken()
		h.hidden.add(token.Position.Line, strings.TrimSpace(token.Origin), token.Value)
	}
	return h
}

func (d *decoder) notScalar(node ast.Node) *refusal {
	if d.unwrap(node) == nil {
		return badValue("define the anchor with &name, or write the value itself", "the alias points to no anchor")
	}
	return badValue("write one value", "must be a single value, not a list or keys")
}

func missing(path, key string) *refusal {
	section := strings.TrimSuffix(path, "."+key)
	return &refusal{fault.ConfigMissingKey, key + " is missing", "add " + key + ": under " + section}
}

func (d *decoder) isNull(node ast.Node) bool {
	inner := d.unwrap(node)
	return inner != nil && inner.Type() == ast.NullType
}

// peek reads one scalar of a mapping ahead of time: which keys a section knows
// can depend on it.
func (d *decoder) peek(node ast.Node, key string) string {
	pairs, _ := d.pairs(node)
	for _, p := range pairs {
		if p.key == key {
			text, _ := d.scalarText(p.value)
			return text
		}
	}
	return ""
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
