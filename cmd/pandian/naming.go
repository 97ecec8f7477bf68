package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// splitDataset parts "wdt.stock" into schema and table, and
// "wdt.stockout.modified" into schema, table and reading.
func splitDataset(dataset string) []string { return strings.Split(dataset, ".") }

// sortedKeys lists the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
