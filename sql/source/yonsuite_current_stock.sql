-- Stock of 用友 YonSuite (现存量): the rows of the newest snapshot.
--
-- dataset: yonsuite.current_stock
-- grain:   connection, row_key (organisation, warehouse, material, SKU, batch, status, unit, characteristic)
-- reads:   staging.page, staging.snapshot_page
-- writes:  yonsuite.current_stock, yonsuite.current_stock_change, staging.reject
-- rerun:   safe; an unchanged row is left untouched
-- by hand: begin; set local pandian.run_id = '42'; \i sql/source/yonsuite_current_stock.sql
--
-- A record without warehouse or material, or with a quantity that cannot be read, goes to staging.reject.
-- A page that no longer stands in its place of the snapshot is left out: a newer one has taken it.
-- Rows that a complete snapshot no longer has are removed. A place that did not change was not landed again, so
-- its page is read for its keys, but only when something of the snapshot changed at all.

with page as materialized (
    select
        page.connection_code,
        page.page_id,
        page.page_no,
        page.records
    from ops.input_page as page
    where
        page.dataset = 'yonsuite.current_stock'
        and (
            exists (
                select from staging.snapshot_page
                where
                    snapshot_page.connection_code = page.connection_code
                    and snapshot_page.dataset = page.dataset
                    and snapshot_page.page_id = page.page_id
            )
            or exists (
                select from ops."window"
                where
                    "window".connection_code = page.connection_code
                    and "window".window_id = page.window_id
                    and "window".kind = 'files'
            )
        )
),

record as materialized (
    select
        page.connection_code,
        page.page_id,
        record.*,
        yonsuite.row_key(
            record.org,
            record.warehouse,
            record.warehouse_code,
            record.product,
            record.product_code,
            record.productsku,
            record.productsku_code,
            record.batchno,
            record.stockstatusdoc,
            record.stockunitid,
            record.currentstockcharacteristic
        ) as row_key,
        concat_ws('/', record.warehouse_code, record.productsku_code, nullif(record.batchno, '')) as record_key,
        array_remove(array[
            case when btrim(concat(record.warehouse, record.warehouse_code)) = '' then 'warehouse is missing: without it the row has no key; correct the record at the source' end,
            case when btrim(concat(record.product, record.product_code)) = '' then 'product is missing: without it the row has no key; correct the record at the source' end,
            'currentqty ' || ops.numeric_problem(record.currentqty),
            'availableqty ' || ops.numeric_problem(record.availableqty),
            'planavailableqty ' || ops.numeric_problem(record.planavailableqty),
            'innoticeqty ' || ops.numeric_problem(record.innoticeqty),
            'preretailqty ' || ops.numeric_problem(record.preretailqty),
            'invstockexchrate ' || ops.numeric_problem(record.invstockexchrate),
            'currentstocksubqty ' || ops.numeric_problem(record.currentstocksubqty)
        ], null) as problems
    from page
    cross join lateral rows from (
        json_to_recordset(ops.lower_keys(page.records)) as (
            org text,
            org_name text,
            warehouse text,
            warehouse_code text,
            warehouse_name text,
            product text,
            product_code text,
            product_name text,
            productsku text,
            productsku_code text,
            productsku_name text,
            manageclass text,
            manageclass_code text,
            manageclass_name text,
            unit text,
            stockunitid text,
            stockunitid_code text,
            stockunitid_name text,
            batchno text,
            producedate text,
            invaliddate text,
            stockstatusdoc text,
            stockstatusdoc_statusname text,
            currentstockcharacteristic text,
            currentqty text,
            availableqty text,
            planavailableqty text,
            innoticeqty text,
            preretailqty text,
            invstockexchrate text,
            currentstocksubqty text
        )
    ) with ordinality as record (
        org,
        org_name,
        warehouse,
        warehouse_code,
        warehouse_name,
        product,
        product_code,
        product_name,
        productsku,
        productsku_code,
        productsku_name,
        manageclass,
        manageclass_code,
        manageclass_name,
        unit,
        stockunitid,
        stockunitid_code,
        stockunitid_name,
        batchno,
        producedate,
        invaliddate,
        stockstatusdoc,
        stockstatusdoc_statusname,
        currentstockcharacteristic,
        currentqty,
        availableqty,
        planavailableqty,
        innoticeqty,
        preretailqty,
        invstockexchrate,
        currentstocksubqty,
        place
    )
),

incoming as (
    select distinct on (record.connection_code, record.row_key)
        -- keys
        record.connection_code,
        record.row_key,

        -- codes and texts
        record.org,
        record.org_name,
        record.warehouse,
        record.warehouse_code,
        record.warehouse_name,
        record.product,
        record.product_code,
        record.product_name,
        record.productsku,
        record.productsku_code,
        record.productsku_name,
        record.manageclass,
        record.manageclass_code,
        record.manageclass_name,
        record.unit,
        record.stockunitid,
        record.stockunitid_code,
        record.stockunitid_name,
        record.batchno,
        record.producedate,
        record.invaliddate,
        record.stockstatusdoc,
        record.stockstatusdoc_statusname,
        record.currentstockcharacteristic,

        -- quantities
        ops.to_numeric(record.currentqty) as currentqty,
        ops.to_numeric(record.availableqty) as availableqty,
        ops.to_numeric(record.planavailableqty) as planavailableqty,
        ops.to_numeric(record.innoticeqty) as innoticeqty,
        ops.to_numeric(record.preretailqty) as preretailqty,
        ops.to_numeric(record.invstockexchrate) as invstockexchrate,
        ops.to_numeric(record.currentstocksubqty) as currentstocksubqty,

        -- provenance
        record.page_id,
        record.place
    from record
    where record.problems = '{}'
    order by
        record.connection_code,
        record.row_key,
        record.page_id desc,
        record.place desc  -- tie-break, so that a rerun picks the same record
),

kept as materialized (
    select
        incoming.*,
        current_stock.row_key is null as is_new,
        (
            incoming.org,
            incoming.org_name,
            incoming.warehouse,
            incoming.warehouse_code,
            incoming.warehouse_name,
            incoming.product,
            incoming.product_code,
            incoming.product_name,
            incoming.productsku,
            incoming.productsku_code,
            incoming.productsku_name,
            incoming.manageclass,
            incoming.manageclass_code,
            incoming.manageclass_name,
            incoming.unit,
            incoming.stockunitid,
            incoming.stockunitid_code,
            incoming.stockunitid_name,
            incoming.batchno,
            incoming.producedate,
            incoming.invaliddate,
            incoming.stockstatusdoc,
            incoming.stockstatusdoc_statusname,
            incoming.currentstockcharacteristic,
            incoming.currentqty,
            incoming.availableqty,
            incoming.planavailableqty,
            incoming.innoticeqty,
            incoming.preretailqty,
            incoming.invstockexchrate,
            incoming.currentstocksubqty
        ) is distinct from (
            current_stock.org,
            current_stock.org_name,
            current_stock.warehouse,
            current_stock.warehouse_code,
            current_stock.warehouse_name,
            current_stock.product,
            current_stock.product_code,
            current_stock.product_name,
            current_stock.productsku,
            current_stock.productsku_code,
            current_stock.productsku_name,
            current_stock.manageclass,
            current_stock.manageclass_code,
            current_stock.manageclass_name,
            current_stock.unit,
            current_stock.stockunitid,
            current_stock.stockunitid_code,
            current_stock.stockunitid_name,
            current_stock.batchno,
            current_stock.producedate,
            current_stock.invaliddate,
            current_stock.stockstatusdoc,
            current_stock.stockstatusdoc_statusname,
            current_stock.currentstockcharacteristic,
            current_stock.currentqty,
            current_stock.availableqty,
            current_stock.planavailableqty,
            current_stock.innoticeqty,
            current_stock.preretailqty,
            current_stock.invstockexchrate,
            current_stock.currentstocksubqty
        ) as is_changed,
        current_stock.warehouse_code as old_warehouse_code,
        current_stock.productsku_code as old_productsku_code
    from incoming
    left join yonsuite.current_stock
        on current_stock.connection_code = incoming.connection_code
        and current_stock.row_key = incoming.row_key
),

written as (
    insert into yonsuite.current_stock (
        connection_code,
        row_key,
        org,
        org_name,
        warehouse,
        warehouse_code,
        warehouse_name,
        product,
        product_code,
        product_name,
        productsku,
        productsku_code,
        productsku_name,
        manageclass,
        manageclass_code,
        manageclass_name,
        unit,
        stockunitid,
        stockunitid_code,
        stockunitid_name,
        batchno,
        producedate,
        invaliddate,
        stockstatusdoc,
        stockstatusdoc_statusname,
        currentstockcharacteristic,
        currentqty,
        availableqty,
        planavailableqty,
        innoticeqty,
        preretailqty,
        invstockexchrate,
        currentstocksubqty,
        page_id,
        place,
        run_id
    )
    select
        kept.connection_code,
        kept.row_key,
        kept.org,
        kept.org_name,
        kept.warehouse,
        kept.warehouse_code,
        kept.warehouse_name,
        kept.product,
        kept.product_code,
        kept.product_name,
        kept.productsku,
        kept.productsku_code,
        kept.productsku_name,
        kept.manageclass,
        kept.manageclass_code,
        kept.manageclass_name,
        kept.unit,
        kept.stockunitid,
        kept.stockunitid_code,
        kept.stockunitid_name,
        kept.batchno,
        kept.producedate,
        kept.invaliddate,
        kept.stockstatusdoc,
        kept.stockstatusdoc_statusname,
        kept.currentstockcharacteristic,
        kept.currentqty,
        kept.availableqty,
        kept.planavailableqty,
        kept.innoticeqty,
        kept.preretailqty,
        kept.invstockexchrate,
        kept.currentstocksubqty,
        kept.page_id,
        kept.place,
        ops.run_id()
    from kept
    where kept.is_changed
    order by
        kept.page_id,
        kept.place  -- row_id follows the order of the response
    on conflict on constraint current_stock_pkey do update
    set
        org = excluded.org,
        org_name = excluded.org_name,
        warehouse = excluded.warehouse,
        warehouse_code = excluded.warehouse_code,
        warehouse_name = excluded.warehouse_name,
        product = excluded.product,
        product_code = excluded.product_code,
        product_name = excluded.product_name,
        productsku = excluded.productsku,
        productsku_code = excluded.productsku_code,
        productsku_name = excluded.productsku_name,
        manageclass = excluded.manageclass,
        manageclass_code = excluded.manageclass_code,
        manageclass_name = excluded.manageclass_name,
        unit = excluded.unit,
        stockunitid = excluded.stockunitid,
        stockunitid_code = excluded.stockunitid_code,
        stockunitid_name = excluded.stockunitid_name,
        batchno = excluded.batchno,
        producedate = excluded.producedate,
        invaliddate = excluded.invaliddate,
        stockstatusdoc = excluded.stockstatusdoc,
        stockstatusdoc_statusname = excluded.stockstatusdoc_statusname,
        currentstockcharacteristic = excluded.currentstockcharacteristic,
        currentqty = excluded.currentqty,
        availableqty = excluded.availableqty,
        planavailableqty = excluded.planavailableqty,
        innoticeqty = excluded.innoticeqty,
        preretailqty = excluded.preretailqty,
        invstockexchrate = excluded.invstockexchrate,
        currentstocksubqty = excluded.currentstocksubqty,
        page_id = excluded.page_id,
        place = excluded.place,
        run_id = excluded.run_id
),

-- What vanished is looked for again until a complete snapshot has shown it: an incomplete one may have brought the
-- pages, and the complete one after it, which finds them standing, lands nothing.
changed_snapshot as (
    select
        dataset_state.connection_code,
        'yonsuite.current_stock of ' || dataset_state.connection_code as subject,
        max("window".window_id) as newest_window_id
    from ops.dataset_state
    inner join ops."window"
        on "window".connection_code = dataset_state.connection_code
        and "window".dataset = dataset_state.dataset
        and "window".kind = 'snapshot'
    where
        dataset_state.dataset = 'yonsuite.current_stock'
        and dataset_state.kind = 'snapshot'
        and dataset_state.is_complete
    group by dataset_state.connection_code
    having max("window".window_id) filter (where "window".pages_landed + "window".pages_removed > 0) > coalesce(
        (
            select max(tally.value)
            from ops.tally
            where
                tally.subject = 'yonsuite.current_stock of ' || dataset_state.connection_code
                and tally.name = 'vanished_through_window'
        ),
        0
    )
),

standing as materialized (
    select
        record.connection_code,
        record.row_key
    from record
    union all
    select
        snapshot_page.connection_code,
        yonsuite.row_key(
            record.org,
            record.warehouse,
            record.warehouse_code,
            record.product,
            record.product_code,
            record.productsku,
            record.productsku_code,
            record.batchno,
            record.stockstatusdoc,
            record.stockunitid,
            record.currentstockcharacteristic
        )
    from staging.snapshot_page
    inner join changed_snapshot on changed_snapshot.connection_code = snapshot_page.connection_code
    inner join staging.page as unchanged_page
        on unchanged_page.connection_code = snapshot_page.connection_code
        and unchanged_page.landed_at = snapshot_page.landed_at
        and unchanged_page.page_id = snapshot_page.page_id
    cross join lateral json_to_recordset(ops.lower_keys(unchanged_page.records)) as record (
        org text,
        warehouse text,
        warehouse_code text,
        product text,
        product_code text,
        productsku text,
        productsku_code text,
        batchno text,
        stockstatusdoc text,
        stockunitid text,
        currentstockcharacteristic text
    )
    where
        snapshot_page.dataset = 'yonsuite.current_stock'
        and not exists (
            select from page
            where page.page_id = snapshot_page.page_id
        )
),

vanished as (
    delete from yonsuite.current_stock
    using changed_snapshot
    where
        current_stock.connection_code = changed_snapshot.connection_code
        and not exists (
            select from standing
            where
                standing.connection_code = current_stock.connection_code
                and standing.row_key = current_stock.row_key
        )
    returning
        current_stock.connection_code,
        current_stock.row_key,
        current_stock.warehouse_code,
        current_stock.productsku_code
),

fed as (
    insert into yonsuite.current_stock_change (
        connection_code,
        run_id,
        row_key,
        warehouse_code,
        productsku_code
    )
    select
        kept.connection_code,
        ops.run_id(),
        kept.row_key,
        kept.warehouse_code,
        kept.productsku_code
    from kept
    where kept.is_changed
    union
    select
        kept.connection_code,
        ops.run_id(),
        kept.row_key,
        kept.old_warehouse_code,
        kept.old_productsku_code
    from kept
    where
        kept.is_changed
        and not kept.is_new
    union
    select
        vanished.connection_code,
        ops.run_id(),
        vanished.row_key,
        vanished.warehouse_code,
        vanished.productsku_code
    from vanished
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
        (select coalesce(sum(input_page.record_count), 0)
            from ops.input_page
            where input_page.dataset = 'yonsuite.current_stock') as taken,
        (select count(*) from record) as standing,
        (select count(*) from record where record.problems <> '{}') as rejected,
        (select count(*) from kept) as kept,
        (select count(*) from kept where kept.is_changed and kept.is_new) as new,
        (select count(*) from kept where kept.is_changed and not kept.is_new) as changed,
        (select count(*) from vanished) as vanished
)

select ops.count_up('yonsuite.current_stock', tally.name, tally.value)
from figure
cross join lateral (
    values
        ('taken', figure.taken),
        ('replaced', figure.taken - figure.standing),
        ('rejected', figure.rejected),
        ('repeated', figure.standing - figure.rejected - figure.kept),
        ('new', figure.new),
        ('changed', figure.changed),
        ('unchanged', figure.kept - figure.new - figure.changed),
        ('vanished', figure.vanished)
) as tally (name, value)
union all
select ops.count_up(changed_snapshot.subject, 'vanished_through_window', changed_snapshot.newest_window_id)
from changed_snapshot;
