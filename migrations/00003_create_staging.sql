-- Pages, not rows: one lz4 text row per response page lands five times faster than one jsonb row per
-- record and is an eighth of its size. The text is the record array, bytes as received; typing
-- happens once, in sql/source.
--
-- Pages are partitioned by day and dropped by day: dropping costs the same for any number of rows.

-- +goose Up
create sequence staging.page_id_seq;

create table staging.page (
    connection_code text collate "C" not null,
    page_id bigint not null default nextval('staging.page_id_seq'),
    landed_at timestamptz not null default now(),
    dataset text collate "C" not null,
    run_id bigint not null,
    window_id bigint not null,
    page_no integer not null,
    record_count integer not null,
    records_hash bigint not null,
    records text not null,
    request jsonb not null,
    envelope text not null,
    constraint page_pkey primary key (connection_code, landed_at, page_id),
    constraint page_record_count_is_not_negative_check check (record_count >= 0)
) partition by range (landed_at);
comment on table staging.page is 'One row is the record array of one response page. Append-only, partitioned by day.';
comment on column staging.page.connection_code is 'The connection that answered.';
comment on column staging.page.page_id is 'Number of the page; a page landed later has a larger number.';
comment on column staging.page.landed_at is 'When it was stored; the partition key.';
comment on column staging.page.dataset is 'Vendor and thing, as in wdt.stock.';
comment on column staging.page.run_id is 'The run that landed it.';
comment on column staging.page.window_id is 'The reading it belongs to (ops.window).';
comment on column staging.page.page_no is 'Its number in the reading, as the platform counts.';
comment on column staging.page.record_count is 'Records in it.';
comment on column staging.page.records_hash is 'xxh3-64 of records; the envelope is left out, because it changes with every call.';
comment on column staging.page.records is 'JSON array of the records, each with its bytes as received.';
comment on column staging.page.request is 'What was asked, without credentials.';
comment on column staging.page.envelope is 'The response around the records (code, message, totals), as JSON text.';
create index page_run_idx on staging.page (run_id, dataset);

create table staging.snapshot_page (
    connection_code text collate "C" not null,
    dataset text collate "C" not null,
    page_no integer not null,
    page_id bigint not null,
    landed_at timestamptz not null,
    records_hash bigint not null,
    record_count integer not null,
    constraint snapshot_page_pkey primary key (connection_code, dataset, page_no)
);
comment on table staging.snapshot_page is 'One row is one place of the newest snapshot of a dataset, and the page that holds what stands there.';
comment on column staging.snapshot_page.connection_code is 'The connection.';
comment on column staging.snapshot_page.dataset is 'Vendor and thing, as in yonsuite.current_stock.';
comment on column staging.snapshot_page.page_no is 'The place, counted from 0.';
comment on column staging.snapshot_page.page_id is 'The page in staging.page.';
comment on column staging.snapshot_page.landed_at is 'When that page was stored.';
comment on column staging.snapshot_page.records_hash is 'xxh3-64 of its records.';
comment on column staging.snapshot_page.record_count is 'Records in it.';

create table staging.reject (
    connection_code text collate "C" not null,
    reject_id bigint generated always as identity,
    dataset text collate "C" not null,
    stage text not null,
    run_id bigint not null,
    page_id bigint,
    page_no integer,
    place integer not null,
    record_key text,
    field text not null,
    value text,
    reason text not null,
    record text,
    raw bytea,
    rejected_at timestamptz not null default clock_timestamp(),
    constraint reject_pkey primary key (connection_code, reject_id),
    constraint reject_stage_is_known_check check (stage in ('land', 'type')),
    constraint reject_keeps_what_came_check check (record is not null or raw is not null)
);
comment on table staging.reject is 'One row is one reason why a record, or a whole body, could not be read. What came is kept with it.';
comment on column staging.reject.connection_code is 'The connection that sent it.';
comment on column staging.reject.reject_id is 'Number of the reject.';
comment on column staging.reject.dataset is 'Vendor and thing, as in wdt.stock.';
comment on column staging.reject.stage is 'land: Postgres cannot hold it. type: a field does not fit its column.';
comment on column staging.reject.run_id is 'The run that met it.';
comment on column staging.reject.page_id is 'The page it stands in, or would have; null for a body without records.';
comment on column staging.reject.page_no is 'The page''s number, as the platform counts.';
comment on column staging.reject.place is 'The record''s place in the response (stage land) or in staging.page.records (stage type), counted from 1; 0 for the body itself.';
comment on column staging.reject.record_key is 'The record''s key as far as it could be read.';
comment on column staging.reject.field is 'The field that is wrong; empty for the record as a whole.';
comment on column staging.reject.value is 'What stood there, cut to 200 characters.';
comment on column staging.reject.reason is 'What is wrong and what to do, in words for a person.';
comment on column staging.reject.record is 'The record as text, where Postgres can hold it.';
comment on column staging.reject.raw is 'The bytes as received, where Postgres cannot hold them as text; cut to 1 MiB.';
comment on column staging.reject.rejected_at is 'When.';
create unique index reject_same_only_once_idx on staging.reject (connection_code, page_id, place, field, stage);
create index reject_run_idx on staging.reject (run_id);

-- +goose StatementBegin
do $$
begin
    alter table staging.page alter column records set compression lz4;
    alter table staging.page alter column envelope set compression lz4;
exception when feature_not_supported then
    raise notice 'this server is built without lz4; pages are compressed with pglz, three times slower';
end
$$;
-- +goose StatementEnd

-- Partitions are made ahead by the first statement of every run and by pandian migrate, days are
-- Beijing days. Functions and not views, because a partition that is missing loses data.
-- +goose StatementBegin
create function ops.make_partition(
    schema_name text,
    table_name text,
    partition_name text,
    first_value text,
    end_value text
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    if to_regclass(format('%I.%I', schema_name, partition_name)) is not null then
        return false;
    end if;
    -- One maker at a time: two processes may start in the same second.
    perform pg_advisory_xact_lock(hashtext('pandian.partitions'));
    if to_regclass(format('%I.%I', schema_name, partition_name)) is not null then
        return false;
    end if;
    -- Attaching lets readers and writers of the table go on; "create table ... partition of" shuts them out until
    -- the transaction ends.
    execute format(
        'create table %I.%I (like %I.%I including all)',
        schema_name,
        partition_name,
        schema_name,
        table_name
    );
    execute format(
        'alter table %I.%I attach partition %I.%I for values from (%L) to (%L)',
        schema_name,
        table_name,
        schema_name,
        partition_name,
        first_value,
        end_value
    );
    return true;
end
$$;
-- +goose StatementEnd
comment on function ops.make_partition(text, text, text, text, text) is 'Makes one partition by range if it is missing; returns whether it did.';

-- +goose StatementBegin
create function ops.make_day_partitions(parent regclass, first_day date, last_day date)
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    schema_name text;
    table_name text;
    partition_name text;
    day date;
    made integer := 0;
begin
    select pg_namespace.nspname, pg_class.relname
    into strict schema_name, table_name
    from pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.oid = parent;
    for day in select generate_series(first_day, last_day, interval '1 day')::date loop
        partition_name := format('%s_%s', table_name, to_char(day, 'YYYYMMDD'));
        if ops.make_partition(
            schema_name,
            table_name,
            partition_name,
            (day::timestamp at time zone 'Asia/Shanghai')::text,
            ((day + 1)::timestamp at time zone 'Asia/Shanghai')::text
        ) then
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
-- +goose StatementEnd
comment on function ops.make_day_partitions(regclass, date, date) is 'Makes the daily partitions of a table that are missing between two Beijing days, both included; returns how many it made.';

-- +goose StatementBegin
create function ops.drop_day_partitions(parent regclass, before_day date)
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    partition_oid regclass;
    dropped integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('pandian.partitions'));
    for partition_oid in
        select pg_inherits.inhrelid::regclass
        from pg_catalog.pg_inherits
        inner join pg_catalog.pg_class on pg_class.oid = pg_inherits.inhrelid
        where
            pg_inherits.inhparent = parent
            and substring(pg_class.relname from '_([0-9]{8})$') < to_char(before_day, 'YYYYMMDD')
            -- A page that a newest snapshot stands on goes once it was landed again.
            and not (
                parent = 'staging.page'::regclass
                and exists (
                    select
                    from staging.snapshot_page
                    where to_char(snapshot_page.landed_at at time zone 'Asia/Shanghai', 'YYYYMMDD') = substring(pg_class.relname from '_([0-9]{8})$')
                )
            )
        order by pg_class.relname
    loop
        execute format('drop table %s', partition_oid);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;
-- +goose StatementEnd
comment on function ops.drop_day_partitions(regclass, date) is 'Drops the daily partitions of a table that lie before a Beijing day, but none that a newest snapshot stands on; returns how many it dropped.';

-- +goose StatementBegin
create function ops.make_id_partitions(parent regclass, highest_id bigint, ids_per_partition bigint)
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    schema_name text;
    table_name text;
    partition_name text;
    part bigint;
    made integer := 0;
begin
    select pg_namespace.nspname, pg_class.relname
    into strict schema_name, table_name
    from pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.oid = parent;
    -- From the top down, until a partition is met that exists.
    part := highest_id / ids_per_partition;
    loop
        partition_name := format('%s_%s', table_name, lpad(part::text, 6, '0'));
        exit when part < 0 or to_regclass(format('%I.%I', schema_name, partition_name)) is not null;
        if ops.make_partition(
            schema_name,
            table_name,
            partition_name,
            (part * ids_per_partition)::text,
            ((part + 1) * ids_per_partition)::text
        ) then
            made := made + 1;
        end if;
        part := part - 1;
    end loop;
    return made;
end
$$;
-- +goose StatementEnd
comment on function ops.make_id_partitions(regclass, bigint, bigint) is 'Makes the partitions of a table by id that are missing up to an id; returns how many it made.';

-- +goose Down
drop function ops.make_id_partitions(regclass, bigint, bigint);
drop function ops.drop_day_partitions(regclass, date);
drop function ops.make_day_partitions(regclass, date, date);
drop function ops.make_partition(text, text, text, text, text);
drop table staging.reject;
drop table staging.snapshot_page;
drop table staging.page;
drop sequence staging.page_id_seq;
