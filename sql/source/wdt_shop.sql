-- Shops of 旺店通 (店铺): the newest state of each, disabled ones included.
--
-- dataset: wdt.shop
-- grain:   connection, shop_id
-- reads:   staging.page, staging.snapshot_page
-- writes:  wdt.shop, wdt.shop_change
-- rerun:   safe; an unchanged row is left untouched
-- by hand: begin; set local pandian.run_id = '42'; \i sql/source/wdt_shop.sql
--
-- A field of a record goes into the column of its name, typed as the column is; see sql/function/ops_incoming.sql.
-- The platform shows enabled and disabled shops in two readings (wdt.shop, wdt.shop.disabled). A shop that stands in
-- neither is removed, once both are complete. A page that no longer stands in its place of a reading is left out.

select ops.open_incoming();
select ops.make_reader('wdt.shop', 'connection_code', 'shop_id', 'page_id', 'place', 'record_hash', 'run_id');

insert into incoming (
    connection_code,
    dataset,
    page_id,
    page_no,
    place,
    record_key,
    modified,
    record,
    lowered,
    record_hash,
    is_known,
    is_standing,
    is_older,
    is_replaced,
    problems
)
select
    page.connection_code,
    page.dataset,
    page.page_id,
    page.page_no,
    element.place,
    coalesce(key.shop_id, ''),
    key.modified,
    element.record,
    named.lowered,
    named.record_hash,
    shop.shop_id is not null,
    coalesce(shop.record_hash = named.record_hash, false),
    coalesce(shop.modified > key.modified, false),
    not exists (
        select from staging.snapshot_page
        where
            snapshot_page.connection_code = page.connection_code
            and snapshot_page.dataset = page.dataset
            and snapshot_page.page_id = page.page_id
    ) and not exists (
        select from ops."window"
        where
            "window".connection_code = page.connection_code
            and "window".window_id = page.window_id
            and "window".kind = 'files'
    ),
    coalesce(found.problems, '[]')
from ops.input_page as page
cross join (
    select ops.column_kinds('wdt.shop') as kinds
    offset 0  -- once, not once a record
) as shape
cross join lateral json_array_elements(page.records::json) with ordinality as element (record, place)
cross join lateral (
    select
        ops.lowered(element.record) as lowered,
        hashtextextended(element.record::text, 0) as record_hash
    offset 0
) as named
cross join lateral (
    select
        coalesce(named.lowered, element.record) as record,
        json_typeof(element.record) = 'object' as is_object
    offset 0
) as whole
cross join lateral (
    select
        btrim(told.shop_id) as shop_id,
        ops.beijing_time_or_null(told.modified) as modified
    from json_to_record(whole.record) as told (shop_id text, modified text)
) as key
left join wdt.shop
    on shop.connection_code = page.connection_code
    and shop.shop_id = key.shop_id
left join lateral (
    select can_read
    from pg_temp.can_read_shop(whole.record) as can_read
    where
        whole.is_object
        and shop.record_hash is distinct from named.record_hash
    offset 0
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(element.record, shape.kinds)
    where
        plain.can_read is not true
        and shop.record_hash is distinct from named.record_hash
    offset 0
) as found on true
where page.dataset in ('wdt.shop', 'wdt.shop.disabled');

select ops.judge_incoming('shop_id');

select ops.delete_changed('shop_id', 'wdt.shop');

insert into wdt.shop
select typed.*
from incoming
cross join lateral pg_temp.read_shop(
    coalesce(incoming.lowered, incoming.record),
    connection_code => incoming.connection_code,
    shop_id => incoming.record_key,
    page_id => incoming.page_id,
    place => incoming.place,
    record_hash => incoming.record_hash,
    run_id => ops.run_id()
) as typed
where incoming.outcome in ('new', 'changed');

with snapshot as (
    -- connections that this step read, with both readings complete as they stand
    select dataset_state.connection_code
    from ops.dataset_state
    where
        dataset_state.dataset in ('wdt.shop', 'wdt.shop.disabled')
        and dataset_state.kind = 'snapshot'
        and dataset_state.is_complete
        and exists (
            select from ops."window" as reading
            inner join ops.input_run on input_run.run_id = reading.run_id
            where
                reading.connection_code = dataset_state.connection_code
                and reading.dataset = dataset_state.dataset
        )
    group by dataset_state.connection_code
    having count(*) = 2
),

standing as materialized (
    select
        snapshot_page.connection_code,
        btrim(ops.member(element.record, 'shop_id')) as shop_id
    from snapshot
    inner join staging.snapshot_page on snapshot_page.connection_code = snapshot.connection_code
    inner join staging.page
        on page.connection_code = snapshot_page.connection_code
        and page.landed_at = snapshot_page.landed_at
        and page.page_id = snapshot_page.page_id
    cross join lateral json_array_elements(page.records::json) as element (record)
    where snapshot_page.dataset in ('wdt.shop', 'wdt.shop.disabled')
),

vanished as (
    delete from wdt.shop
    using snapshot
    where
        shop.connection_code = snapshot.connection_code
        and not exists (
            select from standing
            where
                standing.connection_code = shop.connection_code
                and standing.shop_id = shop.shop_id
        )
    returning
        shop.connection_code,
        shop.shop_id
),

fed as (
    insert into wdt.shop_change (
        connection_code,
        run_id,
        shop_id
    )
    select
        incoming.connection_code,
        ops.run_id(),
        incoming.record_key
    from incoming
    where incoming.outcome in ('new', 'changed')
    union all
    select
        vanished.connection_code,
        ops.run_id(),
        vanished.shop_id
    from vanished
)

select ops.count_up('wdt.shop', 'vanished', (select count(*) from vanished));

select ops.count_incoming(array['wdt.shop', 'wdt.shop.disabled']);
select ops.drop_readers();
