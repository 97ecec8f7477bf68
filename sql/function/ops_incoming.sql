-- How documents of a vendor are typed: by the names and types of the table's own columns, and only when their text
-- is another one than last time. Stock, of which there are millions of rows, names its columns instead.
--
-- reads:  nothing
-- writes: staging.reject
-- rerun:  safe
--
--     select ops.open_incoming();                    two temporary tables, for this transaction
--     select ops.make_reader('wdt.shop', ...);       pg_temp.read_shop and pg_temp.can_read_shop, for this transaction
--     insert into incoming (...) select ...;         one row per record, with the problems of its fields; see ops_reader.sql
--     insert into incoming_part (...) select ...;    one row per line, batch, ... of a record
--     select ops.judge_incoming();                   what cannot be read goes to staging.reject; the rest gets an outcome
--     select ops.delete_changed('stockout_id', ...);  the documents whose outcome is changed, with their parts
--     insert ...;                                    those whose outcome is new or changed
--     select ops.count_incoming(array['wdt.shop']);  the balance
--     select ops.drop_readers();
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

-- The rest up to ops.list_problem holds no query, so that Postgres writes it into the statement that calls it.

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

create or replace function ops.lowered_part(part json, has_capitals boolean)
returns json
language sql
immutable
return case when has_capitals and json_typeof(part) = 'object' then ops.lower_names(part) else part end;
comment on function ops.lowered_part(json, boolean) is 'A part of a record with its names in lower case; as it stands when the record has no capitals, or when the part is no object.';

create or replace function ops.object(value json)
returns json
language sql
immutable
return case json_typeof(value) when 'object' then value else '{}' end;
comment on function ops.object(json) is 'A part of a record, to be taken apart; empty when it is no object.';

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

create or replace function ops.delete_changed(key_field text, variadic table_names regclass[])
returns void
language plpgsql
as $$
declare
    table_name regclass;
begin
    foreach table_name in array table_names loop
        execute format(
            'delete from %s as standing using incoming where incoming.outcome = ''changed'' '
            'and standing.connection_code = incoming.connection_code and standing.%I = incoming.record_key',
            table_name, key_field
        );
    end loop;
end
$$;
comment on function ops.delete_changed(text, regclass[]) is 'Deletes, from each table, the rows of the documents that changed, to be written anew as a whole.';

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
