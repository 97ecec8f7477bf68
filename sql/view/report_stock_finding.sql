-- What makes a stock comparison less sure than it looks: several specs that meet one row of the counterpart, and
-- several rows of the counterpart behind one figure.
--
-- grain:  connection, pipeline, warehouse, SKU
-- reads:  compare.stock_result
-- writes: nothing
-- rerun:  safe

create or replace view report.stock_finding as
select
    stock_result.pipeline_code,
    stock_result.connection_code,
    stock_result.warehouse_code,
    stock_result.sku_code,
    count(*) as source_row_count,
    max(stock_result.candidate_count) as counterpart_row_count,
    sum(stock_result.source_qty) as source_qty,
    max(stock_result.counterpart_qty) as counterpart_qty,
    case
        when count(*) > 1 then 'several source rows meet one counterpart: each is compared with the whole figure; '
            || 'consider sku_key = spec_no'
        else 'several counterpart rows (batches, states) stand behind one figure: on_multiple decides'
    end as message
from compare.stock_result
where
    stock_result.candidate_count > 1
    or (stock_result.sharing_count > 1 and stock_result.candidate_count > 0)
group by
    stock_result.pipeline_code,
    stock_result.connection_code,
    stock_result.warehouse_code,
    stock_result.sku_code;
comment on view report.stock_finding is 'One row is a warehouse and SKU whose comparison is not one row against one row.';
