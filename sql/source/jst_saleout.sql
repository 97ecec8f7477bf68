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
    || ops.list_problem(coalesce(told."ClusterInfos", told.clusterinfos), 'ClusterInfos'),
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
        coalesce(named.lowered, element.record) as record,
        json_typeof(element.record) = 'object' as is_object
    offset 0
) as whole
cross join lateral json_to_record(whole.record) as told (
    io_id text,
    modified text,
    ts text,
    items json,
    batchs json,
    sns json,
    pays json,
    "ClusterInfos" json,
    clusterinfos json
)
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
    from pg_temp.can_read_saleout(whole.record) as can_read
    where
        whole.is_object
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

-- Every list of every document, from both places where it may stand.
insert into incoming_part (page_id, place, part, part_no, path, parent_no, record, inherited, problems)
with recursive found as (
    select
        incoming.page_id,
        incoming.place,
        incoming.lowered is not null as has_capitals,
        '' as part,
        '' as path,
        coalesce(incoming.lowered, incoming.record) as record,
        null::jsonb as inherited,
        null::bigint as item_no,
        null::bigint as batch_no,
        1::bigint as place_no
    from incoming
    where not incoming.is_standing
    union all
    select
        found.page_id,
        found.place,
        found.has_capitals,
        list.part,
        concat_ws('.', nullif(found.path, ''), list.part || '[' || element.place_no || ']'),
        ops.lowered_part(element.record, found.has_capitals),
        case when found.part = 'batchs' then jsonb_build_object('batch_no', told.batch_no) end,
        case when found.part = 'items' then found.place_no else found.item_no end,
        case when found.part = 'batchs' then found.place_no end,
        element.place_no
    from found
    cross join lateral json_to_record(ops.object(found.record)) as told (
        batch_no text,
        items json,
        batchs json,
        sns json,
        pays json,
        "ClusterInfos" json,
        clusterinfos json
    )
    cross join lateral (
        values
            ('items', told.items, array['']),
            ('batchs', told.batchs, array['', 'items']),
            ('sns', told.sns, array['', 'items', 'batchs']),
            ('pays', told.pays, array['', 'items']),
            ('ClusterInfos', coalesce(told."ClusterInfos", told.clusterinfos), array[''])
    ) as list (part, elements, stands_in)
    cross join lateral json_array_elements(ops.list(list.elements)) with ordinality as element (record, place_no)
    where
        found.part in ('', 'items', 'batchs')
        and found.part = any (list.stands_in)
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
    ops.object(found.record),
    found.inherited,
    coalesce(careful.problems, '[]')
from found
inner join shape on shape.part = found.part
left join lateral (
    select can_read
    from pg_temp.can_read_saleout_item(found.record) as can_read
    where found.part = 'items' and json_typeof(found.record) = 'object'
    union all
    select can_read
    from pg_temp.can_read_saleout_batch(found.record) as can_read
    where found.part = 'batchs' and json_typeof(found.record) = 'object'
    union all
    select can_read
    from pg_temp.can_read_saleout_sn(found.record) as can_read
    where found.part = 'sns' and json_typeof(found.record) = 'object'
    union all
    select can_read
    from pg_temp.can_read_saleout_pay(found.record) as can_read
    where found.part = 'pays' and json_typeof(found.record) = 'object'
    union all
    select can_read
    from pg_temp.can_read_saleout_cluster(found.record) as can_read
    where found.part = 'ClusterInfos' and json_typeof(found.record) = 'object'
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(found.record, shape.kinds)
    where plain.can_read is not true
    offset 0
) as careful on true;

select ops.judge_incoming('io_id');

select ops.delete_changed(
    'io_id',
    'jst.saleout_item', 'jst.saleout_batch', 'jst.saleout_sn', 'jst.saleout_pay', 'jst.saleout_cluster', 'jst.saleout'
);

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
