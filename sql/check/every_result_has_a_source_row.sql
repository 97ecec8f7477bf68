-- Every outcome belongs to a source row that exists, and after a comparison every source row has an outcome.
--
-- pipeline: stock-compare
-- severity: error
-- reads:    wdt.stock, compare.stock_result, compare.basis
-- writes:   nothing
-- rerun:    safe

select
    coalesce(stock.spec_id, stock_result.spec_id) || '@' || coalesce(stock.warehouse_id, stock_result.warehouse_id) as record_key,
    case
        when stock.spec_id is null then 'has an outcome but no source row'
        else 'has no outcome'
    end as message
from (
    select
        stock.spec_id,
        stock.warehouse_id
    from wdt.stock
    where stock.connection_code = ops.param('source_connection')
) as stock
full join (
    select
        stock_result.spec_id,
        stock_result.warehouse_id
    from compare.stock_result
    where
        stock_result.connection_code = ops.param('source_connection')
        and stock_result.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
) as stock_result
    on stock_result.spec_id = stock.spec_id
    and stock_result.warehouse_id = stock.warehouse_id
where
    stock.spec_id is null
    or (
        stock_result.spec_id is null
        -- while a side is not complete nothing is compared, and new rows wait
        and exists (
            select from compare.basis
            where
                basis.connection_code = ops.param('source_connection')
                and basis.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
        )
    )
