-- How documents of a vendor are typed: by the names and types of the table's own columns, and only when their text
-- is another one than last time. Stock, of which there are millions of rows, names its columns instead.
--
-- reads:  nothing
-- writes: staging.reject
-- rerun:  safe
--
--     select ops.open_incoming();                    two temporary tables, for this transaction
--     select ops.make_reader('wdt.shop', ...);       pg_temp.read_shop and pg_temp.can_read_shop, for this transaction
--     insert into incoming (...) select ...;         one row per record, with the problems of its fields
--     insert into incoming_part (...) select ...;    one row per line, batch, ... of a record
--     select ops.judge_incoming();                   what cannot be read goes to staging.reject; the rest gets an outcome
--     delete ..., insert ...;                        the documents whose outcome is new or changed, with their parts
--     select ops.count_incoming(array['wdt.shop']);  the balance
--     select ops.drop_readers();
--
-- A record is taken apart as a whole, by json_to_record with the table's columns: twice, to see whether every value fits
-- its column, and to write it. Only where one does not fit, or a name has a capital, does ops.read_fields look at it
-- field by field, which costs five times as much and tells what is wrong.
--
-- Outcomes: new, changed, unchanged (the same text, or an older state than the row), repeated (a newer record of the
-- key came with it), rejected, replaced (its page no longer stands in its place of a snapshot).
-- Newer is what was modified later; a record that does not say when counts as newer than all that came before it.

create or replace function ops.open_incoming()
returns void
language plpgsql
as $$
begin
    if to_regclass('pg_temp.incoming') is null then
        create temporary table incoming (
            connection_code text collate "C" not null,
            dataset text not null,
            page_id bigint not null,
            page_no integer not null,
            place integer not null,
            record_key text collate "C" not null,  -- blank when the record has none
            modified timestamptz,
            version numeric,  -- decides among equal times, where a vendor counts its changes
            record json not null,
            record_hash bigint not null,
            is_known boolean not null,
            is_standing boolean not null,  -- the row was made of this very text
            is_older boolean not null,
            is_replaced boolean not null default false,
            lowered json,  -- null when the names of the record are in lower case as it stands
            inherited jsonb,  -- what the record has from its parts; null when nothing
            problems jsonb,  -- null when is_standing
            envelope json,  -- what stood around the records, where a file needs it
            outcome text,
            primary key (page_id, place)
        ) with (toast_tuple_target = 8160) on commit drop;  -- a record is read several times: it is not packed
        create temporary table incoming_part (
            page_id bigint not null,
            place integer not null,
            part text not null,  -- the array it stands in, as in details_list
            part_no integer not null,
            path text not null,  -- as in details_list[2]
            parent_no integer,
            record json not null,  -- with its names in lower case
            inherited jsonb,  -- what it has from the part that it stands in; null when nothing
            problems jsonb not null
        ) with (toast_tuple_target = 8160) on commit drop;
        create index on incoming_part (page_id, place);
    end if;
    delete from incoming;
    delete from incoming_part;
end
$$;
comment on function ops.open_incoming() is 'Makes, or empties, the temporary tables incoming and incoming_part, which last until the transaction ends.';

create or replace function ops.column_kinds(table_name regclass)
returns jsonb
language sql
stable
return (
    select jsonb_object_agg(
        pg_attribute.attname,
        case pg_attribute.atttypid::regtype
            when 'numeric'::regtype then 'numeric'
            when 'timestamp with time zone'::regtype then 'time'
            else 'text'
        end
    )
    from pg_catalog.pg_attribute
    where
        pg_attribute.attrelid = table_name
        and pg_attribute.attnum > 0
        and not pg_attribute.attisdropped
);
comment on function ops.column_kinds(regclass) is 'What each column of a table holds: {"goods_count": "numeric", "modified": "time", "remark": "text"}.';

create or replace function ops.make_reader(table_name regclass, variadic own_columns text[] default '{}')
returns void
language plpgsql
as $$
declare
    -- as in saleout_item: the functions are pg_temp.read_saleout_item and pg_temp.can_read_saleout_item
    name constant text := (select pg_class.relname from pg_catalog.pg_class where pg_class.oid = table_name);
    kinds constant jsonb := ops.column_kinds(table_name);
    arguments text;  -- what the caller says: connection_code text, io_id text
    told text;  -- how the columns stand in a record
    judged text;  -- those that not every text fits
    typed text;
    plain text;
begin
    select
        coalesce(string_agg(format(', %I %s', attribute.attname, attribute.type), '' order by attribute.attnum)
            filter (where attribute.is_own), ''),
        string_agg(format('%I text collate "C"', attribute.attname), ', ' order by attribute.attnum),
        string_agg(format('%I text collate "C"', attribute.attname), ', ' order by attribute.attnum)
            filter (where attribute.kind in ('numeric', 'time')),
        string_agg(
            case
                when attribute.is_own then format('read_%s.%I', name, attribute.attname)
                when attribute.kind = 'numeric' then format('ops.numeric_or_null(told.%I)', attribute.attname)
                when attribute.kind = 'time' then format('ops.beijing_time_or_null(told.%I)', attribute.attname)
                when attribute.type = 'text' then format('told.%I', attribute.attname)
                else format('null::%s', attribute.type)  -- pandian's, to be filled in by the caller
            end,
            E',\n    ' order by attribute.attnum
        ),
        string_agg(
            format(
                '%s(told.%I) is null',
                case attribute.kind when 'numeric' then 'ops.numeric_problem' else 'ops.time_problem' end,
                attribute.attname
            ),
            E'\n    and ' order by attribute.attnum
        ) filter (where attribute.kind in ('numeric', 'time'))
    into arguments, told, judged, typed, plain
    from (
        select
            pg_attribute.attname,
            pg_attribute.attnum,
            format_type(pg_attribute.atttypid, pg_attribute.atttypmod) as type,
            kinds ->> pg_attribute.attname as kind,
            pg_attribute.attname = any (own_columns) as is_own
        from pg_catalog.pg_attribute
        where
            pg_attribute.attrelid = table_name
            and pg_attribute.attnum > 0
            and not pg_attribute.attisdropped
    ) as attribute;

    execute format(
        'create or replace function pg_temp.read_%s(record json%s) returns setof %s language sql stable as %L',
        name,
        arguments,
        table_name,
        format(E'select\n    %s\nfrom json_to_record(record) as told (%s)', typed, told)
    );
    execute format(
        'create or replace function pg_temp.can_read_%s(record json) returns setof boolean language sql stable as %L',
        name,
        coalesce(format(E'select\n    %s\nfrom json_to_record(record) as told (%s)', plain, judged), 'select true')
    );
end
$$;
comment on function ops.make_reader(regclass, text[]) is 'Makes, for this session, pg_temp.read_<table>(record, own columns): the record as a row of the table, and pg_temp.can_read_<table>(record): whether every value fits its column. Each takes the record apart once; names have to be in lower case. A value that does not fit is null.';

create or replace function ops.make_finder(name text, fields text[])
returns void
language plpgsql
as $$
begin
    execute format(
        'create or replace function pg_temp.%I(record json) returns setof boolean language sql stable as %L',
        name,
        format(
            'select coalesce(%s) is not null from json_to_record(record) as told (%s)',
            (select string_agg(format('told.%I', field), ', ') from unnest(fields) as field),
            (select string_agg(format('%I text', field), ', ') from unnest(fields) as field)
        )
    );
end
$$;
comment on function ops.make_finder(text, text[]) is 'Makes, for this session, pg_temp.<name>(record): whether a record has one of these fields. Names have to be in lower case.';

create or replace function ops.drop_readers()
returns void
language plpgsql
as $$
declare
    reader regprocedure;
begin
    for reader in
        select pg_proc.oid
        from pg_catalog.pg_proc
        where pg_proc.pronamespace = pg_my_temp_schema()
    loop
        execute format('drop function %s', reader);
    end loop;
end
$$;
comment on function ops.drop_readers() is 'Drops what ops.make_reader and ops.make_finder made: a session that kept it would keep the tables from being dropped.';

create or replace function ops.read_fields(record json, kinds jsonb)
returns table (fields jsonb, problems jsonb)
language sql
stable
begin atomic
    select
        coalesce(jsonb_object_agg(
            field.name,
            case
                when field.problem is not null then 'null'::jsonb
                when field.kind = 'numeric' then to_jsonb(nullif(btrim(field.value, e' \t\r\n'), ''))
                when field.kind = 'time' then to_jsonb(ops.to_beijing_time(field.value))
                else to_jsonb(field.value)
            end
        ), '{}'),
        coalesce(
            jsonb_agg(jsonb_build_object('field', field.name, 'value', field.value, 'reason', field.problem))
            filter (where field.problem is not null),
            '[]'
        )
    from (
        select
            lower(member.key) as name,
            member.value,
            kinds ->> lower(member.key) as kind,
            case kinds ->> lower(member.key)
                when 'numeric' then ops.numeric_problem(member.value)
                when 'time' then ops.time_problem(member.value)
            end as problem
        from json_each_text(case when json_typeof(record) = 'object' then record else '{}' end) as member
        where kinds ? lower(member.key)
        union all
        select
            '',
            record::text,
            null,
            'is no object with fields: correct it at the source'
        where json_typeof(record) <> 'object'
        offset 0  -- a problem is looked for once, not at each place that names it
    ) as field;
end;
comment on function ops.read_fields(json, jsonb) is 'Those fields of a record that are columns, cleaned such that jsonb_populate_record can type them, and the problems of those that cannot be read. Names are compared without regard to case.';

-- The next three are in plpgsql: a function in sql that holds a query starts an executor at each call, which costs ten
-- times as much.

create or replace function ops.json_member(record json, name text)
returns json
language plpgsql
immutable
as $$
declare
    value json := record -> name;
begin
    -- Vendors spell one name in several ways; the text is looked at before it is taken apart for that.
    if value is null and record::text ~* ('"' || name || '"') and json_typeof(record) = 'object' then
        select member.value
        into value
        from json_each(record) as member
        where lower(member.key) = lower(name)
        limit 1;
    end if;
    return value;
end
$$;
comment on function ops.json_member(json, text) is 'One field of a record as it stands, whatever the case of its name.';

create or replace function ops.member(record json, name text)
returns text
language plpgsql
immutable
as $$
begin
    return ops.json_member(record, name) #>> '{}';
end
$$;
comment on function ops.member(json, text) is 'One field of a record as text, whatever the case of its name.';

create or replace function ops.lower_names(record json)
returns json
language plpgsql
immutable
as $$
begin
    return (
        select coalesce(json_object_agg(lower(member.key), member.value), '{}')
        from json_each(record) as member
    );
end
$$;
comment on function ops.lower_names(json) is 'A record with its own names in lower case; what stands within its values stays as it came.';

-- The next three hold no query, so that Postgres writes them into the statement that calls them.

create or replace function ops.lowered(record json, but text default '')
returns json
language sql
immutable
return case
    when json_typeof(record) <> 'object' then '{}'
    -- A capital in a name, here or further in, or a name spelled with escapes; what is found wrongly costs time only.
    when replace(record::text, '"' || but || '"', '') collate "C" ~ '[A-Z\\][A-Za-z0-9_.]*"[ \t\r\n]*:' then ops.lower_names(record)
end;
comment on function ops.lowered(json, text) is 'A record with its names in lower case; null when they, and all names within, are so already, but for the one named. What is no object counts as an empty one.';

-- An older one took the list out of its record by name.
drop function if exists ops.list(json, text);
drop function if exists ops.list_problem(json, text);

create or replace function ops.list(value json)
returns json
language sql
immutable
return case json_typeof(value) when 'array' then value else '[]' end;
comment on function ops.list(json) is 'A list within a record; empty when it is absent, null or no list. Ask ops.list_problem for the last.';

create or replace function ops.list_problem(value json, name text)
returns jsonb
language sql
immutable
return case
    when json_typeof(value) = 'array' then '[]'::jsonb
    when json_typeof(value) = 'object' and value::text !~ '^\{\s*\}$'
        or json_typeof(value) in ('number', 'boolean')
        or json_typeof(value) = 'string' and btrim(value #>> '{}') <> ''
        then jsonb_build_array(jsonb_build_object(
            'field', name,
            'value', value #>> '{}',
            'reason', 'is not a list: correct it at the source'
        ))
    else '[]'
end;
comment on function ops.list_problem(json, text) is 'Why a list within a record cannot be read, as problems of ops.read_fields are told; none when it can, absent and empty included.';

create or replace function ops.read_inherited(part json, path text, kinds jsonb, own_names text[])
returns table (fields jsonb, problems jsonb)
language sql
stable
begin atomic
    select
        jsonb_strip_nulls(found.fields - own_names),
        coalesce(
            (
                select jsonb_agg(problem.value || jsonb_build_object('field', path || '.' || (problem.value ->> 'field')))
                from jsonb_array_elements(found.problems) as problem (value)
                where problem.value ->> 'field' <> all (own_names || '{""}')
            ),
            '[]'
        )
    from ops.read_fields(part, kinds) as found;
end;
comment on function ops.read_inherited(json, text, jsonb, text[]) is 'Fields of a document that stand in one of its parts, without those that are the part''s own or that the document has itself; problems name them by path.';

create or replace function ops.beijing_time_or_null(value text)
returns timestamptz
language sql
stable
return case when ops.time_problem(value) is null then ops.to_beijing_time(value) end;
comment on function ops.beijing_time_or_null(text) is 'A vendor''s wall clock text as a time; null when it cannot be read.';

create or replace function ops.numeric_or_null(value text)
returns numeric
language sql
immutable
return case when ops.numeric_problem(value) is null then ops.to_numeric(value) end;
comment on function ops.numeric_or_null(text) is 'A quantity or an amount; null when it cannot be read.';

create or replace function ops.judge_incoming(key_field text)
returns void
language plpgsql
as $$
begin
    analyze incoming;
    analyze incoming_part;

    with problem as materialized (
        select
            incoming.page_id,
            incoming.place,
            key_field as field,
            null as value,
            key_field || ' is missing: without it the row has no key; correct the record at the source' as reason
        from incoming
        where
            btrim(incoming.record_key) = ''
            and not incoming.is_replaced
        union all
        select
            incoming.page_id,
            incoming.place,
            found.field,
            found.value,
            concat_ws(' ', nullif(found.field, ''), found.reason)
        from incoming
        cross join lateral jsonb_to_recordset(incoming.problems) as found (field text, value text, reason text)
        where
            not incoming.is_replaced
            and incoming.problems <> '[]'
        union all
        select
            incoming_part.page_id,
            incoming_part.place,
            part.field,
            found.value,
            part.field || ' ' || found.reason
        from incoming_part
        cross join lateral jsonb_to_recordset(incoming_part.problems) as found (field text, value text, reason text)
        -- an element that is no object has no field
        cross join lateral (select concat_ws('.', incoming_part.path, nullif(found.field, '')) as field) as part
        where incoming_part.problems <> '[]'
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
            incoming.connection_code,
            incoming.dataset,
            'type',
            ops.run_id(),
            incoming.page_id,
            incoming.page_no,
            incoming.place,
            nullif(incoming.record_key, ''),
            problem.field,
            ops.cut(problem.value),
            problem.reason,
            incoming.record::text
        from problem
        inner join incoming
            on incoming.page_id = problem.page_id
            and incoming.place = problem.place
        on conflict (connection_code, page_id, place, field, stage) do nothing
    ),

    bad as materialized (
        select distinct
            problem.page_id,
            problem.place
        from problem
    ),

    placed as (
        select
            incoming.page_id,
            incoming.place,
            incoming.connection_code,
            incoming.record_key,
            incoming.modified,
            incoming.version,
            incoming.is_known,
            incoming.is_standing,
            incoming.is_older,
            incoming.is_replaced,
            bad.page_id is not null as is_bad,
            -- records of the key without a time that came after this one: each of them takes its place
            count(*) filter (where incoming.modified is null) over later as untimed_after,
            count(*) filter (where incoming.modified is null) over whole as untimed_count
        from incoming
        left join bad
            on bad.page_id = incoming.page_id
            and bad.place = incoming.place
        window
            whole as (
                partition by incoming.connection_code, incoming.record_key, bad.page_id is not null, incoming.is_replaced
            ),
            later as (
                partition by incoming.connection_code, incoming.record_key, bad.page_id is not null, incoming.is_replaced
                order by
                    incoming.page_id desc,
                    incoming.place desc
                rows between unbounded preceding and 1 preceding
            )
    ),

    judged as (
        select
            placed.page_id,
            placed.place,
            case
                when placed.is_replaced then 'replaced'
                when placed.is_bad then 'rejected'
                when row_number() over (
                    partition by placed.connection_code, placed.record_key, placed.is_bad, placed.is_replaced
                    order by
                        placed.untimed_after,
                        placed.modified desc nulls last,
                        placed.version desc nulls last,
                        placed.page_id desc,
                        placed.place desc  -- tie-break, so that a rerun picks the same record
                ) > 1 then 'repeated'
                when placed.is_standing then 'unchanged'
                when placed.is_older and placed.untimed_count = 0 then 'unchanged'
                when placed.is_known then 'changed'
                else 'new'
            end as outcome
        from placed
    )

    update incoming
    set outcome = judged.outcome
    from judged
    where
        judged.page_id = incoming.page_id
        and judged.place = incoming.place;

    analyze incoming;  -- the outcomes are what the files join by
end
$$;
comment on function ops.judge_incoming(text) is 'Gives each row of incoming its outcome, and keeps what cannot be read in staging.reject: a document with one bad line is rejected as a whole.';

create or replace function ops.count_incoming(datasets text[])
returns void
language plpgsql
as $$
begin
    perform ops.count_up(dataset.name, figure.name, figure.value)
    from unnest(datasets) as dataset (name)
    cross join lateral (
        select
            count(*) as taken,
            count(*) filter (where incoming.outcome = 'rejected') as rejected,
            count(*) filter (where incoming.outcome = 'repeated') as repeated,
            count(*) filter (where incoming.outcome = 'replaced') as replaced,
            count(*) filter (where incoming.outcome = 'new') as new,
            count(*) filter (where incoming.outcome = 'changed') as changed,
            count(*) filter (where incoming.outcome = 'unchanged') as unchanged
        from incoming
        where incoming.dataset = dataset.name
    ) as counted
    cross join lateral (
        values
            ('taken', counted.taken),
            ('rejected', counted.rejected),
            ('repeated', counted.repeated),
            ('replaced', counted.replaced),
            ('new', counted.new),
            ('changed', counted.changed),
            ('unchanged', counted.unchanged)
    ) as figure (name, value);
end
$$;
comment on function ops.count_incoming(text[]) is 'Counts the outcomes of incoming for the balance of the run, one subject per dataset.';
