package transform_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"pandian/transform"
)

// round is what one run finds: its parameters, whether the readings were
// complete, and each world as it is then.
type round struct {
	comparison       comparison
	snapshotComplete bool
	windowComplete   bool
	worlds           []world
}

// arena is where worlds are run: connections and a pipeline of their own in a
// database, and the oracle's view of each world.
type arena struct {
	*bundle
	name    string
	steps   []transform.File
	oracles []*oracle
}

func (b *bundle) newArena(name string, worlds int) *arena {
	a := &arena{bundle: b, name: name}
	for _, step := range b.steps {
		if step.Pipeline != "" {
			step.Pipeline = a.name // takes its input by itself
		}
		a.steps = append(a.steps, step)
	}
	for range worlds {
		a.oracles = append(a.oracles, newOracle())
	}
	return a
}

func (a *arena) source() string      { return a.name + "-wdt" }
func (a *arena) counterpart() string { return a.name + "-yonsuite" }

// run carries out a round and returns, for each world in which database and
// oracle differ, how.
func (a *arena) run(r round) map[int]string {
	runID := a.begin(a.name, r.comparison.params(a.source(), a.counterpart()))
	for i := range r.worlds {
		if r.worlds[i].acknowledge {
			for _, key := range a.oracles[i].acknowledge() {
				a.exec("select compare.acknowledge($1, $2, 'known', 'oracle')", a.name, key)
			}
		}
		a.oracles[i].read(&r.worlds[i], r.snapshotComplete)
		if r.snapshotComplete && r.windowComplete {
			a.oracles[i].compare(&r.worlds[i], r.comparison)
		}
	}
	a.keepRules(r.worlds)
	a.landRound(runID, r)
	a.bundle.run(runID, a.steps)
	return a.differences(r.worlds)
}

// landRound lands both sides as extract would: a page for each world that has
// something new, and a place of the snapshot for each world. A row of each
// side that agrees keeps the sides from being empty.
func (a *arena) landRound(runID int64, r round) {
	pages := []string{`[{"spec_id": "anchor", "warehouse_id": "1", "warehouse_no": "anchor", "goods_no": "anchor", "spec_no": "anchor", "stock_num": "1", "lock_num": "1"}]`}
	places := []string{`[{"warehouse": "1", "product": "anchor", "warehouse_code": "anchor", "productsku_code": "anchor", "currentqty": 1, "availableqty": 1}]`}
	for _, w := range r.worlds {
		page, err := pageOf(w.landing, sourceRow.sourceJSON)
		if err != nil {
			a.Fatal(err)
		}
		if len(w.landing) > 0 {
			pages = append(pages, page)
		}
		place, err := pageOf(w.counterparts, counterpartRow.counterpartJSON)
		if err != nil {
			a.Fatal(err)
		}
		places = append(places, place)
	}
	a.exec(`select given.landing($1, $2, $3, $4, $5, $6, $7)`,
		runID, a.source(), broken(r.windowComplete), pages, a.counterpart(), broken(r.snapshotComplete), places)
}

func broken(complete bool) *string {
	reason := "it broke off"
	if complete {
		return nil
	}
	return &reason
}

// keepRules makes the maps and rules of the database those of the worlds,
// touching only what differs, as a person would.
func (a *arena) keepRules(worlds []world) {
	type pair struct{ Source, Target string }
	type rule struct {
		Warehouse, SKU *string
		Reason         string
		Expired        bool
	}
	var told struct {
		Warehouses, SKUs []pair
		Rules            []rule
	}
	told.Warehouses, told.SKUs, told.Rules = []pair{}, []pair{}, []rule{}
	for _, w := range worlds {
		for code, target := range w.warehouseMap {
			told.Warehouses = append(told.Warehouses, pair{code, target})
		}
		for code, target := range w.skuMap {
			told.SKUs = append(told.SKUs, pair{code, target})
		}
		for _, r := range w.rules {
			told.Rules = append(told.Rules, rule{r.warehouse, r.sku, r.reason, r.expired})
		}
	}
	encoded, err := json.Marshal(told)
	if err != nil {
		a.Fatal(err)
	}
	a.exec("select given.keep_rules($1, $2, $3, $4)", a.name, a.source(), a.counterpart(), string(encoded))
}

// differences compares database and oracle, world by world.
func (a *arena) differences(worlds []world) map[int]string {
	results, ledger := a.readResults(), a.readLedger()
	differing := map[int]string{}
	for i, w := range worlds {
		want := map[string]outcome{}
		for key, result := range a.oracles[i].outcomes {
			if document, ok := a.oracles[i].documents[key]; ok {
				result.DocumentRevision, result.DocumentState = fmt.Sprint(document.revision), document.state
				result.DocumentValue = document.current
			}
			want[key] = result
		}
		wantLedger := map[string]difference{}
		for key, known := range a.oracles[i].ledger {
			wantLedger[key] = known
		}
		text := cmp.Diff(want, ofWorld(results, w.prefix)) + cmp.Diff(wantLedger, ofWorld(ledger, w.prefix))
		if text != "" {
			differing[i] = text
		}
	}
	return differing
}

// ofWorld keeps the rows whose key, or whose code for a row that only the
// counterpart has, begins with a world's prefix.
func ofWorld[V any](rows map[string]V, prefix string) map[string]V {
	own := map[string]V{}
	for key, row := range rows {
		if strings.HasPrefix(key, prefix) || strings.HasPrefix(key, "counterpart:"+prefix) {
			own[key] = row
		}
	}
	return own
}

func (a *arena) readResults() map[string]outcome {
	results := map[string]outcome{}
	for _, row := range a.table(fmt.Sprintf(`
		select
			stock_result.spec_id || '@' || stock_result.warehouse_id,
			stock_result.outcome,
			stock_result.warehouse_code,
			stock_result.sku_code,
			trim_scale(stock_result.source_qty),
			trim_scale(stock_result.counterpart_qty),
			stock_result.candidate_count,
			stock_result.sharing_count,
			coalesce(stock_result.ignore_reason, ''),
			stock_result.is_written_back,
			trim_scale(stock_result.currentqty),
			coalesce(head.revision::text, ''),
			coalesce(document.payload::json ->> 'state', ''),
			case when document.payload is null then ''
				else coalesce(document.payload::json -> 'primaryWriteback' ->> 'currentqty', 'null') end
		from compare.stock_result
		left join outbox.head
			on head.connection_code = stock_result.connection_code
			and head.pipeline_code = stock_result.pipeline_code
			and head.business_key = stock_result.spec_id || '@' || stock_result.warehouse_id
		left join outbox.document
			on document.connection_code = head.connection_code
			and document.pipeline_code = head.pipeline_code
			and document.document_id = head.document_id
		where stock_result.connection_code = '%s'`, a.source()))[1:] {
		results[row[0]] = outcome{
			Outcome: row[1], Warehouse: row[2], SKU: row[3], Source: row[4], Counterpart: row[5],
			Candidates: atoi(row[6]), Sharing: atoi(row[7]), Ignored: ignoredBy(row[8]),
			WrittenBack: row[9] == "t", CurrentQty: row[10],
			DocumentRevision: row[11], DocumentState: row[12], DocumentValue: row[13],
		}
	}
	return results
}

func (a *arena) readLedger() map[string]difference {
	ledger := map[string]difference{}
	for _, row := range a.table(fmt.Sprintf(`
		select
			record_key || ' ' || field,
			kind,
			state,
			reopened_count,
			trim_scale(source_qty),
			trim_scale(counterpart_qty),
			trim_scale(delta_qty),
			warehouse_code,
			sku_code
		from compare.discrepancy
		where connection_code = '%s'`, a.source()))[1:] {
		d := difference{Kind: row[1], State: row[2], Reopened: atoi(row[3])}
		if d.State != "resolved" {
			d.Source, d.Counterpart, d.Delta, d.Warehouse, d.SKU = row[4], row[5], row[6], row[7], row[8]
		}
		ledger[row[0]] = d
	}
	return ledger
}

// ignoredBy is the reason of the rule in "rule 7: reason".
func ignoredBy(reason string) string {
	if strings.Contains(reason, "ignore_index_exception") {
		return "exception"
	}
	if _, of, ok := strings.Cut(reason, ": "); ok {
		return of
	}
	return reason
}

func atoi(text string) int {
	var number int
	_, _ = fmt.Sscan(text, &number)
	return number
}

// clone copies a world as it is now.
func (w *world) clone() world {
	copied := *w
	copied.sources = slices.Clone(w.sources)
	copied.counterparts = slices.Clone(w.counterparts)
	copied.landing = slices.Clone(w.landing)
	copied.rules = slices.Clone(w.rules)
	copied.warehouseMap = copyMap(w.warehouseMap)
	copied.skuMap = copyMap(w.skuMap)
	return copied
}

func copyMap(m map[string]string) map[string]string {
	copied := map[string]string{}
	for key, value := range m {
		copied[key] = value
	}
	return copied
}
