-- Stock of 旺店通 as the seed page prints it: the vendor's fields, and currentqty (YS现存量) written back beside them.
--
-- grain:  connection, spec_id, warehouse_id
-- reads:  wdt.stock, outbox.writeback
-- writes: nothing
-- rerun:  safe
--
-- Where several pipelines write currentqty back, the one that did so last is shown.

create or replace view report.wdt_stock as
with written_back as (
    select distinct on (writeback.connection_code, writeback.record_key)
        writeback.connection_code,
        writeback.record_key,
        writeback.value::numeric as currentqty,
        writeback.written_at,
        writeback.pipeline_code
    from outbox.writeback
    where
        writeback.dataset = 'wdt.stock'
        and writeback.field = 'currentqty'
    order by
        writeback.connection_code,
        writeback.record_key,
        writeback.written_at desc,
        writeback.pipeline_code
)

select
    stock.connection_code,
    stock.spec_id,
    stock.goods_no,
    stock.spec_no,
    stock.spec_code,
    stock.barcode,
    stock.warehouse_id,
    stock.warehouse_no,
    stock.warehouse_name,
    stock.stock_num,
    stock.lock_num,
    stock.rec_id,
    stock.created,
    stock.status,
    stock.default_position_id,
    stock.last_position_id,
    stock.unpay_num,
    stock.subscribe_num,
    stock.order_num,
    stock.sending_num,
    stock.purchase_num,
    stock.transfer_num,
    stock.weight,
    stock.modified,
    written_back.currentqty,
    written_back.written_at as currentqty_written_at,
    written_back.pipeline_code as currentqty_pipeline_code,
    stock.goods_name,
    stock.spec_name,
    stock.avaliable_num
from wdt.stock
left join written_back
    on written_back.connection_code = stock.connection_code
    and written_back.record_key = stock.spec_id || '@' || stock.warehouse_id;
comment on view report.wdt_stock is 'One row is the stock of one SKU in one warehouse (旺店通 库存查询) with the counterpart''s figure, currentqty YS现存量, written back beside it.';
