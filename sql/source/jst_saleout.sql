-- Sale-outs of 聚水潭 (销售出库单) with their items, batches, serial numbers and payments: the newest state of each.
--
-- dataset: jst.saleout
-- grain:   connection, io_id; items and the like: their place in the document
-- reads:   staging.page
-- writes:  jst.saleout, jst.saleout_item, jst.saleout_batch, jst.saleout_sn, jst.saleout_pay, jst.saleout_cluster, jst.saleout_change
-- rerun:   safe; an unchanged document is left untouched
-- by hand: begin; set local pandian.run_id = '42'; \i sql/source/jst_saleout.sql
--
-- A field of a record goes into the column of its name, typed as the column is; see sql/function/ops_incoming.sql.
-- Of several states of one io_id the last modified counts, and among equal times the greatest ts (row version).
-- Published field lists print batches and serial numbers within the items, and fields of the order within items and
-- payments; on the wire they stand beside the items. Both places are read, the wire's first.

select ops.open_incoming();

insert into incoming (
    connection_code,
    dataset,
    page_id,
    page_no,
    place,
    record_key,
    modified,
    version,
    record,
    record_hash,
    is_known,
    is_standing,
    is_older,
    fields,
    problems,
    envelope
)
select
    page.connection_code,
    page.dataset,
    page.page_id,
    page.page_no,
    element.place,
    coalesce(key.io_id, ''),
    key.modified,
    key.ts,
    element.record,
    key.record_hash,
    saleout.io_id is not null,
    coalesce(saleout.record_hash = key.record_hash, false),
    coalesce(
        saleout.modified > key.modified
        or (saleout.modified = key.modified and saleout.ts > coalesce(key.ts, 0)),
        false
    ),
    -- fields of the order that stand in its first item or its first payment, where the order itself has none
    in_payment.fields || in_item.fields || jsonb_strip_nulls(found.fields),
    found.problems
    || in_item.problems
    || in_payment.problems
    || ops.list_problem(element.record, 'items')
    || ops.list_problem(element.record, 'batchs')
    || ops.list_problem(element.record, 'sns')
    || ops.list_problem(element.record, 'pays')
    || ops.list_problem(element.record, 'ClusterInfos'),
    page.envelope
from ops.input_page as page
cross join (
    select
        ops.column_kinds('jst.saleout') as kinds,
        array(select jsonb_object_keys(ops.column_kinds('jst.saleout_item'))) as item_names,
        array(select jsonb_object_keys(ops.column_kinds('jst.saleout_pay'))) as payment_names
    offset 0  -- once, not once a record
) as shape
cross join lateral json_array_elements(page.records::json) with ordinality as element (record, place)
cross join lateral (
    select
        first_item.item,
        ops.list(first_item.item, 'pays') -> 0 as payment
    from (select ops.list(element.record, 'items') -> 0 as item) as first_item
    offset 0
) as nested
cross join lateral (
    select
        btrim(coalesce(
            ops.member(element.record, 'io_id'),
            ops.member(nested.item, 'io_id'),
            ops.member(nested.payment, 'io_id')
        )) as io_id,
        ops.beijing_time_or_null(coalesce(
            ops.member(element.record, 'modified'),
            ops.member(nested.item, 'modified')
        )) as modified,
        ops.numeric_or_null(ops.member(element.record, 'ts')) as ts,
        hashtextextended(element.record::text, 0) as record_hash
    offset 0
) as key
left join jst.saleout
    on saleout.connection_code = page.connection_code
    and saleout.io_id = key.io_id
left join lateral (
    select
        read_fields.fields,
        read_fields.problems,
        array(select jsonb_object_keys(jsonb_strip_nulls(read_fields.fields))) as names
    from ops.read_fields(element.record, shape.kinds)
    where saleout.record_hash is distinct from key.record_hash
) as found on true
left join lateral ops.read_inherited(nested.item, 'items[1]', shape.kinds, shape.item_names || found.names) as in_item
    on saleout.record_hash is distinct from key.record_hash
left join lateral ops.read_inherited(
    nested.payment,
    'items[1].pays[1]',
    shape.kinds,
    shape.payment_names || found.names
) as in_payment
    on saleout.record_hash is distinct from key.record_hash
where page.dataset = 'jst.saleout';

-- every list of every document, from both places where it may stand
insert into incoming_part (page_id, place, part, part_no, path, parent_no, fields, problems)
with item as materialized (
    select
        incoming.page_id,
        incoming.place,
        element.record,
        element.item_no
    from incoming
    cross join lateral json_array_elements(ops.list(incoming.record, 'items')) with ordinality as element (record, item_no)
    where not incoming.is_standing
),

batch as materialized (
    select
        incoming.page_id,
        incoming.place,
        element.record,
        'batchs[' || element.batch_no || ']' as path,
        null::bigint as item_no,
        element.batch_no
    from incoming
    cross join lateral json_array_elements(ops.list(incoming.record, 'batchs')) with ordinality as element (record, batch_no)
    where not incoming.is_standing
    union all
    select
        item.page_id,
        item.place,
        element.record,
        'items[' || item.item_no || '].batchs[' || element.batch_no || ']',
        item.item_no,
        element.batch_no
    from item
    cross join lateral json_array_elements(ops.list(item.record, 'batchs')) with ordinality as element (record, batch_no)
),

found as (
    select
        item.page_id,
        item.place,
        'items' as part,
        item.record,
        '{}'::jsonb as inherited,
        'items[' || item.item_no || ']' as path,
        item.item_no,
        null::bigint as batch_no,
        item.item_no as place_no
    from item
    union all
    select
        batch.page_id,
        batch.place,
        'batchs',
        batch.record,
        '{}',
        batch.path,
        batch.item_no,
        null,
        batch.batch_no
    from batch
    union all
    select
        incoming.page_id,
        incoming.place,
        list.part,
        element.record,
        '{}',
        list.part || '[' || element.place_no || ']',
        null,
        null,
        element.place_no
    from incoming
    cross join (values ('sns'), ('pays'), ('ClusterInfos')) as list (part)
    cross join lateral json_array_elements(ops.list(incoming.record, list.part)) with ordinality as element (record, place_no)
    where not incoming.is_standing
    union all
    select
        item.page_id,
        item.place,
        list.part,
        element.record,
        '{}',
        'items[' || item.item_no || '].' || list.part || '[' || element.place_no || ']',
        item.item_no,
        null,
        element.place_no
    from item
    cross join (values ('sns'), ('pays')) as list (part)
    cross join lateral json_array_elements(ops.list(item.record, list.part)) with ordinality as element (record, place_no)
    union all
    select
        batch.page_id,
        batch.place,
        'sns',
        element.record,
        jsonb_build_object('batch_no', ops.member(batch.record, 'batch_no')),
        batch.path || '.sns[' || element.place_no || ']',
        batch.item_no,
        batch.batch_no,
        element.place_no
    from batch
    cross join lateral json_array_elements(ops.list(batch.record, 'sns')) with ordinality as element (record, place_no)
),

shape as materialized (
    select 'items' as part, ops.column_kinds('jst.saleout_item') as kinds
    union all
    select 'batchs', ops.column_kinds('jst.saleout_batch')
    union all
    select 'sns', ops.column_kinds('jst.saleout_sn')
    union all
    select 'pays', ops.column_kinds('jst.saleout_pay')
    union all
    select 'ClusterInfos', ops.column_kinds('jst.saleout_cluster')
)

select
    found.page_id,
    found.place,
    found.part,
    row_number() over (
        partition by found.page_id, found.place, found.part
        order by
            found.item_no nulls first,
            found.batch_no nulls first,
            found.place_no,
            found.path
    ),
    found.path,
    found.item_no,
    found.inherited || jsonb_strip_nulls(cleaned.fields),
    cleaned.problems
from found
inner join shape on shape.part = found.part
cross join lateral ops.read_fields(found.record, shape.kinds) as cleaned;

select ops.judge_incoming('io_id');

with changed as materialized (
    select
        incoming.connection_code,
        incoming.record_key as io_id
    from incoming
    where incoming.outcome = 'changed'
),

without_items as (
    delete from jst.saleout_item
    using changed
    where
        saleout_item.connection_code = changed.connection_code
        and saleout_item.io_id = changed.io_id
),

without_batches as (
    delete from jst.saleout_batch
    using changed
    where
        saleout_batch.connection_code = changed.connection_code
        and saleout_batch.io_id = changed.io_id
),

without_serial_numbers as (
    delete from jst.saleout_sn
    using changed
    where
        saleout_sn.connection_code = changed.connection_code
        and saleout_sn.io_id = changed.io_id
),

without_payments as (
    delete from jst.saleout_pay
    using changed
    where
        saleout_pay.connection_code = changed.connection_code
        and saleout_pay.io_id = changed.io_id
),

without_clusters as (
    delete from jst.saleout_cluster
    using changed
    where
        saleout_cluster.connection_code = changed.connection_code
        and saleout_cluster.io_id = changed.io_id
)

delete from jst.saleout
using changed
where
    saleout.connection_code = changed.connection_code
    and saleout.io_id = changed.io_id;

insert into jst.saleout
select typed.*
from incoming
cross join lateral jsonb_populate_record(
    null::jst.saleout,
    incoming.fields || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'page_id', incoming.page_id,
        'place', incoming.place,
        'record_hash', incoming.record_hash,
        'run_id', ops.run_id()
    )
) as typed
where incoming.outcome in ('new', 'changed');

insert into jst.saleout_item
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'items'
cross join lateral jsonb_populate_record(
    null::jst.saleout_item,
    incoming_part.fields || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'line_no', incoming_part.part_no
    )
) as typed
where incoming.outcome in ('new', 'changed');

-- A batch belongs to the item it stands in, else to that with its ioi_id, else to the first with its SKU.
insert into jst.saleout_batch
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'batchs'
left join lateral (
    select saleout_item.line_no
    from jst.saleout_item
    where
        saleout_item.connection_code = incoming.connection_code
        and saleout_item.io_id = incoming.record_key
        and (
            saleout_item.ioi_id = incoming_part.fields ->> 'ioi_id'
            or saleout_item.sku_id = incoming_part.fields ->> 'sku_id'
        )
    order by
        (saleout_item.ioi_id = incoming_part.fields ->> 'ioi_id') is true desc,
        saleout_item.line_no
    limit 1
) as item on true
cross join lateral jsonb_populate_record(
    null::jst.saleout_batch,
    incoming_part.fields || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'batch_line_no', incoming_part.part_no,
        'line_no', coalesce(incoming_part.parent_no, item.line_no)
    )
) as typed
where incoming.outcome in ('new', 'changed');

-- pay_date is the order's and code, issuccess and msg are the response's, unless they stand with the number itself.
insert into jst.saleout_sn
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'sns'
left join lateral (
    select saleout_item.line_no
    from jst.saleout_item
    where
        saleout_item.connection_code = incoming.connection_code
        and saleout_item.io_id = incoming.record_key
        and saleout_item.sku_id = incoming_part.fields ->> 'sku_id'
    order by saleout_item.line_no
    limit 1
) as item on true
cross join lateral jsonb_populate_record(
    null::jst.saleout_sn,
    jsonb_build_object(
        'pay_date', incoming.fields ->> 'pay_date',
        'code', coalesce(incoming.envelope ->> 'code', incoming.envelope -> 'response' ->> 'code'),
        'issuccess', incoming.envelope ->> 'issuccess',
        'msg', coalesce(incoming.envelope ->> 'msg', incoming.envelope -> 'response' ->> 'message')
    )
    || jsonb_strip_nulls(incoming_part.fields)
    || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'sn_line_no', incoming_part.part_no,
        'line_no', coalesce(incoming_part.parent_no, item.line_no)
    )
) as typed
where incoming.outcome in ('new', 'changed');

insert into jst.saleout_pay
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'pays'
cross join lateral jsonb_populate_record(
    null::jst.saleout_pay,
    incoming_part.fields || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'pay_line_no', incoming_part.part_no
    )
) as typed
where incoming.outcome in ('new', 'changed');

insert into jst.saleout_cluster
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'ClusterInfos'
cross join lateral jsonb_populate_record(
    null::jst.saleout_cluster,
    incoming_part.fields || jsonb_build_object(
        'connection_code', incoming.connection_code,
        'io_id', incoming.record_key,
        'cluster_line_no', incoming_part.part_no
    )
) as typed
where incoming.outcome in ('new', 'changed');

insert into jst.saleout_change (
    connection_code,
    run_id,
    io_id
)
select
    incoming.connection_code,
    ops.run_id(),
    incoming.record_key
from incoming
where incoming.outcome in ('new', 'changed');

select ops.count_incoming(array['jst.saleout']);
