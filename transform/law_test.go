package transform_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSwap: comparing the two systems the other way round flips every sign,
// and what was missing there is missing here.
func TestSwap(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	random := rand.New(rand.NewPCG(7, 7))
	here, there := map[int]figure{}, map[int]figure{}
	for id := range 300 {
		if random.IntN(10) > 0 {
			here[id] = someFigure(random)
		}
		if random.IntN(10) > 0 {
			there[id] = someFigure(random)
		}
	}
	b.compareFigures("straight", here, there)
	b.compareFigures("swapped", there, here)
	const ledger = `
		select warehouse_code || '/' || sku_code, kind, trim_scale(source_qty), trim_scale(counterpart_qty), trim_scale(delta_qty)
		from compare.discrepancy
		where pipeline_code = '%s'
		order by 1`
	straight, swapped := b.table(fmt.Sprintf(ledger, "straight"))[1:], b.table(fmt.Sprintf(ledger, "swapped"))[1:]
	turned := strings.NewReplacer("missing_here", "missing_there", "missing_there", "missing_here")
	want := map[string]string{}
	kinds := map[string]int{}
	for _, row := range straight {
		kinds[row[1]]++
		delta := row[4]
		if delta != "null" {
			delta = quantity(delta).Neg().String()
		}
		want[row[0]] = fmt.Sprint(turned.Replace(row[1]), " ", row[3], " ", row[2], " ", delta)
	}
	// A figure of 0 that only one side has is missing there, but is no stock that
	// is missing here.
	for _, row := range swapped {
		got := strings.Join(row[1:], " ")
		if _, ok := want[row[0]]; !ok && got == "missing_there 0 null 0" {
			continue
		}
		if got != want[row[0]] {
			t.Errorf("%s: got %s, want %s", row[0], got, want[row[0]])
		}
		delete(want, row[0])
	}
	for key, row := range want {
		if !strings.HasPrefix(row, "missing_here null 0 ") {
			t.Errorf("%s: not found the other way round, want %s", key, row)
		}
	}
	if kinds["different"] < 20 || kinds["missing_here"] < 5 || kinds["missing_there"] < 5 {
		t.Errorf("too little to compare: %v", kinds)
	}
}

// compareFigures lands figures by SKU and compares them.
func (b *bundle) compareFigures(name string, here, there map[int]figure) {
	b.Helper()
	w := world{prefix: "s-"}
	warehouse := "s-W1"
	for id := range 300 {
		sku := fmt.Sprint("s-", id)
		if figure, ok := here[id]; ok {
			w.landing = append(w.landing, sourceRow{
				spec: sku, warehouse: "1", warehouseNo: &warehouse, goodsNo: &sku, stockNum: figure,
			})
		}
		if figure, ok := there[id]; ok {
			w.counterparts = append(w.counterparts, counterpartRow{id: sku, warehouseCode: &warehouse, skuCode: &sku, currentQty: figure})
		}
	}
	a := b.newArena(name, 1)
	c := comparison{
		skuKey: "goods_no", sourceField: "stock_num", counterpartField: "currentqty",
		operator: "eq", onMultiple: "sum", isQuoted: true, bothDirections: true,
	}
	if differing := a.run(round{comparison: c, snapshotComplete: true, windowComplete: true, worlds: []world{w}}); len(differing) > 0 {
		b.Errorf("%s: database and oracle differ\n%s", name, differing[0])
	}
}

// TestIncrementalIsFull: after any changes on both sides, what the runs made
// of them step by step is what a pipeline finds that sees everything for the
// first time.
func TestIncrementalIsFull(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for batch := range uint64(8) {
		var seeds []uint64
		for i := range uint64(worldsPerBatch) {
			seeds = append(seeds, 1_000_000+batch*worldsPerBatch+i)
		}
		a := b.newArena(fmt.Sprintf("steps-%d", batch), worldsPerBatch)
		for i, r := range generate(1_000_000+batch, seeds) {
			a.run(r)
			if !r.snapshotComplete || !r.windowComplete {
				continue
			}
			a.wantAsFresh(fmt.Sprintf("fresh-%d-%d", batch, i), r)
		}
	}
}

func (a *arena) wantAsFresh(name string, r round) {
	a.Helper()
	fresh := a.newArena(name, 0)
	a.exec(`
		insert into ref.ignore_rule (pipeline_code, warehouse_code, sku_code, reason, created_at, expires_at)
		select $2, warehouse_code, sku_code, reason, created_at, expires_at
		from ref.ignore_rule
		where pipeline_code = $1
		order by ignore_rule_id`, a.name, name)
	runID := a.begin(name, r.comparison.params(a.source(), a.counterpart()))
	a.bundle.run(runID, fresh.steps)
	for _, row := range a.table(fmt.Sprintf(`
		with result as (
			select
				pipeline_code, spec_id, warehouse_id, warehouse_code, sku_code, outcome, source_qty, counterpart_qty,
				candidate_count, sharing_count, regexp_replace(ignore_reason, '^rule \d+', 'rule') as ignore_reason,
				is_written_back, currentqty
			from compare.stock_result
		),

		difference as (
			select
				pipeline_code, record_key, field, kind, warehouse_code, sku_code, source_qty, counterpart_qty, delta_qty
			from compare.discrepancy
			where state <> 'resolved'
		)

		select 'only step by step' as what, (steps.*)::text
		from result as steps
		where
			steps.pipeline_code = '%[1]s'
			and not exists (
				select from result as fresh
				where
					fresh.pipeline_code = '%[2]s'
					and fresh.spec_id = steps.spec_id
					and fresh.warehouse_id = steps.warehouse_id
					and to_jsonb(fresh) - 'pipeline_code' = to_jsonb(steps) - 'pipeline_code'
			)
		union all
		select 'only fresh', (fresh.*)::text
		from result as fresh
		where
			fresh.pipeline_code = '%[2]s'
			and not exists (
				select from result as steps
				where
					steps.pipeline_code = '%[1]s'
					and steps.spec_id = fresh.spec_id
					and steps.warehouse_id = fresh.warehouse_id
			)
		union all
		select 'ledger, one of the two only', record_key || ' ' || field
		from difference
		where pipeline_code in ('%[1]s', '%[2]s')
		group by record_key, field, kind, warehouse_code, sku_code, source_qty, counterpart_qty, delta_qty
		having count(*) <> 2`, a.name, name))[1:] {
		a.Errorf("%s: %s %s", a.name, row[0], row[1])
	}
}
