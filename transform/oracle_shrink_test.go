package transform_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shrink leaves out of a world what it does not need to differ.
func shrink(made []round, found string, again func([]round) string) ([]round, string) {
	for smaller := true; smaller; {
		smaller = false
		for _, candidate := range simpler(made) {
			if text := again(candidate); text != "" {
				made, found, smaller = candidate, text, true
				break
			}
		}
	}
	return made, found
}

// simpler lists the worlds that are one thing poorer: a run, a row, a code, a
// rule.
func simpler(made []round) [][]round {
	var candidates [][]round
	if len(made) > 1 {
		candidates = append(candidates, made[:len(made)-1])
		for i := range made[:len(made)-1] {
			// What the run brought comes with the next one.
			fewer := slices.Delete(cloneRounds(made), i, i+1)
			fewer[i].worlds[0].landing = append(slices.Clone(made[i].worlds[0].landing), fewer[i].worlds[0].landing...)
			candidates = append(candidates, fewer)
		}
	}
	things := map[string]func(w *world){}
	for i := range made {
		w := &made[i].worlds[0]
		for at, row := range w.landing {
			things[fmt.Sprint("landing", i, at, row.key())] = nil
			candidates = append(candidates, with(made, i, func(w *world) { w.landing = slices.Delete(w.landing, at, at+1) }))
		}
		for _, row := range w.counterparts {
			things["counterpart "+row.id+"/"+row.batch] = func(w *world) {
				w.counterparts = slices.DeleteFunc(w.counterparts, func(other counterpartRow) bool {
					return other.id == row.id && other.batch == row.batch
				})
			}
		}
		for code := range w.warehouseMap {
			things["warehouse "+code] = func(w *world) { delete(w.warehouseMap, code) }
		}
		for code := range w.skuMap {
			things["sku "+code] = func(w *world) { delete(w.skuMap, code) }
		}
		for _, rule := range w.rules {
			things["rule "+rule.reason] = func(w *world) {
				w.rules = slices.DeleteFunc(w.rules, func(other ignoreRule) bool { return other.reason == rule.reason })
			}
		}
	}
	for _, drop := range things {
		if drop == nil {
			continue
		}
		fewer := cloneRounds(made)
		for i := range fewer {
			drop(&fewer[i].worlds[0])
		}
		candidates = append(candidates, fewer)
	}
	return candidates
}

func with(made []round, i int, change func(*world)) []round {
	changed := cloneRounds(made)
	change(&changed[i].worlds[0])
	return changed
}

func cloneRounds(made []round) []round {
	copied := slices.Clone(made)
	for i := range copied {
		copied[i].worlds = []world{made[i].worlds[0].clone()}
	}
	return copied
}

// describe tells a single world for a person.
func describe(made []round) string {
	var told strings.Builder
	for i, r := range made {
		fmt.Fprintf(&told, "round %d: %v, snapshot complete %t, window complete %t\n", i+1, r.comparison.params("wdt", "yonsuite"), r.snapshotComplete, r.windowComplete)
		w := r.worlds[0]
		if w.acknowledge {
			fmt.Fprintln(&told, "  what is open is acknowledged")
		}
		for _, row := range w.landing {
			page, _ := pageOf([]sourceRow{row}, sourceRow.sourceJSON)
			fmt.Fprintf(&told, "  wdt      %s\n", page)
		}
		for _, row := range w.counterparts {
			page, _ := pageOf([]counterpartRow{row}, counterpartRow.counterpartJSON)
			fmt.Fprintf(&told, "  yonsuite %s\n", page)
		}
		fmt.Fprintf(&told, "  warehouses %v, SKUs %v\n", w.warehouseMap, w.skuMap)
		for _, rule := range w.rules {
			fmt.Fprintf(&told, "  rule %s: warehouse %s, SKU %s, expired %t\n", rule.reason, strconv.Quote(text(rule.warehouse)), strconv.Quote(text(rule.sku)), rule.expired)
		}
	}
	return told.String()
}
