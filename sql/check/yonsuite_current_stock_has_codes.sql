-- Every stock row of YonSuite has the codes by which it is compared. A row without a SKU code is left out of the
-- comparison.
--
-- pipeline: stock-compare
-- severity: warning
-- reads:    yonsuite.current_stock
-- writes:   nothing
-- rerun:    safe

select
    concat_ws('/', current_stock.warehouse_name, current_stock.product_code, current_stock.product_name) as record_key,
    'has no ' || case when btrim(coalesce(current_stock.productsku_code, '')) = '' then 'SKU code (productsku_code)' else 'warehouse code (warehouse_code)' end
    || ': it is compared with nothing; give it one at the source' as message
from yonsuite.current_stock
where
    current_stock.connection_code = ops.param('counterpart_connection')
    and (
        btrim(coalesce(current_stock.productsku_code, '')) = ''
        or btrim(coalesce(current_stock.warehouse_code, '')) = ''
    )
    and current_stock.currentqty is distinct from 0
