-- Sales stockouts of 旺店通 as 销售出库单 of 畅捷通T+ (saleDispatch/Create): one voucher per shipped stockout.
--
-- pipeline: wdt-stockouts-to-tplus
-- grain:    connection, pipeline, business key (stockout_id), revision
-- reads:    wdt.stockout, wdt.stockout_line, wdt.stockout_change, ref.shop_map, ref.warehouse_map, ref.sku_map, ref.payload_field
-- writes:   outbox.document, outbox.head, outbox.held_back, outbox.late_change, outbox.retry
-- rerun:    safe; a payload equal to the newest revision makes no document
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/outbox/wdt_stockout_to_tplus.sql
--
-- Parameters: customer, warehouse and inventory are the codes of the published scheme (TESTCUST, TEST_CK01, 2121) for
-- whatever has no row in ref; blank, they make shops without a row held back, and warehouses and SKUs keep their own
-- codes. statuses lists what counts as shipped.
-- ExternalCode and Code are the stockout's number, which one voucher only can have: of two stockouts with one number the
-- one that was delivered keeps it, else the older one.
-- A gift without a price goes at 0, with IsPresent.
-- T+ takes no changes to a voucher that it made: a stockout that changes later is listed in outbox.late_change.

select outbox.open_proposals();

insert into proposal (business_key, payload, held_because, withdrawn_because)
with setting as materialized (
    -- once, not once a row
    select
        run.pipeline_code,
        ops.param('source_connection') as source_connection,
        ops.param('target_connection') as target_connection,
        nullif(ops.param('customer'), '') as customer,
        nullif(ops.param('warehouse'), '') as warehouse,
        nullif(ops.param('inventory'), '') as inventory,
        nullif(ops.param('voucher_type'), '') as voucher_type,
        nullif(ops.param('business_type'), '') as business_type,
        nullif(ops.param('memo'), '') as memo,
        string_to_array(replace(ops.param('statuses'), ' ', ''), ',') as statuses,
        nullif(ops.param('shipped_since'), '')::timestamptz as shipped_since
    from ops.run
    where run.run_id = ops.run_id()
),

asked as materialized (
    select stockout_change.stockout_id
    from setting
    inner join wdt.stockout_change on stockout_change.connection_code = setting.source_connection
    inner join ops.input_run on input_run.run_id = stockout_change.run_id
    union
    select keys_to_look_at
    from outbox.keys_to_look_at()
    union
    select stockout.stockout_id
    from setting
    inner join wdt.stockout on stockout.connection_code = setting.source_connection
    where ops.is_full()
),

header as (
    select
        stockout.stockout_id,
        ops.printable(stockout.order_no) as order_no,
        nullif(btrim(stockout.shop_no), '') as shop_no,
        stockout.status,
        stockout.status = any(setting.statuses)
        and coalesce(stockout.consign_time >= setting.shipped_since, true) as is_due,
        -- it changed lately, but was shipped before pandian's time
        coalesce(stockout.consign_time < setting.shipped_since, false) as is_before,
        stockout.consign_time,
        stockout.receiver_address,
        stockout.logistics_no,
        coalesce(shop_map.customer_code, setting.customer) as customer_code,
        coalesce(
            warehouse_map.target_warehouse_code,
            setting.warehouse,
            nullif(btrim(stockout.warehouse_no), '')
        ) as warehouse_code,
        twin.stockout_id as twin_stockout_id,
        setting.source_connection,
        setting.target_connection,
        setting.inventory,
        setting.memo
    from setting
    cross join asked
    cross join lateral (
        select
            stockout.connection_code,
            stockout.stockout_id,
            stockout.order_no,
            stockout.shop_no,
            stockout.warehouse_no,
            stockout.status,
            stockout.consign_time,
            stockout.receiver_address,
            stockout.logistics_no
        from wdt.stockout
        where
            stockout.connection_code = setting.source_connection
            and stockout.stockout_id = asked.stockout_id
        limit 1  -- one look-up per key, however many keys the planner expects
    ) as stockout
    left join ref.shop_map
        on shop_map.source_connection_code = setting.source_connection
        and shop_map.source_shop_code = btrim(stockout.shop_no)
        and shop_map.target_connection_code = setting.target_connection
    left join ref.warehouse_map
        on warehouse_map.source_connection_code = setting.source_connection
        and warehouse_map.source_warehouse_code = btrim(stockout.warehouse_no)
        and warehouse_map.target_connection_code = setting.target_connection
    left join lateral (
        -- another stockout that has the number already
        select twin.stockout_id
        from wdt.stockout as twin
        where
            twin.connection_code = stockout.connection_code
            and btrim(twin.order_no) = btrim(stockout.order_no)
            and twin.stockout_id <> stockout.stockout_id
            and not outbox.is_at_target(stockout.connection_code, setting.pipeline_code, stockout.stockout_id)
            and (
                outbox.is_at_target(twin.connection_code, setting.pipeline_code, twin.stockout_id)
                or (
                    twin.status = any(setting.statuses)
                    and (length(twin.stockout_id), twin.stockout_id) < (length(stockout.stockout_id), stockout.stockout_id)
                )
            )
        order by
            length(twin.stockout_id),
            twin.stockout_id
        limit 1
    ) as twin on true
),

detail as (
    -- each document with its lines
    select
        header.stockout_id,
        header.order_no,
        header.shop_no,
        header.status,
        header.is_due,
        header.is_before,
        header.consign_time,
        header.receiver_address,
        header.logistics_no,
        header.customer_code,
        header.warehouse_code,
        header.twin_stockout_id,
        lines.line_count,
        lines.line_without_sku,
        lines.line_without_quantity,
        lines.line_without_price,
        lines.details
    from header
    cross join lateral (
        select
            count(*) as line_count,
            min(line.line_no) filter (where line.spec_no is null) as line_without_sku,
            min(line.line_no) filter (where coalesce(line.goods_count, 0) <= 0) as line_without_quantity,
            min(line.line_no) filter (where line.price is null and not line.is_gift) as line_without_price,
            json_agg(
                json_build_object(
                    'Inventory', ops.code_object('Code', line.inventory_code),
                    'BaseQuantity', trim_scale(line.goods_count),
                    'origTaxSalePrice', trim_scale(coalesce(line.price, 0)),
                    'IsPresent', case when line.is_gift then true end,
                    'DetailMemo', concat(header.memo, header.stockout_id)
                )
                order by line.line_no
            ) as details
        from (
            select
                stockout_line.line_no,
                stockout_line.goods_count,
                -- 最终价格; documents without it carry the sale price 销售价
                coalesce(stockout_line.price, stockout_line.sell_price) as price,
                coalesce(btrim(stockout_line.gift_type), '') not in ('', '0') as is_gift,
                nullif(btrim(stockout_line.spec_no), '') as spec_no,
                coalesce(sku_map.target_sku_code, header.inventory, nullif(btrim(stockout_line.spec_no), '')) as inventory_code
            from wdt.stockout_line
            left join ref.sku_map
                on sku_map.source_connection_code = header.source_connection
                and sku_map.source_sku_code = btrim(stockout_line.spec_no)
                and sku_map.target_connection_code = header.target_connection
            where
                stockout_line.connection_code = header.source_connection
                and stockout_line.stockout_id = header.stockout_id
                and header.is_due
        ) as line
    ) as lines
),

judged as (
    select
        detail.stockout_id,
        detail.is_due,
        detail.is_before,
        detail.status,
        case
            when detail.line_count = 0
                then 'no lines: stockout ' || detail.stockout_id || ' has no lines; correct it in 旺店通'
            when detail.order_no is null
                then 'no number: stockout ' || detail.stockout_id || ' has no order_no, which the voucher needs as its code'
            when detail.twin_stockout_id is not null
                then 'order number twice: ' || detail.order_no || ' is stockout ' || detail.twin_stockout_id
                || ' already; enter this one by hand'
            when detail.line_without_sku is not null
                then 'no sku: line ' || detail.line_without_sku || ' of ' || detail.order_no || ' has no spec_no; correct it in 旺店通'
            when detail.line_without_quantity is not null
                then 'quantity: line ' || detail.line_without_quantity || ' of ' || detail.order_no
                || ' has a quantity of 0 or less; enter the return by hand'
            when detail.consign_time is null
                then 'no date: ' || detail.order_no || ' was shipped without a consign_time; correct it in 旺店通'
            when detail.line_without_price is not null
                then 'no price: line ' || detail.line_without_price || ' of ' || detail.order_no
                || ' has neither price nor sell_price; correct it in 旺店通'
            when detail.customer_code is null
                then 'no customer: shop ' || coalesce(detail.shop_no, '(none)') || ' of ' || detail.order_no
                || ' has no row in ref.shop_map; add one with its customer_code'
            when detail.warehouse_code is null
                then 'no warehouse: ' || detail.order_no || ' has no warehouse_no; correct it in 旺店通'
            when setting.voucher_type is null or setting.business_type is null
                then 'no parameter: voucher_type and business_type must not be blank; set the pipeline''s parameters'
        end as held_because,
        json_strip_nulls(json_build_object(
            'ExternalCode', detail.order_no,
            'Code', detail.order_no,
            'VoucherType', ops.code_object('Code', setting.voucher_type),
            'Customer', ops.code_object('Code', detail.customer_code),
            'Partner', ops.code_object('Code', detail.customer_code),
            'VoucherDate', to_char(detail.consign_time at time zone 'Asia/Shanghai', 'YYYY-MM-DD'),
            'BusiType', ops.code_object('Code', setting.business_type),
            'Warehouse', ops.code_object('Code', detail.warehouse_code),
            'DispatchAddress', ops.printable(detail.receiver_address),
            'TransDocNo', ops.printable(detail.logistics_no),
            'DeliveryCode', ops.printable(detail.logistics_no),
            'Memo', setting.memo,
            'RDRecordDetails', detail.details
        )) as payload
    from detail
    cross join setting
)

select
    judged.stockout_id,
    case when judged.is_due and judged.held_because is null
        then outbox.with_fixed_fields(judged.payload, setting.pipeline_code)
    end,
    case when judged.is_due then judged.held_because end,
    case
        when judged.is_due then null
        when judged.is_before then 'before: it was shipped before the pipeline''s shipped_since'
        when judged.status = '5' then 'cancelled: the stockout was cancelled in 旺店通'
        else 'not shipped: its status is ' || coalesce(judged.status, 'unknown')
    end
from judged
cross join setting;

select outbox.take_proposals(false);
