-- Shipments of every vendor in our names: what left a warehouse for a customer. No receiver is in it.
--
-- grain:  shipment: connection, document; shipment_line: connection, document, line
-- reads:  wdt.stockout, wdt.stockout_line, wdt.stockout_position, jst.saleout, jst.saleout_item, jst.saleout_batch
-- writes: nothing
-- rerun:  safe
--
-- state is one of pending (not shipped yet), shipped, cancelled, unknown; vendor_state is the vendor's own word.

create or replace view core.shipment as
select
    -- keys
    'wdt' as platform,
    'wdt.stockout' as dataset,
    stockout.connection_code,
    stockout.stockout_id as shipment_key,
    stockout.order_no as shipment_no,
    stockout.src_order_no as order_no,
    coalesce(nullif(stockout.src_tids, ''), stockout.src_trade_no) as online_order_no,

    -- state
    case
        when stockout.status = '5' then 'cancelled'
        when stockout.status in ('95', '105', '110', '113', '115', '120') then 'shipped'
        when stockout.status = '55' then 'pending'
        else 'unknown'
    end as state,
    stockout.status as vendor_state,

    -- who, where, how
    stockout.shop_no as shop_code,
    stockout.shop_name,
    stockout.warehouse_no as warehouse_code,
    null::text as distributor_code,
    stockout.logistics_code as carrier_code,
    stockout.logistics_name as carrier_name,
    stockout.logistics_no as tracking_no,
    stockout.receiver_province as receiver_province,
    stockout.receiver_city as receiver_city,

    -- amounts
    stockout.goods_total_amount as goods_amount,
    stockout.post_amount as freight_amount,
    stockout.discount as discount_amount,
    nullif(stockout.currency, '') as currency_code,

    -- times
    stockout.consign_time as shipped_at,
    stockout.created as created_at,
    stockout.modified as changed_at,

    -- provenance
    stockout.page_id,
    stockout.place,
    stockout.run_id
from wdt.stockout
union all
select
    'jst',
    'jst.saleout',
    saleout.connection_code,
    saleout.io_id,
    saleout.io_id,
    saleout.o_id,
    saleout.so_id,
    case
        when saleout.status in ('Cancelled', 'Delete') then 'cancelled'
        when saleout.status in ('Confirmed', 'Archive') then 'shipped'
        when saleout.status in ('WaitConfirm', 'OuterConfirming') then 'pending'
        else 'unknown'
    end,
    saleout.status,
    saleout.shop_id,
    saleout.shop_name,
    saleout.wms_co_id,
    nullif(saleout.drp_co_id_from, ''),
    saleout.lc_id,
    saleout.logistics_company,
    saleout.l_id,
    saleout.receiver_state,
    saleout.receiver_city,
    saleout.pay_amount,
    saleout.freight,
    saleout.free_amount,
    nullif(saleout.currency, ''),
    saleout.io_date,
    saleout.created,
    saleout.modified,
    saleout.page_id,
    saleout.place,
    saleout.run_id
from jst.saleout;
comment on view core.shipment is 'One row is one shipment to a customer: 销售出库单 of 旺店通 or 聚水潭, whatever became of it. goods_amount is what the goods cost the buyer (旺店通) or what is payable (聚水潭).';

create or replace view core.shipment_line as
select
    'wdt' as platform,
    stockout_line.connection_code,
    stockout_line.stockout_id as shipment_key,
    stockout_line.line_no,
    stockout_line.spec_no as sku_code,
    stockout_line.goods_no as goods_code,
    nullif(concat_ws(' ', stockout_line.goods_name, nullif(stockout_line.spec_name, '')), '') as sku_name,
    stockout_line.goods_count as qty,
    stockout_line.unit_name as unit,
    coalesce(stockout_line.price, stockout_line.sell_price) as price,
    coalesce(stockout_line.share_amount, stockout_line.total_amount) as amount,
    coalesce(btrim(stockout_line.gift_type), '') not in ('', '0') as is_gift,
    batch.batch_codes
from wdt.stockout_line
left join lateral (
    select string_agg(distinct stockout_position.batch_no, ',' order by stockout_position.batch_no) as batch_codes
    from wdt.stockout_position
    where
        stockout_position.connection_code = stockout_line.connection_code
        and stockout_position.stockout_id = stockout_line.stockout_id
        and stockout_position.line_no = stockout_line.line_no
        and stockout_position.batch_no <> ''
) as batch on true
union all
select
    'jst',
    saleout_item.connection_code,
    saleout_item.io_id,
    saleout_item.line_no,
    saleout_item.sku_id,
    saleout_item.i_id,
    nullif(concat_ws(' ', saleout_item.name, nullif(saleout_item.properties_value, '')), ''),
    saleout_item.qty,
    saleout_item.unit,
    saleout_item.sale_price,
    saleout_item.sale_amount,
    lower(coalesce(saleout_item.is_gift, '')) in ('true', '1'),
    batch.batch_codes
from jst.saleout_item
left join lateral (
    select string_agg(distinct saleout_batch.batch_no, ',' order by saleout_batch.batch_no) as batch_codes
    from jst.saleout_batch
    where
        saleout_batch.connection_code = saleout_item.connection_code
        and saleout_batch.io_id = saleout_item.io_id
        and saleout_batch.line_no = saleout_item.line_no
        and saleout_batch.batch_no <> ''
) as batch on true;
comment on view core.shipment_line is 'One row is one line of a shipment. amount is what the vendor allots to the line, which need not be price times qty; batch_codes are its batches, with commas between.';
