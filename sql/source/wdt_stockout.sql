-- Sales stockouts of 旺店通 (销售出库单) with their lines and positions: the newest state of each document.
--
-- dataset: wdt.stockout
-- grain:   connection, stockout_id; line: line_no; position: line_no, position_line_no
-- reads:   staging.page
-- writes:  wdt.stockout, wdt.stockout_line, wdt.stockout_position, wdt.stockout_change
-- rerun:   safe; an unchanged document is left untouched
-- by hand: begin; set local pandian.run_id = '42'; \i sql/source/wdt_stockout.sql
--
-- A field of a record goes into the column of its name, typed as the column is; see sql/function/ops_incoming.sql.
-- A document is shown by three readings: when it is shipped (wdt.stockout), when it changes later
-- (wdt.stockout.modified) and when it is cancelled (wdt.stockout.cancelled). Whichever was modified last counts.
-- Lines are replaced as a whole with their document: a line that disappeared is gone. One line that cannot be read
-- rejects the document, and the last good state stays.
-- The published field list has stockout_id on the lines only, live answers have it on the document: both are read.

select ops.open_incoming();
select
    ops.make_reader('wdt.stockout', 'connection_code', 'stockout_id', 'page_id', 'place', 'record_hash', 'run_id'),
    ops.make_reader('wdt.stockout_line', 'connection_code', 'stockout_id', 'line_no'),
    ops.make_reader('wdt.stockout_position', 'connection_code', 'stockout_id', 'line_no', 'position_line_no');

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
    problems
)
select
    page.connection_code,
    page.dataset,
    page.page_id,
    page.page_no,
    element.place,
    coalesce(key.stockout_id, ''),
    key.modified,
    element.record,
    named.lowered,
    named.record_hash,
    stockout.stockout_id is not null,
    coalesce(stockout.record_hash = named.record_hash, false),
    coalesce(stockout.modified > key.modified, false),
    coalesce(found.problems, '[]') || ops.list_problem(told.details_list, 'details_list')
from ops.input_page as page
cross join (
    select ops.column_kinds('wdt.stockout') as kinds
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
cross join lateral json_to_record(whole.record) as told (stockout_id text, modified text, details_list json)
cross join lateral (
    select
        btrim(coalesce(told.stockout_id, ops.member(ops.list(told.details_list) -> 0, 'stockout_id'))) as stockout_id,
        ops.beijing_time_or_null(told.modified) as modified
    offset 0
) as key
left join wdt.stockout
    on stockout.connection_code = page.connection_code
    and stockout.stockout_id = key.stockout_id
left join lateral (
    select can_read
    from pg_temp.can_read_stockout(whole.record) as can_read
    where
        whole.is_object
        and stockout.record_hash is distinct from named.record_hash
    offset 0
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(element.record, shape.kinds)
    where
        plain.can_read is not true
        and stockout.record_hash is distinct from named.record_hash
    offset 0
) as found on true
where page.dataset in ('wdt.stockout', 'wdt.stockout.modified', 'wdt.stockout.cancelled');

insert into incoming_part (page_id, place, part, part_no, path, record, problems)
select
    incoming.page_id,
    incoming.place,
    'details_list',
    line.line_no,
    'details_list[' || line.line_no || ']',
    ops.object(named.record),
    coalesce(found.problems, '[]') || ops.list_problem(told.position_list, 'position_list')
from incoming
cross join (
    select ops.column_kinds('wdt.stockout_line') as kinds
    offset 0
) as shape
cross join lateral json_to_record(coalesce(incoming.lowered, incoming.record)) as listed (details_list json)
cross join lateral json_array_elements(ops.list(listed.details_list)) with ordinality as line (record, line_no)
cross join lateral (
    select ops.lowered_part(line.record, incoming.lowered is not null) as record
    offset 0
) as named
cross join lateral json_to_record(ops.object(named.record)) as told (position_list json)
left join lateral (
    select can_read
    from pg_temp.can_read_stockout_line(named.record) as can_read
    where json_typeof(named.record) = 'object'
    offset 0
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(named.record, shape.kinds)
    where plain.can_read is not true
    offset 0
) as found on true
where not incoming.is_standing;

insert into incoming_part (page_id, place, part, part_no, path, parent_no, record, problems)
select
    line.page_id,
    line.place,
    'position_list',
    position.position_line_no,
    line.path || '.position_list[' || position.position_line_no || ']',
    line.part_no,
    ops.object(named.record),
    coalesce(found.problems, '[]')
from incoming_part as line
inner join incoming
    on incoming.page_id = line.page_id
    and incoming.place = line.place
cross join (
    select ops.column_kinds('wdt.stockout_position') as kinds
    offset 0
) as shape
cross join lateral json_to_record(line.record) as listed (position_list json)
cross join lateral json_array_elements(ops.list(listed.position_list))
    with ordinality as position (record, position_line_no)
cross join lateral (
    select ops.lowered_part(position.record, incoming.lowered is not null) as record
    offset 0
) as named
left join lateral (
    select can_read
    from pg_temp.can_read_stockout_position(named.record) as can_read
    where json_typeof(named.record) = 'object'
    offset 0
) as plain on true
left join lateral (
    select read_fields.problems
    from ops.read_fields(named.record, shape.kinds)
    where plain.can_read is not true
    offset 0
) as found on true
where line.part = 'details_list';

select ops.judge_incoming('stockout_id');

select ops.delete_changed('stockout_id', 'wdt.stockout_line', 'wdt.stockout_position', 'wdt.stockout');

insert into wdt.stockout
select typed.*
from incoming
cross join lateral pg_temp.read_stockout(
    coalesce(incoming.lowered, incoming.record),
    connection_code => incoming.connection_code,
    stockout_id => incoming.record_key,
    page_id => incoming.page_id,
    place => incoming.place,
    record_hash => incoming.record_hash,
    run_id => ops.run_id()
) as typed
where incoming.outcome in ('new', 'changed');

insert into wdt.stockout_line
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'details_list'
cross join lateral pg_temp.read_stockout_line(
    incoming_part.record,
    connection_code => incoming.connection_code,
    stockout_id => incoming.record_key,
    line_no => incoming_part.part_no
) as typed
where incoming.outcome in ('new', 'changed');

insert into wdt.stockout_position
select typed.*
from incoming
inner join incoming_part
    on incoming_part.page_id = incoming.page_id
    and incoming_part.place = incoming.place
    and incoming_part.part = 'position_list'
cross join lateral pg_temp.read_stockout_position(
    incoming_part.record,
    connection_code => incoming.connection_code,
    stockout_id => incoming.record_key,
    line_no => incoming_part.parent_no,
    position_line_no => incoming_part.part_no
) as typed
where incoming.outcome in ('new', 'changed');

insert into wdt.stockout_change (
    connection_code,
    run_id,
    stockout_id
)
select
    incoming.connection_code,
    ops.run_id(),
    incoming.record_key
from incoming
where incoming.outcome in ('new', 'changed');

select ops.count_incoming(array['wdt.stockout', 'wdt.stockout.modified', 'wdt.stockout.cancelled']);
select ops.drop_readers();
