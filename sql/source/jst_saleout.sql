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
select
    ops.make_reader('jst.saleout', 'connection_code', 'io_id', 'page_id', 'place', 'record_hash', 'run_id'),
    ops.make_reader('jst.saleout_item', 'connection_code', 'io_id', 'line_no'),
    ops.make_reader('jst.saleout_batch'),
    ops.make_reader('jst.saleout_sn'),
    ops.make_reader('jst.saleout_pay', 'connection_code', 'io_id', 'pay_line_no'),
    ops.make_reader('jst.saleout_cluster', 'connection_code', 'io_id', 'cluster_line_no'),
    -- an item that may have fields of its order
    ops.make_finder('is_more_than_item', array(
        select jsonb_object_keys(
            ops.column_kinds('jst.saleout') - array(select jsonb_object_keys(ops.column_kinds('jst.saleout_item')))
        )
        union all
        select 'pays'
    ));

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
    lowered,
    record_hash,
    is_known,
    is_standing,
    is_older,
    inherited,
    problems,
    envelope
)
with shape as materialized (
    select
        ops.column_kinds('jst.saleout') as kinds,
        array(select jsonb_object_keys(ops.column_kinds('jst.saleout_item'))) as item_names,
        array(select jsonb_object_keys(ops.column_kinds('jst.saleout_pay'))) as payment_names
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
    named.lowered,
    named.record_hash,
    saleout.io_id is not null,
    coalesce(saleout.record_hash = named.record_hash, false),
    coalesce(
        saleout.modified > key.modified
        or (saleout.modified = key.modified and saleout.ts > coalesce(key.ts, 0)),
        false
    ),
    nested.fields,
    coalesce(found.problems, '[]')
    || coalesce(nested.problems, '[]')
    || ops.list_problem(told.items, 'items')
    || ops.list_problem(told.batchs, 'batchs')
    || ops.list_problem(told.sns, 'sns')
    || ops.list_problem(told.pays, 'pays')
    || ops.list_problem(told.clusters, 'ClusterInfos'),
    page.envelope
from ops.input_page as page
cross join shape
cross join lateral json_array_elements(page.records::json) with ordinality as element (record, place)
cross join lateral (
    select
        ops.lowered(element.record, but => 'ClusterInfos') as lowered,
        hashtextextended(element.record::text, 0) as record_hash
    offset 0
) as named
cross join lateral (
    select
        record.io_id,
        record.modified,
        record.ts,
        record.items,
        record.batchs,
        record.sns,
        record.pays,
        record."ClusterInfos" as clusters
    from json_to_record(element.record) as record (
        io_id text,
        modified text,
        ts text,
        items json,
        batchs json,
        sns json,
        pays json,
        "ClusterInfos" json
    )
    where named.lowered is null
    union all
    select
        ops.member(element.record, 'io_id'),
        ops.member(element.record, 'modified'),
        ops.member(element.record, 'ts'),
        ops.json_member(element.record, 'items'),
        ops.json_member(element.record, 'batchs'),
        ops.json_member(element.record, 'sns'),
        ops.json_member(element.record, 'pays'),
        ops.json_member(element.record, 'ClusterInfos')
    where named.lowered is not null
) as told
cross join lateral (
    select ops.list(told.items) -> 0 as item
    offset 0
) as first
cross join lateral (
    select
        btrim(coalesce(
            told.io_id,
            ops.member(first.item, 'io_id'),
            ops.member(ops.list(ops.json_member(first.item, 'pays')) -> 0, 'io_id')
        )) as io_id,
        ops.beijing_time_or_null(coalesce(told.modified, ops.member(first.item, 'modified'))) as modified,
        ops.numeric_or_null(told.ts) as ts
    offset 0
) as key
left join jst.saleout
    on saleout.connection_code = page.connection_code
    and saleout.io_id = key.io_id
left join lateral (
    select can_read
    from pg_temp.can_read_saleout(element.record) as can_read
    where
        named.lowered is null
        and saleout.record_hash is distinct from named.record_hash
    offset 0
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(element.record, shape.kinds)
    where
        plain.can_read is not true
        and saleout.record_hash is distinct from named.record_hash
    offset 0
) as found on true
left join lateral (
    select is_more
    from pg_temp.is_more_than_item(first.item) as is_more
    where
        named.lowered is null
        and json_typeof(first.item) = 'object'
        and saleout.record_hash is distinct from named.record_hash
    offset 0
) as more on true
left join lateral (
    -- fields of the order that stand in its first item or its first payment, where the order itself has none
    select
        nullif(
            (in_payment.fields || in_item.fields) - array['connection_code', 'io_id', 'page_id', 'place', 'record_hash', 'run_id'],
            '{}'
        ) as fields,
        in_item.problems || in_payment.problems as problems
    from (
        select array(select jsonb_object_keys(jsonb_strip_nulls(read_fields.fields))) as names
        from ops.read_fields(element.record, shape.kinds)
        offset 0
    ) as own
    cross join lateral ops.read_inherited(first.item, 'items[1]', shape.kinds, shape.item_names || own.names) as in_item
    cross join lateral ops.read_inherited(
        ops.list(ops.json_member(first.item, 'pays')) -> 0,
        'items[1].pays[1]',
        shape.kinds,
        shape.payment_names || own.names
    ) as in_payment
    where
        saleout.record_hash is distinct from named.record_hash
        and (named.lowered is not null or more.is_more)
    offset 0
) as nested on true
where page.dataset = 'jst.saleout';

-- every list of every document, from both places where it may stand
insert into incoming_part (page_id, place, part, part_no, path, parent_no, record, inherited, problems)
with listed as materialized (
    select
        incoming.page_id,
        incoming.place,
        incoming.lowered is not null as has_capitals,
        list.items,
        list.batchs,
        list.sns,
        list.pays,
        list.clusters
    from incoming
    cross join lateral (
        select
            record.items,
            record.batchs,
            record.sns,
            record.pays,
            record."ClusterInfos" as clusters
        from json_to_record(incoming.record) as record (
            items json,
            batchs json,
            sns json,
            pays json,
            "ClusterInfos" json
        )
        where incoming.lowered is null
        union all
        select
            ops.json_member(incoming.record, 'items'),
            ops.json_member(incoming.record, 'batchs'),
            ops.json_member(incoming.record, 'sns'),
            ops.json_member(incoming.record, 'pays'),
            ops.json_member(incoming.record, 'ClusterInfos')
        where incoming.lowered is not null
    ) as list
    where not incoming.is_standing
),

item as materialized (
    select
        listed.page_id,
        listed.place,
        listed.has_capitals,
        element.record,
        element.item_no,
        list.batchs,
        list.sns,
        list.pays
    from listed
    cross join lateral json_array_elements(ops.list(listed.items)) with ordinality as element (record, item_no)
    cross join lateral (
        select
            record.batchs,
            record.sns,
            record.pays
        from json_to_record(element.record) as record (batchs json, sns json, pays json)
        where
            not listed.has_capitals
            and json_typeof(element.record) = 'object'
        union all
        select
            ops.json_member(element.record, 'batchs'),
            ops.json_member(element.record, 'sns'),
            ops.json_member(element.record, 'pays')
        where
            listed.has_capitals
            or json_typeof(element.record) <> 'object'
    ) as list
),

batch as materialized (
    select
        listed.page_id,
        listed.place,
        listed.has_capitals,
        element.record,
        'batchs[' || element.batch_no || ']' as path,
        null::bigint as item_no,
        element.batch_no
    from listed
    cross join lateral json_array_elements(ops.list(listed.batchs)) with ordinality as element (record, batch_no)
    union all
    select
        item.page_id,
        item.place,
        item.has_capitals,
        element.record,
        'items[' || item.item_no || '].batchs[' || element.batch_no || ']',
        item.item_no,
        element.batch_no
    from item
    cross join lateral json_array_elements(ops.list(item.batchs)) with ordinality as element (record, batch_no)
),

found as (
    select
        item.page_id,
        item.place,
        item.has_capitals,
        'items' as part,
        item.record,
        null::jsonb as inherited,
        'items[' || item.item_no || ']' as path,
        item.item_no,
        null::bigint as batch_no,
        item.item_no as place_no
    from item
    union all
    select
        batch.page_id,
        batch.place,
        batch.has_capitals,
        'batchs',
        batch.record,
        null,
        batch.path,
        batch.item_no,
        null,
        batch.batch_no
    from batch
    union all
    select
        listed.page_id,
        listed.place,
        listed.has_capitals,
        list.part,
        element.record,
        null,
        list.part || '[' || element.place_no || ']',
        null,
        null,
        element.place_no
    from listed
    cross join lateral (
        values
            ('sns', listed.sns),
            ('pays', listed.pays),
            ('ClusterInfos', listed.clusters)
    ) as list (part, elements)
    cross join lateral json_array_elements(ops.list(list.elements)) with ordinality as element (record, place_no)
    union all
    select
        item.page_id,
        item.place,
        item.has_capitals,
        list.part,
        element.record,
        null,
        'items[' || item.item_no || '].' || list.part || '[' || element.place_no || ']',
        item.item_no,
        null,
        element.place_no
    from item
    cross join lateral (
        values
            ('sns', item.sns),
            ('pays', item.pays)
    ) as list (part, elements)
    cross join lateral json_array_elements(ops.list(list.elements)) with ordinality as element (record, place_no)
    union all
    select
        batch.page_id,
        batch.place,
        batch.has_capitals,
        'sns',
        element.record,
        jsonb_build_object('batch_no', ops.member(batch.record, 'batch_no')),
        batch.path || '.sns[' || element.place_no || ']',
        batch.item_no,
        batch.batch_no,
        element.place_no
    from batch
    cross join lateral json_array_elements(ops.list(ops.json_member(batch.record, 'sns'))) with ordinality as element (record, place_no)
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
    coalesce(named.lowered, found.record),
    found.inherited,
    coalesce(careful.problems, '[]')
from found
inner join shape on shape.part = found.part
cross join lateral (
    select case when found.has_capitals or json_typeof(found.record) <> 'object' then ops.lowered(found.record) end as lowered
    offset 0
) as named
left join lateral (
    select can_read
    from pg_temp.can_read_saleout_item(found.record) as can_read
    where found.part = 'items' and named.lowered is null
    union all
    select can_read
    from pg_temp.can_read_saleout_batch(found.record) as can_read
    where found.part = 'batchs' and named.lowered is null
    union all
    select can_read
    from pg_temp.can_read_saleout_sn(found.record) as can_read
    where found.part = 'sns' and named.lowered is null
    union all
    select can_read
    from pg_temp.can_read_saleout_pay(found.record) as can_read
    where found.part = 'pays' and named.lowered is null
    union all
    select can_read
    from pg_temp.can_read_saleout_cluster(found.record) as can_read
    where found.part = 'ClusterInfos' and named.lowered is null
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(found.record, shape.kinds)
    where plain.can_read is not true
    offset 0
) as careful on true;

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
cross join lateral pg_temp.read_saleout(
    coalesce(incoming.lowered, incoming.record),
    connection_code => incoming.connection_code,
    io_id => incoming.record_key,
    page_id => incoming.page_id,
    place => incoming.place,
    record_hash => incoming.record_hash,
    run_id => ops.run_id()
) as typed
where
    incoming.outcome in ('new', 'changed')
    and incoming.inherited is null
union all
select typed.*
from incoming
cross join lateral pg_temp.read_saleout(
    coalesce(incoming.lowered, incoming.record),
    connection_code => incoming.connection_code,
    io_id => incoming.record_key,
    page_id => incoming.page_id,
    place => incoming.place,
    record_hash => incoming.record_hash,
    run_id => ops.run_id()
) as own
cross join lateral jsonb_populate_record(own, incoming.inherited) as typed
where
    incoming.outcome in ('new', 'changed')
    and incoming.inherited is not null;

insert into jst.saleout_item
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'items'
cross join lateral pg_temp.read_saleout_item(
    incoming_part.record,
    connection_code => incoming.connection_code,
    io_id => incoming.record_key,
    line_no => incoming_part.part_no
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
cross join lateral pg_temp.read_saleout_batch(incoming_part.record) as own
left join lateral (
    select saleout_item.line_no
    from jst.saleout_item
    where
        saleout_item.connection_code = incoming.connection_code
        and saleout_item.io_id = incoming.record_key
        and (
            saleout_item.ioi_id = own.ioi_id
            or saleout_item.sku_id = own.sku_id
        )
    order by
        (saleout_item.ioi_id = own.ioi_id) is true desc,
        saleout_item.line_no
    limit 1
) as item on true
cross join lateral jsonb_populate_record(
    own,
    jsonb_build_object(
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
inner join jst.saleout
    on saleout.connection_code = incoming.connection_code
    and saleout.io_id = incoming.record_key
cross join lateral pg_temp.read_saleout_sn(incoming_part.record) as own
left join lateral (
    select saleout_item.line_no
    from jst.saleout_item
    where
        saleout_item.connection_code = incoming.connection_code
        and saleout_item.io_id = incoming.record_key
        and saleout_item.sku_id = own.sku_id
    order by saleout_item.line_no
    limit 1
) as item on true
cross join lateral jsonb_populate_record(
    own,
    coalesce(incoming_part.inherited, '{}') || jsonb_strip_nulls(jsonb_build_object('batch_no', own.batch_no))
    || jsonb_build_object(
        'pay_date', coalesce(own.pay_date, saleout.pay_date),
        'code', coalesce(own.code, incoming.envelope ->> 'code', incoming.envelope -> 'response' ->> 'code'),
        'issuccess', coalesce(own.issuccess, incoming.envelope ->> 'issuccess'),
        'msg', coalesce(own.msg, incoming.envelope ->> 'msg', incoming.envelope -> 'response' ->> 'message'),
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
cross join lateral pg_temp.read_saleout_pay(
    incoming_part.record,
    connection_code => incoming.connection_code,
    io_id => incoming.record_key,
    pay_line_no => incoming_part.part_no
) as typed
where incoming.outcome in ('new', 'changed');

insert into jst.saleout_cluster
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'ClusterInfos'
cross join lateral pg_temp.read_saleout_cluster(
    incoming_part.record,
    connection_code => incoming.connection_code,
    io_id => incoming.record_key,
    cluster_line_no => incoming_part.part_no
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
select ops.drop_readers();
