-- Each counterpart is met by one source row. With sku_key = goods_no (货品编号, one per style) several specs can meet
-- one YonSuite row, and each is then compared with the whole figure.
--
-- pipeline: stock-compare
-- severity: warning
-- reads:    compare.stock_result
-- writes:   nothing
-- rerun:    safe

select
    stock_result.warehouse_code || '/' || stock_result.sku_code as record_key,
    count(*) || ' source rows meet this counterpart row: each is compared with its whole figure; consider sku_key = spec_no' as message
from compare.stock_result
where
    stock_result.connection_code = ops.param('source_connection')
    and stock_result.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
    and stock_result.sharing_count > 1
    and stock_result.candidate_count > 0
group by
    stock_result.warehouse_code,
    stock_result.sku_code
