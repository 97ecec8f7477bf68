package transform_test

import (
	"fmt"
	"slices"
	"strings"
)

// onlyThere adds the codes that only the counterpart has, unless their sum is 0.
func (o *oracle) onlyThere(w *world, c comparison, found map[string]difference) {
	for _, row := range o.counterparts {
		warehouse, sku := translate(row.warehouseCode, nil), translate(row.skuCode, nil)
		rows := o.lookup(warehouse, sku)
		total := c.sum(rows)
		isKnown := slices.ContainsFunc(slices.Collect(mapValues(o.sources)), func(source sourceRow) bool {
			sourceWarehouse, sourceSKU := index(w, c, source)
			return text(sourceWarehouse) == text(warehouse) && text(sourceSKU) == text(sku)
		})
		if len(rows) == 0 || isKnown || total != nil && total.IsZero() || w.ignores(warehouse, sku) != "" {
			continue
		}
		delta := "null"
		if total != nil {
			delta = total.Neg().String()
		}
		found[fmt.Sprintf("counterpart:%s/%s %s", *warehouse, *sku, c.counterpartField)] = difference{
			Kind: "missing_here", Warehouse: *warehouse, SKU: *sku, Source: "null", Counterpart: show(total), Delta: delta,
		}
	}
}

func asDifference(result outcome) difference {
	d := difference{
		Kind: result.Outcome, Warehouse: result.Warehouse, SKU: result.SKU,
		Source: result.Source, Counterpart: result.Counterpart, Delta: "null",
	}
	switch {
	case result.Outcome == "missing_there":
		d.Delta = result.Source
	case result.Outcome == "different" && result.Source != "null" && result.Counterpart != "null":
		d.Delta = quantity(result.Source).Sub(*quantity(result.Counterpart)).String()
	}
	return d
}

// keep brings the ledger up to date: what is found is open, what is found no
// more is resolved.
func (o *oracle) keep(found map[string]difference) {
	for key, now := range found {
		known, ok := o.ledger[key]
		now.State, now.Reopened = "open", known.Reopened
		switch {
		case ok && known.State == "resolved":
			now.Reopened++
		case ok && known.Kind == now.Kind && known.Warehouse == now.Warehouse && known.SKU == now.SKU &&
			known.Source == now.Source && known.Counterpart == now.Counterpart:
			now.State = known.State // an acknowledgement stands while nothing changes
		}
		o.ledger[key] = now
	}
	for key, known := range o.ledger {
		if _, ok := found[key]; !ok {
			o.ledger[key] = difference{Kind: known.Kind, State: "resolved", Reopened: known.Reopened}
		}
	}
}

// acknowledge is a person's word on everything that is open.
func (o *oracle) acknowledge() []string {
	var keys []string
	for key, known := range o.ledger {
		if known.State == "open" {
			known.State = "acknowledged"
			o.ledger[key] = known
			recordKey, _, _ := strings.Cut(key, " ")
			keys = append(keys, recordKey)
		}
	}
	return keys
}

// write makes a document of an outcome that changed, when there is something
// to write back, or something to clear.
func (o *oracle) write(key string, result outcome, c comparison) {
	known, ok := o.documents[key]
	if !result.WrittenBack && !ok {
		return
	}
	state := "error"
	switch result.Outcome {
	case "equal":
		state = "finished"
	case "ignored":
		state = "ignored"
	}
	payload := fmt.Sprint(result.Warehouse, "|", result.SKU, "|", result.Source, "|", state, "|", result.CurrentQty,
		"|", c.counterpartField, "|", c.operator, "|", c.isQuoted)
	if payload != known.payload {
		o.documents[key] = document{revision: known.revision + 1, payload: payload, state: state, current: result.CurrentQty}
	}
}
