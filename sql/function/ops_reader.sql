-- How a record of a vendor is taken apart into a row of its table, by the names and types of the table's own columns.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe
--
-- A record is taken apart as a whole, by json_to_record with the table's columns: twice, to see whether every value fits
-- its column, and to write it. Only where one does not fit does ops.read_fields look at it field by field, which costs
-- five times as much and tells what is wrong. Where a record has a name twice, both take the last value that it has, as
-- Postgres does in a jsonb.

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

create or replace function ops.make_temporary(signature text, kind text, body text)
returns void
language plpgsql
as $$
begin
    execute format('create or replace function pg_temp.%s returns setof %s language sql stable as %L', signature, kind, body);
    execute format('comment on function pg_temp.%s is %L', signature, 'for one step of pandian');
end
$$;
comment on function ops.make_temporary(text, text, text) is 'Makes a function in sql for this session, with the mark that ops.drop_readers goes by.';

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
            e',\n    ' order by attribute.attnum
        ),
        string_agg(
            format(
                '%s(told.%I) is null',
                case attribute.kind when 'numeric' then 'ops.numeric_problem' else 'ops.time_problem' end,
                attribute.attname
            ),
            e'\n    and ' order by attribute.attnum
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

    perform ops.make_temporary(
        format('read_%s(record json%s)', name, arguments),
        table_name::text,
        format(e'select\n    %s\nfrom json_to_record(record) as told (%s)', typed, told)
    );
    perform ops.make_temporary(
        format('can_read_%s(record json)', name),
        'boolean',
        coalesce(format(e'select\n    %s\nfrom json_to_record(record) as told (%s)', plain, judged), 'select true')
    );
end
$$;
comment on function ops.make_reader(regclass, text[]) is 'Makes, for this session, pg_temp.read_<table>(record, own columns): the record as a row of the table, and pg_temp.can_read_<table>(record): whether every value fits its column. Each takes the record apart once; names have to be in lower case. A value that does not fit is null.';

create or replace function ops.make_finder(name text, fields text[])
returns void
language plpgsql
as $$
begin
    perform ops.make_temporary(
        format('%I(record json)', name),
        'boolean',
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
        where
            pg_proc.pronamespace = pg_my_temp_schema()
            and obj_description(pg_proc.oid, 'pg_proc') = 'for one step of pandian'
    loop
        execute format('drop function %s', reader);
    end loop;
end
$$;
comment on function ops.drop_readers() is 'Drops what ops.make_reader and ops.make_finder made, and nothing else: a session that kept it would keep the tables from being dropped.';

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
            jsonb_agg(
                jsonb_build_object('field', field.name, 'value', field.value, 'reason', field.problem)
                order by field.place
            ) filter (where field.problem is not null),
            '[]'
        )
    from (
        select
            named.name,
            named.value,
            named.place,
            kinds ->> named.name as kind,
            case kinds ->> named.name
                when 'numeric' then ops.numeric_problem(named.value)
                when 'time' then ops.time_problem(named.value)
            end as problem
        from (
            select
                lower(member.key) as name,
                member.value,
                member.place,
                row_number() over (partition by lower(member.key) order by member.place desc) as from_last
            from json_each_text(case when json_typeof(record) = 'object' then record else '{}' end)
                with ordinality as member (key, value, place)
            where kinds ? lower(member.key)
        ) as named
        where named.from_last = 1
        union all
        select
            '',
            record::text,
            1,
            null,
            'is no object with fields: correct it at the source'
        where json_typeof(record) <> 'object'
        offset 0  -- a problem is looked for once, not at each place that names it
    ) as field;
end;
comment on function ops.read_fields(json, jsonb) is 'Those fields of a record that are columns, cleaned such that jsonb_populate_record can type them, and the problems of those that cannot be read. Names are compared without regard to case.';

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
