package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// splitDataset parts "wdt.stock" into schema and table.
func splitDataset(dataset string) []string { return strings.SplitN(dataset, ".", 2) }

// sortedKeys lists the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
