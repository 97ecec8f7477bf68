package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"pandian/internal/fault"
)

// maxFile is the largest configuration file that is read, in bytes.
const maxFile = 4 << 20

// parse reads one YAML document. Keys given twice pass, so that the decoder can
// report them beside all other problems. A nil node is an empty document.
func parse(file string, content []byte) (ast.Node, error) {
	if len(content) > maxFile {
		return nil, syntaxFault(file, content, "the file is larger than 4 MiB", nil)
	}
	if !utf8.Valid(content) {
		return nil, syntaxFault(file, content, "the file is not UTF-8; save it as UTF-8", nil)
	}
	tree, err := parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var positioned yaml.Error
		if errors.As(err, &positioned) {
			return nil, syntaxFault(file, content, positioned.GetMessage(), positioned.GetToken())
		}
		return nil, syntaxFault(file, content, err.Error(), nil)
	}
	var body ast.Node
	for _, document := range tree.Docs {
		if document.Body == nil || document.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			return nil, syntaxFault(file, content, "a second document begins here; pandian.yaml is one document", document.Body.GetToken())
		}
		body = document.Body
	}
	return body, nil
}

// syntaxFault reports text that is no YAML. What stands on the line after a
// colon is not shown: nobody knows yet whether it is a secret.
func syntaxFault(file string, content []byte, message string, at *token.Token) error {
	problem := &fault.Error{Code: fault.ConfigSyntax, Message: message}
	if at == nil {
		problem.Path = file
		return problem
	}
	origin := Origin{FromFile, file, at.Position.Line, at.Position.Column}
	problem.Location = origin.String()
	lines := strings.Split(string(content), "\n")
	if origin.Line > len(lines) {
		return problem
	}
	line := lines[origin.Line-1]
	if strings.ContainsAny(line, "{[") && strings.Contains(line, "${") {
		problem.Suggestion = `put quotes around ${…} inside { } and [ ]: "${NAME}"`
	}
	hidden := concealed{}
	hidden.add(origin.Line, afterColon(line))
	problem.Excerpt = excerpt(lines, origin, hidden)
	return problem
}

// afterColon returns the part of a line that could be a secret.
func afterColon(line string) string {
	if _, value, found := strings.Cut(line, ":"); found {
		line = value
	}
	return strings.TrimSpace(line)
}

// pair is one key of a mapping with its value.
type pair struct {
	key   string
	at    Origin
	value ast.Node
}

// pairs lists the keys of a mapping; what a merge key (<<) brings comes last
// and yields to keys of the mapping's own. ok is false if node is no mapping.
func (d *decoder) pairs(node ast.Node) (own []pair, ok bool) {
	return d.pairsWithin(node, 0)
}

func (d *decoder) pairsWithin(node ast.Node, depth int) (own []pair, ok bool) {
	mapping, ok := d.unwrap(node).(ast.MapNode)
	if !ok || depth > maxAliasDepth {
		return nil, false
	}
	var merged []pair
	for entries := mapping.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		if entry.Key.Type() == ast.MergeKeyType {
			inherited, isMapping := d.pairsWithin(entry.Value, depth+1)
			if !isMapping {
				d.refuse("<<", d.origin(entry.Key), badValue("merge one anchor of a mapping, as in <<: *name", "<< merges something that is not a mapping"))
			}
			merged = append(merged, inherited...)
			continue
		}
		own = append(own, pair{keyText(entry.Key), d.origin(entry.Key), entry.Value})
	}
	for _, candidate := range merged {
		if !hasKey(own, candidate.key) {
			own = append(own, candidate)
		}
	}
	return own, true
}

func hasKey(pairs []pair, key string) bool {
	for _, p := range pairs {
		if p.key == key {
			return true
		}
	}
	return false
}

func keyText(key ast.MapKeyNode) string {
	if explicit, ok := key.(*ast.MappingKeyNode); ok {
		return explicit.Value.GetToken().Value
	}
	return key.GetToken().Value
}

// maxAliasDepth bounds aliases of aliases, which may form a circle.
const maxAliasDepth = 10

// unwrap looks through anchors, aliases and tags. An alias of nothing is nil.
func (d *decoder) unwrap(node ast.Node) ast.Node {
	for range maxAliasDepth {
		switch wrapper := node.(type) {
		case *ast.AnchorNode:
			node = wrapper.Value
		case *ast.TagNode:
			node = wrapper.Value
		case *ast.AliasNode:
			target, ok := d.anchors[wrapper.Value.GetToken().Value]
			if !ok {
				return nil
			}
			node = target
		default:
			return node
		}
	}
	return nil
}

// anchorFinder collects the anchors of a document.
type anchorFinder map[string]ast.Node

// Visit implements ast.Visitor.
func (f anchorFinder) Visit(node ast.Node) ast.Visitor {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		f[anchor.Name.GetToken().Value] = anchor.Value
	}
	return f
}

// scalarText returns the text of a scalar as it was written, so that digits and
// leading zeros are kept. A null is "". ok is false for a list or a mapping.
func (d *decoder) scalarText(node ast.Node) (text string, ok bool) {
	switch scalar := d.unwrap(node).(type) {
	case *ast.NullNode:
		return "", true
	case *ast.LiteralNode:
		return strings.TrimRight(scalar.Value.Value, "\n"), true
	case *ast.StringNode:
		return scalar.Value, true
	case ast.ScalarNode:
		return scalar.GetToken().Value, true
	}
	return "", false
}

func (d *decoder) origin(node ast.Node) Origin {
	position := node.GetToken().Position
	return Origin{FromFile, d.file, position.Line, position.Column}
}
