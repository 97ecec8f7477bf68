-- Shops of 旺店通 as 商品 of 金蝶云星辰 V1 (material_batch_save): one per shop.
--
-- pipeline: wdt-shops-to-jdy
-- grain:    connection, pipeline, business key (shop_id), revision
-- reads:    wdt.shop, wdt.shop_change, ref.payload_field
-- writes:   outbox.document, outbox.head, outbox.held_back, outbox.late_change, outbox.retry
-- rerun:    safe; a payload equal to the newest revision makes no document
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/outbox/wdt_shop_to_jdy.sql
--
-- number is the shop's number and name its name; 星辰 refuses a name twice, so the second shop of a name is sent as
-- name(number). Units and category are ids of the account: parameters base_unit_id and parent_id. Every other field of
-- a 商品 can be given a fixed value in ref.payload_field.
-- 星辰 takes changes: a shop that changes makes a new revision, which updates the 商品. One shop decides how another is
-- called, so all of them are looked at whenever one changed. A shop that vanished is not sent any more.

select outbox.open_proposals();

insert into proposal (business_key, payload, held_because, withdrawn_because)
with setting as materialized (
    -- once, not once a row
    select
        run.pipeline_code,
        ops.param('source_connection') as source_connection,
        nullif(ops.param('base_unit_id'), '') as base_unit_id,
        nullif(ops.param('parent_id'), '') as parent_id,
        nullif(ops.param('cost_method'), '') as cost_method,
        nullif(ops.param('tax_rate'), '') as tax_rate,
        ops.param('ignore_warnings') = 'on' as is_ignoring_warnings
    from ops.run
    where run.run_id = ops.run_id()
),

asked as materialized (
    select shop_change.shop_id
    from setting
    inner join wdt.shop_change on shop_change.connection_code = setting.source_connection
    inner join ops.input_run on input_run.run_id = shop_change.run_id
    union
    select keys_to_look_at
    from outbox.keys_to_look_at()
    union
    select shop.shop_id
    from setting
    inner join wdt.shop on shop.connection_code = setting.source_connection
    where ops.is_full()
),

named as materialized (
    select
        shop.shop_id,
        btrim(shop.shop_no) as shop_no,
        ops.printable(shop.shop_name) as shop_name,
        row_number() over (
            partition by ops.printable(shop.shop_name)
            order by
                length(shop.shop_id),
                shop.shop_id
        ) as name_no,
        row_number() over (
            partition by btrim(shop.shop_no)
            order by
                -- whose 商品 is there keeps the number
                outbox.is_at_target(shop.connection_code, setting.pipeline_code, shop.shop_id) desc,
                length(shop.shop_id),
                shop.shop_id
        ) as number_no,
        ops.printable(shop.remark) as remark,
        shop.platform_id,
        shop.sub_platform_id,
        shop.is_disabled
    from setting
    inner join wdt.shop on shop.connection_code = setting.source_connection
    where exists (select from asked)
),

looked_at as (
    select named.shop_id
    from named
    union
    select asked.shop_id
    from asked
),

judged as (
    select
        looked_at.shop_id,
        case
            when named.shop_id is null then 'vanished: the shop is no longer in 旺店通'
        end as withdrawn_because,
        case
            when named.shop_id is null then null
            when coalesce(named.shop_no, '') = ''
                then 'no number: shop ' || named.shop_id || ' has no shop_no, which the 商品 needs as its number; give it one in 旺店通'
            when named.number_no > 1
                then 'number twice: shop_no ' || named.shop_no || ' belongs to another shop already; give this one its own in 旺店通'
            when named.shop_name is null
                then 'no name: shop ' || named.shop_no || ' has no shop_name; give it one in 旺店通'
            when setting.base_unit_id is null
                then 'no base unit: set the pipeline''s parameter base_unit_id to the id of a 计量单位 of the account'
        end as held_because,
        json_strip_nulls(json_build_object(
            'number', named.shop_no,
            'name', case named.name_no when 1 then named.shop_name else named.shop_name || '(' || named.shop_no || ')' end,
            'parent_id', setting.parent_id,
            'model', nullif(concat_ws('-', nullif(named.platform_id, ''), nullif(nullif(named.sub_platform_id, '0'), '')), ''),
            'helpcode', named.shop_id,
            'remark', named.remark,
            'baseunitid_id', setting.base_unit_id,
            'saleunitid_id', setting.base_unit_id,
            'purchaseunitid_id', setting.base_unit_id,
            'storeunitid_id', setting.base_unit_id,
            'ismulti_unit', false,
            'isserial', false,
            'isbatch', false,
            'isweight', false,
            'iskfperiod', false,
            'isasstattr', false,
            'issale', coalesce(named.is_disabled, '0') <> '1',
            'ispurchase', false,
            'issubpart', false,
            'isassembly', false,
            'costmethod', setting.cost_method,
            'taxrate', setting.tax_rate,
            'ignorewarn', setting.is_ignoring_warnings
        )) as payload
    from setting
    cross join looked_at
    left join named on named.shop_id = looked_at.shop_id
)

select
    judged.shop_id,
    case when judged.held_because is null and judged.withdrawn_because is null
        then outbox.with_fixed_fields(judged.payload, setting.pipeline_code)
    end,
    judged.held_because,
    judged.withdrawn_because
from judged
cross join setting;

select outbox.take_proposals(true);
