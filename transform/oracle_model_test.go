package transform_test

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// outcome is what came of one source row. Figures are texts without trailing
// zeros; "null" is one that is missing.
type outcome struct {
	Outcome, Warehouse, SKU         string
	Source, Counterpart             string
	Candidates, Sharing             int
	Ignored                         string
	WrittenBack                     bool
	CurrentQty                      string
	DocumentRevision, DocumentState string
	DocumentValue                   string
}

// difference is a row of the ledger.
type difference struct {
	Kind, State, Warehouse, SKU, Source, Counterpart, Delta string
	Reopened                                                int
}

// seenRow is a typed row of the counterpart; seen is its place in the order in
// which rows were first seen.
type seenRow struct {
	counterpartRow
	seen int
}

// oracle knows what must stand in the database for one world. It is written
// from the description of CompareData, row by row, and does everything anew
// after each run.
type oracle struct {
	sources      map[string]sourceRow
	counterparts map[string]seenRow
	outcomes     map[string]outcome
	ledger       map[string]difference // by record key and field
	documents    map[string]document
	seen         int
}

// document is the newest revision of a source row's document.
type document struct {
	revision                int
	payload, state, current string
}

func newOracle() *oracle {
	return &oracle{
		sources:      map[string]sourceRow{},
		counterparts: map[string]seenRow{},
		outcomes:     map[string]outcome{},
		ledger:       map[string]difference{},
		documents:    map[string]document{},
	}
}

// read takes what a reading of both sides brings. Rows vanish only with a
// complete snapshot.
func (o *oracle) read(w *world, snapshotComplete bool) {
	for _, row := range w.landing {
		known, ok := o.sources[row.key()]
		if !ok || row.modified >= known.modified {
			o.sources[row.key()] = row
		}
	}
	standing := map[string]bool{}
	for _, row := range w.counterparts {
		key := row.id + "/" + row.batch
		standing[key] = true
		known, ok := o.counterparts[key]
		if !ok {
			o.seen++
			known.seen = o.seen
		}
		o.counterparts[key] = seenRow{counterpartRow: row, seen: known.seen}
	}
	for key := range o.counterparts {
		if snapshotComplete && !standing[key] {
			delete(o.counterparts, key)
		}
	}
}

// compare judges every source row and brings ledger and documents up to date.
func (o *oracle) compare(w *world, c comparison) {
	found := map[string]difference{}
	for key, row := range o.sources {
		result := o.judge(w, c, row)
		previous, known := o.outcomes[key]
		o.outcomes[key] = result
		if !known || previous != result {
			o.write(key, result, c)
		}
		switch result.Outcome {
		case "different", "missing_there", "not_comparable":
			found[key+" "+c.counterpartField] = asDifference(result)
		}
	}
	if c.bothDirections {
		o.onlyThere(w, c, found)
	}
	o.keep(found)
}

func (o *oracle) judge(w *world, c comparison, row sourceRow) outcome {
	warehouse, sku := index(w, c, row)
	result := outcome{Warehouse: text(warehouse), SKU: text(sku), Source: "null", Counterpart: "null", CurrentQty: "null", Sharing: 1}
	expected := row.stockNum
	if c.sourceField == "lock_num" {
		expected = row.lockNum
	}
	result.Source = show(expected)
	if warehouse != nil && sku != nil {
		result.Sharing = 0
		for _, other := range o.sources {
			otherWarehouse, otherSKU := index(w, c, other)
			if text(otherWarehouse) == text(warehouse) && text(otherSKU) == text(sku) {
				result.Sharing++
			}
		}
	}
	candidates := o.lookup(warehouse, sku)
	result.Candidates = len(candidates)
	value, ambiguous := c.figureOf(candidates)
	compared := expected
	if c.compareValue != "" && c.operator != "between" && c.operator != "like" && c.operator != "notlike" {
		compared = quantity(c.compareValue)
	}
	isEqual := len(candidates) > 0 && !ambiguous && holds(value, c.operator, compared, c.compareValue, c.tolerance)
	result.Counterpart = show(value)
	if c.isQuoted && len(candidates) > 0 && !ambiguous {
		result.WrittenBack, result.CurrentQty = true, show(value)
	}
	switch {
	case isEqual:
		result.Outcome = "equal"
	case len(candidates) == 0 && c.excepts(row):
		result.Outcome, result.Ignored = "ignored", "exception"
	case w.ignores(warehouse, sku) != "":
		result.Outcome, result.Ignored = "ignored", w.ignores(warehouse, sku)
	case len(candidates) == 0:
		result.Outcome = "missing_there"
	case ambiguous:
		result.Outcome = "not_comparable"
	default:
		result.Outcome = "different"
	}
	return result
}

// index is the source row's index as the counterpart calls it; nil is a code
// that is missing.
func index(w *world, c comparison, row sourceRow) (warehouse, sku *string) {
	sku = row.goodsNo
	if c.skuKey == "spec_no" {
		sku = row.specNo
	}
	return translate(row.warehouseNo, w.warehouseMap), translate(sku, w.skuMap)
}

func translate(code *string, codes map[string]string) *string {
	if code == nil {
		return nil
	}
	trimmed := strings.Trim(*code, " ")
	if target, ok := codes[trimmed]; ok {
		trimmed = strings.Trim(target, " ")
	}
	return &trimmed
}

// lookup finds the counterpart's rows, in the order in which they were seen
// first. A blank code finds nothing.
func (o *oracle) lookup(warehouse, sku *string) []seenRow {
	var rows []seenRow
	if warehouse == nil || sku == nil || *warehouse == "" || *sku == "" {
		return nil
	}
	for _, row := range o.counterparts {
		if text(translate(row.warehouseCode, nil)) == *warehouse && text(translate(row.skuCode, nil)) == *sku {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b seenRow) int { return a.seen - b.seen })
	return rows
}

func (c comparison) figure(row counterpartRow) figure {
	if c.counterpartField == "availableqty" {
		return row.availableQty
	}
	return row.currentQty
}

// figureOf is the counterpart's figure by on_multiple. An unknown part makes
// the sum unknown.
func (c comparison) figureOf(rows []seenRow) (value figure, ambiguous bool) {
	switch {
	case len(rows) == 0:
		return nil, false
	case c.onMultiple == "error" && len(rows) > 1:
		return nil, true
	case c.onMultiple != "sum":
		return c.figure(rows[0].counterpartRow), false
	}
	return c.sum(rows), false
}

func (c comparison) sum(rows []seenRow) figure {
	total := decimal.Zero
	for _, row := range rows {
		part := c.figure(row.counterpartRow)
		if part == nil {
			return nil
		}
		total = total.Add(*part)
	}
	return &total
}

// ignores is the reason of the first rule that names the row.
func (w *world) ignores(warehouse, sku *string) string {
	for _, rule := range w.rules {
		if !rule.expired && names(rule.warehouse, warehouse) && names(rule.sku, sku) {
			return rule.reason
		}
	}
	return ""
}

func names(rule, code *string) bool {
	return rule == nil || code != nil && strings.Trim(*rule, " ") == *code
}

func text(code *string) string {
	if code == nil {
		return "null"
	}
	return *code
}

func show(value figure) string {
	if value == nil {
		return "null"
	}
	return value.String()
}

func mapValues[K comparable, V any](m map[K]V) func(func(V) bool) {
	return func(yield func(V) bool) {
		for _, value := range m {
			if !yield(value) {
				return
			}
		}
	}
}
