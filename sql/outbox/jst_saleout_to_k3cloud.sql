-- Sale-outs of 聚水潭 as 销售出库单 of 金蝶云星空 (BatchSave on SAL_OUTSTOCK): one bill per shipped sale-out.
--
-- pipeline: jst-saleouts-to-k3cloud
-- grain:    connection, pipeline, business key (io_id), revision
-- reads:    jst.saleout, jst.saleout_item, jst.saleout_change, ref.shop_map, ref.warehouse_map, ref.sku_map, ref.payload_field
-- writes:   outbox.document, outbox.head, outbox.held_back, outbox.late_change, outbox.retry
-- rerun:    safe; a payload equal to the newest revision makes no document
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/outbox/jst_saleout_to_k3cloud.sql
--
-- The published scheme's rules: one shop (parameter special_shop_id, 12948597) sells for an organisation of its own,
-- with its own currency, department and profit centre; a row in ref.shop_map goes before them. The customer is the
-- distributor (drp_co_id_from), else new_shop_id, which is no field of 聚水潭: here it is ref.shop_map.customer_code.
-- 星空 replays the fields of Model in the order in which they stand: organisations and customer come first, the price
-- after the quantity. It takes no changes to an audited bill: they are listed in outbox.late_change.

select outbox.open_proposals();

insert into proposal (business_key, payload, held_because, withdrawn_because)
with setting as materialized (
    -- once, not once a row
    select
        run.pipeline_code,
        ops.param('source_connection') as source_connection,
        ops.param('target_connection') as target_connection,
        string_to_array(replace(ops.param('statuses'), ' ', ''), ',') as statuses,
        nullif(ops.param('bill_type'), '') as bill_type,
        nullif(ops.param('customer'), '') as customer,
        ops.param('special_shop_id') as special_shop_id,
        ops.param('special_organisation') as special_organisation,
        ops.param('organisation') as organisation,
        ops.param('special_profit_centre') as special_profit_centre,
        ops.param('profit_centre') as profit_centre,
        ops.param('special_currency') as special_currency,
        ops.param('currency') as currency,
        ops.param('special_department') as special_department,
        ops.param('department') as department,
        ops.param('trigger_text') as trigger_text,
        nullif(ops.param('form_id'), '') as form_id,
        nullif(ops.param('operation'), '') as operation,
        ops.param('auto_submit_and_audit') = 'on' as is_auto_submit_and_audit,
        ops.param('verify_base_data') = 'on' as is_verify_base_data,
        nullif(ops.param('interaction_flags'), '') as interaction_flags,
        nullif(ops.param('shipped_since'), '')::timestamptz as shipped_since
    from ops.run
    where run.run_id = ops.run_id()
),

asked as materialized (
    select saleout_change.io_id
    from setting
    inner join jst.saleout_change on saleout_change.connection_code = setting.source_connection
    inner join ops.input_run on input_run.run_id = saleout_change.run_id
    union
    select keys_to_look_at
    from outbox.keys_to_look_at()
    union
    select saleout.io_id
    from setting
    inner join jst.saleout on saleout.connection_code = setting.source_connection
    where ops.is_full()
),

header as (
    select
        saleout.io_id,
        saleout.so_id,
        saleout.l_id,
        saleout.shop_id,
        saleout.io_date,
        saleout.remark,
        saleout.free_amount,
        saleout.status,
        saleout.status = any(setting.statuses)
        and coalesce(saleout.io_date >= setting.shipped_since, true) as is_due,
        -- it changed lately, but was shipped before pandian's time
        coalesce(saleout.io_date < setting.shipped_since, false) as is_before,
        coalesce(nullif(btrim(saleout.drp_co_id_from), ''), shop_map.customer_code, setting.customer) as customer_code,
        nullif(coalesce(
            shop_map.organisation_code,
            case when saleout.shop_id = setting.special_shop_id then setting.special_organisation else setting.organisation end
        ), '') as organisation_code,
        nullif(coalesce(
            shop_map.profit_centre_code,
            case when saleout.shop_id = setting.special_shop_id then setting.special_profit_centre else setting.profit_centre end
        ), '') as profit_centre_code,
        nullif(coalesce(
            shop_map.currency_code,
            case when saleout.shop_id = setting.special_shop_id then setting.special_currency else setting.currency end
        ), '') as currency_code,
        nullif(coalesce(
            shop_map.department_code,
            case when saleout.shop_id = setting.special_shop_id then setting.special_department else setting.department end
        ), '') as department_code,
        coalesce(warehouse_map.target_warehouse_code, nullif(btrim(saleout.wms_co_id), '')) as stock_code,
        setting.source_connection,
        setting.target_connection,
        setting.trigger_text
    from setting
    cross join asked
    cross join lateral (
        select
            saleout.io_id,
            saleout.so_id,
            saleout.l_id,
            saleout.shop_id,
            saleout.io_date,
            saleout.remark,
            saleout.free_amount,
            saleout.status,
            saleout.drp_co_id_from,
            saleout.wms_co_id
        from jst.saleout
        where
            saleout.connection_code = setting.source_connection
            and saleout.io_id = asked.io_id
        limit 1  -- one look-up per key, however many keys the planner expects
    ) as saleout
    left join ref.shop_map
        on shop_map.source_connection_code = setting.source_connection
        and shop_map.source_shop_code = btrim(saleout.shop_id)
        and shop_map.target_connection_code = setting.target_connection
    left join ref.warehouse_map
        on warehouse_map.source_connection_code = setting.source_connection
        and warehouse_map.source_warehouse_code = btrim(saleout.wms_co_id)
        and warehouse_map.target_connection_code = setting.target_connection
),

entry as (
    -- each document with its entries
    select
        header.io_id,
        header.so_id,
        header.l_id,
        header.shop_id,
        header.io_date,
        header.remark,
        header.free_amount,
        header.status,
        header.is_due,
        header.is_before,
        header.customer_code,
        header.organisation_code,
        header.profit_centre_code,
        header.currency_code,
        header.department_code,
        header.stock_code,
        line.line_count,
        line.line_without_sku,
        line.line_without_quantity,
        line.line_without_price,
        line.entries
    from header
    cross join lateral (
        select
            count(*) as line_count,
            min(saleout_item.line_no) filter (where coalesce(btrim(saleout_item.sku_id), '') = '') as line_without_sku,
            min(saleout_item.line_no) filter (where coalesce(saleout_item.qty, 0) <= 0) as line_without_quantity,
            min(saleout_item.line_no) filter (
                where saleout_item.sale_price is null and lower(coalesce(saleout_item.is_gift, '')) not in ('true', '1')
            ) as line_without_price,
            json_agg(
                json_build_object(
                    'FMaterialID', ops.code_object('FNumber', coalesce(sku_map.target_sku_code, saleout_item.sku_id)),
                    'FStockID', ops.code_object('FNumber', header.stock_code),
                    'FRealQty', trim_scale(saleout_item.qty),
                    'FTaxPrice', trim_scale(coalesce(saleout_item.sale_price, 0)),
                    'FIsFree', coalesce(saleout_item.sale_price, 0) = 0,
                    'F_sms_Text2', nullif(header.trigger_text, '')
                )
                order by saleout_item.line_no
            ) as entries
        from jst.saleout_item
        left join ref.sku_map
            on sku_map.source_connection_code = header.source_connection
            and sku_map.source_sku_code = btrim(saleout_item.sku_id)
            and sku_map.target_connection_code = header.target_connection
        where
            saleout_item.connection_code = header.source_connection
            and saleout_item.io_id = header.io_id
            and header.is_due
    ) as line
),

judged as (
    select
        entry.io_id,
        entry.is_due,
        entry.is_before,
        entry.status,
        case
            when entry.line_count = 0
                then 'no lines: sale-out ' || entry.io_id || ' has no items; correct it in 聚水潭'
            when entry.line_without_sku is not null
                then 'no sku: line ' || entry.line_without_sku || ' of ' || entry.io_id || ' has no sku_id; correct it in 聚水潭'
            when entry.line_without_quantity is not null
                then 'quantity: line ' || entry.line_without_quantity || ' of ' || entry.io_id
                || ' has a quantity of 0 or less; enter the return by hand'
            when entry.customer_code is null
                then 'no customer: shop ' || coalesce(entry.shop_id, '(none)') || ' of ' || entry.io_id
                || ' has no row in ref.shop_map; add one with its customer_code'
            when entry.line_without_price is not null
                then 'no price: line ' || entry.line_without_price || ' of ' || entry.io_id
                || ' has no sale_price and is no gift; correct it in 聚水潭'
            when entry.io_date is null
                then 'no date: ' || entry.io_id || ' was shipped without an io_date; correct it in 聚水潭'
            when entry.stock_code is null
                then 'no warehouse: ' || entry.io_id || ' has no wms_co_id; correct it in 聚水潭'
            when entry.organisation_code is null
                then 'no organisation: shop ' || coalesce(entry.shop_id, '(none)') || ' of ' || entry.io_id
                || ' has none; set the pipeline''s parameter organisation, or organisation_code in ref.shop_map'
            when entry.currency_code is null
                then 'no currency: shop ' || coalesce(entry.shop_id, '(none)') || ' of ' || entry.io_id
                || ' has none; set the pipeline''s parameter currency, or currency_code in ref.shop_map'
            when setting.bill_type is null or setting.form_id is null or setting.operation is null
                then 'no parameter: bill_type, form_id and operation must not be blank; set the pipeline''s parameters'
        end as held_because,
        json_strip_nulls(json_build_object(
            'FID', 0,
            'FBillTypeID', ops.code_object('FNUMBER', setting.bill_type),
            'FBillNo', entry.io_id,
            'FDate', to_char(entry.io_date at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
            'FSaleOrgId', ops.code_object('FNumber', entry.organisation_code),
            'FStockOrgId', ops.code_object('FNumber', entry.organisation_code),
            'FCustomerID', ops.code_object('FNumber', entry.customer_code),
            'FSaleDeptID', ops.code_object('FNumber', entry.department_code),
            'FNote', ops.printable(entry.remark),
            'F_KLF_Assistant', ops.code_object('FNumber', entry.profit_centre_code),
            'F_KLF_Text', ops.printable(entry.so_id),
            'F_KLF_Text1', ops.printable(entry.l_id),
            'SubHeadEntity', json_build_object(
                'FSettleOrgID', ops.code_object('FNumber', entry.organisation_code),
                'FSettleCurrID', ops.code_object('FNumber', entry.currency_code),
                'FAllDisCount', trim_scale(entry.free_amount)
            ),
            'FEntity', entry.entries
        )) as model
    from entry
    cross join setting
)

select
    judged.io_id,
    case when judged.is_due and judged.held_because is null then json_strip_nulls(json_build_object(
        'FormId', setting.form_id,
        'Operation', setting.operation,
        'IsAutoSubmitAndAudit', setting.is_auto_submit_and_audit,
        'IsVerifyBaseDataField', setting.is_verify_base_data,
        'InterationFlags', setting.interaction_flags,  -- sic: the vendor's spelling
        'Model', outbox.with_fixed_fields(judged.model, setting.pipeline_code)::json
    ))::text end,
    case when judged.is_due then judged.held_because end,
    case
        when judged.is_due then null
        when judged.is_before then 'before: it was shipped before the pipeline''s shipped_since'
        when judged.status in ('Cancelled', 'Delete')
            then 'cancelled: the sale-out was cancelled in 聚水潭'
        else 'not shipped: its status is ' || coalesce(judged.status, 'unknown')
    end
from judged
cross join setting;

select outbox.take_proposals(false);
