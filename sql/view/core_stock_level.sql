-- Stock of every vendor in our names and base units.
--
-- grain:  connection, warehouse, SKU and whatever finer the vendor has (batch, state)
-- reads:  wdt.stock, yonsuite.current_stock
-- writes: nothing
-- rerun:  safe

create or replace view core.stock_level as
select
    'wdt' as platform,
    stock.connection_code,
    stock.warehouse_no as warehouse_code,
    stock.warehouse_name,
    stock.spec_no as sku_code,
    stock.goods_no as goods_code,
    concat_ws(' ', stock.goods_name, nullif(stock.spec_name, '')) as sku_name,
    null::text as batch_code,
    stock.stock_num as on_hand_qty,
    stock.avaliable_num as available_qty,
    stock.modified as changed_at,
    stock.page_id,
    stock.place
from wdt.stock
union all
select
    'yonsuite',
    current_stock.connection_code,
    coalesce(nullif(current_stock.warehouse_code, ''), current_stock.warehouse),
    current_stock.warehouse_name,
    current_stock.productsku_code,
    current_stock.product_code,
    coalesce(nullif(current_stock.productsku_name, ''), current_stock.product_name),
    nullif(current_stock.batchno, ''),
    current_stock.currentqty,
    current_stock.availableqty,
    null::timestamptz,
    current_stock.page_id,
    current_stock.place
from yonsuite.current_stock;
comment on view core.stock_level is 'One row is one stock figure of one vendor. on_hand_qty is physical stock in base units; changed_at is null where the vendor does not say.';
