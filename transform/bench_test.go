package transform_test

import (
	"fmt"
	"testing"
	"time"

	"pandian/transform"
)

// benchRows is the size of the benchmarked world.
const benchRows = 100_000

// BenchmarkStep types and compares 100,000 rows: all new, all unchanged after
// a change of 1 %, and all read again. One operation is one run; the steps'
// times are reported apart, in milliseconds.
func BenchmarkStep(b *testing.B) {
	for _, names := range []struct{ name, created, status string }{
		{"lower_case_fields", "created", "stockstatusdoc"},
		{"mixed_case_fields", "Created", "stockStatusDoc"},
	} {
		b.Run(names.name, func(b *testing.B) {
			for range b.N {
				bundle := newBundle(b)
				bundle.landWorld(names.created, names.status)
				bundle.timed(b, "new", false)
				bundle.relandWorld(`replace(records, '"41.0000"', '"42.0000"')`)
				bundle.timed(b, "changed", false)
				bundle.timed(b, "idle", false)
				bundle.timed(b, "full", true)
			}
		})
	}
}

func (b *bundle) timed(bench *testing.B, what string, full bool) {
	runID := b.begin(pipeline, nil)
	b.given(runID, "select 1")
	runner := b.runner(runID)
	runner.Full = full
	runner.After = func(result transform.StepResult) {
		bench.ReportMetric(float64(result.Duration)/float64(time.Millisecond), what+"-"+result.Step[len(result.Step)-12:]+"-ms")
	}
	if err := runner.Run(b.Context(), b.steps); err != nil {
		b.Fatal(err)
	}
	b.end(runID, "ok")
}

func (b *bundle) landWorld(created, status string) {
	b.Helper()
	runID := b.begin("landing", nil)
	b.given(runID, fmt.Sprintf(`
		select given.windowed('wdt', null, array_agg(records order by page_no))
		from (
			select
				id / 100 as page_no,
				json_agg(json_build_object(
					'spec_id', id::text, 'warehouse_id', '7', 'goods_no', 'G' || id, 'spec_no', 'S' || id,
					'barcode', '69' || id, 'warehouse_no', 'W1', 'warehouse_name', '上海一号仓',
					'goods_name', '纯棉短袖T恤', 'spec_name', '红色/XL', 'rec_id', id::text, 'status', '1',
					'default_position_id', '0', 'last_position_id', '0',
					'stock_num', id %% 100 || '.0000', 'lock_num', '0.0000', 'unpay_num', '0.0000',
					'subscribe_num', '0.0000', 'order_num', '1.0000', 'sending_num', '0.0000',
					'purchase_num', '0.0000', 'transfer_num', '0.0000', 'avaliable_num', '5.0000',
					'weight', '0.0000', 'cost_price', '12.5000', '%s', '2024-01-01 00:00:00',
					'modified', '2026-01-01 00:00:00'
				))::text as records
			from generate_series(0, %d) as id
			group by id / 100
		) as page;
		select given.snapshot('yonsuite', null, array_agg(records order by page_no))
		from (
			select
				id / 500 as page_no,
				json_agg(json_build_object(
					'org', 'O1', 'warehouse', '1001', 'warehouse_code', 'W1', 'warehouse_name', '上海一号仓',
					'product', 'P' || id, 'product_code', 'G' || id, 'product_name', '纯棉短袖T恤',
					'productsku', 'K' || id, 'productsku_code', 'G' || id, 'batchno', '', '%s', '1234567890123456789',
					'currentqty', id %% 100, 'availableqty', 5, 'planavailableqty', 5, 'innoticeqty', 0, 'preretailqty', 0
				))::text as records
			from generate_series(0, %d) as id
			group by id / 500
		) as page`, created, benchRows-1, status, benchRows-1))
	b.end(runID, "ok")
}

// relandWorld lands every page of both sides again with another text.
func (b *bundle) relandWorld(records string) {
	b.Helper()
	runID := b.begin("landing", nil)
	b.given(runID, `
		select given.windowed('wdt', null, array_agg(`+records+` order by page_no))
		from staging.page where dataset = 'wdt.stock';
		select given.snapshot('yonsuite', null, array_agg(replace(records, '"currentqty" : 7,', '"currentqty" : 8,') order by page_no))
		from staging.page where dataset = 'yonsuite.current_stock'`)
	b.end(runID, "ok")
}
