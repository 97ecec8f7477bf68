package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"pandian/internal/fault"
)

// filterTable is a mapping of filter names to one value each, as a platform's
// query takes them.
func filterTable(key string, target *map[string]string, names ...string) field {
	return field{key: key, node: func(d *decoder, path string, _ Origin, value ast.Node) {
		*target = d.filterTable(path, value, names)
	}}
}

func (d *decoder) filterTable(path string, node ast.Node, names []string) map[string]string {
	if node == nil || d.isNull(node) {
		return nil
	}
	pairs, ok := d.pairs(node)
	if !ok {
		d.refuse(path, d.origin(node), badValue("write it as {"+names[0]+": value}", "must hold filter names and their values"))
		return nil
	}
	filters := map[string]string{}
	for _, p := range pairs {
		place := join(path, p.key)
		if !slices.Contains(names, p.key) {
			d.refuse(place, p.at, &refusal{fault.ConfigUnknownKey, "unknown filter " + p.key, didYouMean(p.key, "known", names)})
			continue
		}
		values, refused := d.texts(p.value)
		if refused != nil {
			d.refuse(place, d.origin(p.value), refused)
			continue
		}
		filters[p.key] = strings.Join(values, ",")
		d.remember(place, filters[p.key], d.origin(p.value))
	}
	return filters
}

// toggle is on or off; true and false will do, too.
func toggle(key string, target *bool, fallback string) field {
	return field{key: key, fallback: fallback, set: func(v given) *refusal {
		word, refused := onOff(v.text)
		if refused == nil {
			*target = word == "on"
		}
		return refused
	}}
}

func orText(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
