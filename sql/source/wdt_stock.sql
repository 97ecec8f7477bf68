-- Stock of 旺店通 (Wangdiantong): the newest figures for each SKU and warehouse.
--
-- dataset: wdt.stock
-- grain:   connection, spec_id, warehouse_id
-- reads:   staging.page
-- writes:  wdt.stock, wdt.stock_change, staging.reject
-- rerun:   safe; an unchanged row is left untouched
-- by hand: begin; set local pandian.run_id = '42'; \i sql/source/wdt_stock.sql
--
-- A record without a key, or with a quantity or time that cannot be read, goes to staging.reject with the reason.
-- A key that comes several times keeps the record modified last; a record older than the row is left out.
-- What changed is found before it is written: on conflict alone would lock and log every row.

with record as materialized (
    select
        page.connection_code,
        page.page_id,
        record.*,
        concat_ws('@', nullif(record.spec_id, ''), nullif(record.warehouse_id, '')) as record_key,
        array_remove(array[
            case when coalesce(btrim(record.spec_id), '') = '' then 'spec_id is missing: without it the row has no key; correct the record at the source' end,
            case when coalesce(btrim(record.warehouse_id), '') = '' then 'warehouse_id is missing: without it the row has no key; correct the record at the source' end,
            case when strpos(record.spec_id, '@') > 0 then 'spec_id holds an @, which parts it from warehouse_id in keys; correct the record at the source' end,
            case when strpos(record.warehouse_id, '@') > 0 then 'warehouse_id holds an @, which parts it from spec_id in keys; correct the record at the source' end,
            'stock_num ' || ops.numeric_problem(record.stock_num),
            'lock_num ' || ops.numeric_problem(record.lock_num),
            'unpay_num ' || ops.numeric_problem(record.unpay_num),
            'subscribe_num ' || ops.numeric_problem(record.subscribe_num),
            'order_num ' || ops.numeric_problem(record.order_num),
            'sending_num ' || ops.numeric_problem(record.sending_num),
            'purchase_num ' || ops.numeric_problem(record.purchase_num),
            'transfer_num ' || ops.numeric_problem(record.transfer_num),
            'avaliable_num ' || ops.numeric_problem(record.avaliable_num),
            'weight ' || ops.numeric_problem(record.weight),
            'cost_price ' || ops.numeric_problem(record.cost_price),
            'created ' || ops.time_problem(record.created),
            'modified ' || ops.time_problem(record.modified)
        ], null) as problems
    from ops.input_page as page
    cross join lateral rows from (
        json_to_recordset(ops.lower_keys(page.records)) as (
            spec_id text,
            warehouse_id text,
            goods_no text,
            spec_no text,
            spec_code text,
            barcode text,
            warehouse_no text,
            warehouse_name text,
            goods_name text,
            spec_name text,
            rec_id text,
            status text,
            default_position_id text,
            last_position_id text,
            stock_num text,
            lock_num text,
            unpay_num text,
            subscribe_num text,
            order_num text,
            sending_num text,
            purchase_num text,
            transfer_num text,
            avaliable_num text,
            weight text,
            cost_price text,
            created text,
            modified text
        )
    ) with ordinality as record (
        spec_id,
        warehouse_id,
        goods_no,
        spec_no,
        spec_code,
        barcode,
        warehouse_no,
        warehouse_name,
        goods_name,
        spec_name,
        rec_id,
        status,
        default_position_id,
        last_position_id,
        stock_num,
        lock_num,
        unpay_num,
        subscribe_num,
        order_num,
        sending_num,
        purchase_num,
        transfer_num,
        avaliable_num,
        weight,
        cost_price,
        created,
        modified,
        place
    )
    where page.dataset = 'wdt.stock'
),

incoming as (
    select distinct on (record.connection_code, record.spec_id, record.warehouse_id)
        -- keys
        record.connection_code,
        record.spec_id,
        record.warehouse_id,

        -- codes and texts
        record.goods_no,
        record.spec_no,
        record.spec_code,
        record.barcode,
        record.warehouse_no,
        record.warehouse_name,
        record.goods_name,
        record.spec_name,
        record.rec_id,
        record.status,
        record.default_position_id,
        record.last_position_id,

        -- quantities
        ops.to_numeric(record.stock_num) as stock_num,
        ops.to_numeric(record.lock_num) as lock_num,
        ops.to_numeric(record.unpay_num) as unpay_num,
        ops.to_numeric(record.subscribe_num) as subscribe_num,
        ops.to_numeric(record.order_num) as order_num,
        ops.to_numeric(record.sending_num) as sending_num,
        ops.to_numeric(record.purchase_num) as purchase_num,
        ops.to_numeric(record.transfer_num) as transfer_num,
        ops.to_numeric(record.avaliable_num) as avaliable_num,
        ops.to_numeric(record.weight) as weight,
        ops.to_numeric(record.cost_price) as cost_price,

        -- times
        ops.to_beijing_time(record.created) as created,
        ops.to_beijing_time(record.modified) as modified,

        -- provenance
        record.page_id,
        record.place
    from record
    where record.problems = '{}'
    order by
        record.connection_code,
        record.spec_id,
        record.warehouse_id,
        ops.to_beijing_time(record.modified) desc nulls last,
        record.page_id desc,
        record.place desc  -- tie-break, so that a rerun picks the same record
),

kept as materialized (
    select
        incoming.*,
        stock.spec_id is null as is_new,
        stock.spec_id is null or (
            coalesce(incoming.modified >= stock.modified, true)
            and (
                incoming.goods_no,
                incoming.spec_no,
                incoming.spec_code,
                incoming.barcode,
                incoming.warehouse_no,
                incoming.warehouse_name,
                incoming.goods_name,
                incoming.spec_name,
                incoming.rec_id,
                incoming.status,
                incoming.default_position_id,
                incoming.last_position_id,
                incoming.stock_num,
                incoming.lock_num,
                incoming.unpay_num,
                incoming.subscribe_num,
                incoming.order_num,
                incoming.sending_num,
                incoming.purchase_num,
                incoming.transfer_num,
                incoming.avaliable_num,
                incoming.weight,
                incoming.cost_price,
                incoming.created,
                incoming.modified
            ) is distinct from (
                stock.goods_no,
                stock.spec_no,
                stock.spec_code,
                stock.barcode,
                stock.warehouse_no,
                stock.warehouse_name,
                stock.goods_name,
                stock.spec_name,
                stock.rec_id,
                stock.status,
                stock.default_position_id,
                stock.last_position_id,
                stock.stock_num,
                stock.lock_num,
                stock.unpay_num,
                stock.subscribe_num,
                stock.order_num,
                stock.sending_num,
                stock.purchase_num,
                stock.transfer_num,
                stock.avaliable_num,
                stock.weight,
                stock.cost_price,
                stock.created,
                stock.modified
            )
        ) as is_changed
    from incoming
    left join wdt.stock
        on stock.connection_code = incoming.connection_code
        and stock.spec_id = incoming.spec_id
        and stock.warehouse_id = incoming.warehouse_id
),

written as (
    insert into wdt.stock (
        connection_code,
        spec_id,
        warehouse_id,
        goods_no,
        spec_no,
        spec_code,
        barcode,
        warehouse_no,
        warehouse_name,
        goods_name,
        spec_name,
        rec_id,
        status,
        default_position_id,
        last_position_id,
        stock_num,
        lock_num,
        unpay_num,
        subscribe_num,
        order_num,
        sending_num,
        purchase_num,
        transfer_num,
        avaliable_num,
        weight,
        cost_price,
        created,
        modified,
        page_id,
        place,
        run_id
    )
    select
        kept.connection_code,
        kept.spec_id,
        kept.warehouse_id,
        kept.goods_no,
        kept.spec_no,
        kept.spec_code,
        kept.barcode,
        kept.warehouse_no,
        kept.warehouse_name,
        kept.goods_name,
        kept.spec_name,
        kept.rec_id,
        kept.status,
        kept.default_position_id,
        kept.last_position_id,
        kept.stock_num,
        kept.lock_num,
        kept.unpay_num,
        kept.subscribe_num,
        kept.order_num,
        kept.sending_num,
        kept.purchase_num,
        kept.transfer_num,
        kept.avaliable_num,
        kept.weight,
        kept.cost_price,
        kept.created,
        kept.modified,
        kept.page_id,
        kept.place,
        ops.run_id()
    from kept
    where kept.is_changed
    on conflict on constraint stock_pkey do update
    set
        goods_no = excluded.goods_no,
        spec_no = excluded.spec_no,
        spec_code = excluded.spec_code,
        barcode = excluded.barcode,
        warehouse_no = excluded.warehouse_no,
        warehouse_name = excluded.warehouse_name,
        goods_name = excluded.goods_name,
        spec_name = excluded.spec_name,
        rec_id = excluded.rec_id,
        status = excluded.status,
        default_position_id = excluded.default_position_id,
        last_position_id = excluded.last_position_id,
        stock_num = excluded.stock_num,
        lock_num = excluded.lock_num,
        unpay_num = excluded.unpay_num,
        subscribe_num = excluded.subscribe_num,
        order_num = excluded.order_num,
        sending_num = excluded.sending_num,
        purchase_num = excluded.purchase_num,
        transfer_num = excluded.transfer_num,
        avaliable_num = excluded.avaliable_num,
        weight = excluded.weight,
        cost_price = excluded.cost_price,
        created = excluded.created,
        modified = excluded.modified,
        page_id = excluded.page_id,
        place = excluded.place,
        run_id = excluded.run_id
),

fed as (
    insert into wdt.stock_change (
        connection_code,
        run_id,
        spec_id,
        warehouse_id
    )
    select
        kept.connection_code,
        ops.run_id(),
        kept.spec_id,
        kept.warehouse_id
    from kept
    where kept.is_changed
),

-- the records of the pages that hold a problem, as they came
original as materialized (
    select
        page.page_id,
        page.page_no,
        page.dataset,
        element.record,
        element.place
    from ops.input_page as page
    cross join lateral json_array_elements(page.records::json) with ordinality as element (record, place)
    where exists (
        select from record
        where
            record.page_id = page.page_id
            and record.problems <> '{}'
    )
),

rejected as (
    insert into staging.reject (
        connection_code,
        dataset,
        stage,
        run_id,
        page_id,
        page_no,
        place,
        record_key,
        field,
        value,
        reason,
        record
    )
    select
        record.connection_code,
        original.dataset,
        'type',
        ops.run_id(),
        record.page_id,
        original.page_no,
        record.place,
        record.record_key,
        split_part(problem.reason, ' ', 1),
        ops.cut(
            (
                select member.value
                from json_each_text(original.record) as member
                where lower(member.key) = split_part(problem.reason, ' ', 1)
                limit 1
            )
        ),
        problem.reason,
        original.record::text
    from record
    inner join original
        on original.page_id = record.page_id
        and original.place = record.place
    cross join lateral unnest(record.problems) as problem (reason)
    where record.problems <> '{}'
    on conflict (connection_code, page_id, place, field, stage) do nothing
),

figure as (
    select
        (select count(*) from record) as taken,
        (select count(*) from record where record.problems <> '{}') as rejected,
        (select count(*) from kept) as kept,
        (select count(*) from kept where kept.is_changed and kept.is_new) as new,
        (select count(*) from kept where kept.is_changed and not kept.is_new) as changed
)

select ops.count_up('wdt.stock', tally.name, tally.value)
from figure
cross join lateral (
    values
        ('taken', figure.taken),
        ('rejected', figure.rejected),
        ('repeated', figure.taken - figure.rejected - figure.kept),
        ('new', figure.new),
        ('changed', figure.changed),
        ('unchanged', figure.kept - figure.new - figure.changed)
) as tally (name, value);
