-- Who may do what, for the roles that exist on this server.
--
-- reads:  ops.private_field
-- writes: nothing
-- rerun:  safe
--
-- What each role may do is written down a second time, table by table, in internal/schema/testdata/rights.txt: a test
-- holds the two together, so that a new table has to be decided on.

create or replace function ops.grant_roles()
returns void
language plpgsql
as $$
declare
    every_role constant text[] := array[
        'pandian_extract', 'pandian_transform', 'pandian_load', 'pandian_analyst', 'pandian_operator'
    ];
    every_stage constant text := 'pandian_extract, pandian_transform, pandian_load';
    granted record;
begin
    if to_regrole('pandian_extract') is null
        or to_regrole('pandian_transform') is null
        or to_regrole('pandian_load') is null
        or to_regrole('pandian_analyst') is null
    then
        return;
    end if;

    -- What an older pandian granted and this one does not has to go. It is one transaction: nobody notices.
    for granted in
        select distinct
            format('%I.%I', pg_namespace.nspname, pg_class.relname) as relation,
            grantee.rolname,
            pg_class.relkind = 'S' as is_sequence
        from pg_catalog.pg_class
        inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
        cross join lateral (
            select (aclexplode(pg_class.relacl)).grantee
            union
            select (aclexplode(pg_attribute.attacl)).grantee
            from pg_catalog.pg_attribute
            where pg_attribute.attrelid = pg_class.oid
        ) as entry
        inner join pg_catalog.pg_roles as grantee on grantee.oid = entry.grantee
        where
            pg_namespace.nspname in ('staging', 'wdt', 'jst', 'yonsuite', 'core', 'ref', 'compare', 'outbox', 'ops', 'report')
            and grantee.rolname = any (every_role)
    loop
        execute format(
            'revoke all on %s %s from %I',
            case when granted.is_sequence then 'sequence' else 'table' end, granted.relation, granted.rolname
        );
    end loop;

    -- What works with its owner's rights is for those who are named below, not for the public.
    for granted in
        select pg_proc.oid::regprocedure::text as name
        from pg_catalog.pg_proc
        where
            pg_proc.prosecdef
            and pg_proc.pronamespace::regnamespace::text in ('staging', 'compare', 'outbox', 'ops', 'report')
    loop
        execute format('revoke execute on function %s from public, %s', granted.name, every_stage || ', pandian_analyst');
    end loop;

    execute 'grant usage on schema ops, report to ' || every_stage || ', pandian_analyst';
    -- Every command looks first whether the schema is one that it may work on.
    if to_regclass('pandian.goose_db_version') is not null then
        for granted in
            select pg_roles.rolname
            from pg_catalog.pg_roles
            where pg_roles.rolname = any (every_role)
        loop
            execute format('grant usage on schema pandian to %I', granted.rolname);
            execute format('grant select on pandian.goose_db_version to %I', granted.rolname);
        end loop;
    end if;
    execute 'grant execute on function ops.make_day_partitions(regclass, date, date), '
        || 'ops.make_id_partitions(regclass, bigint, bigint) to ' || every_stage;

    -- Every stage keeps the book of runs. Secrets are for those who talk to platforms, sealed as they are.
    perform ops.grant_on('select', 'ops', every_stage, array['credential', 'input_page']);
    perform ops.grant_on('select', 'report', every_stage);
    perform ops.grant_on('insert, update', 'ops', every_stage, array['credential', 'audit', 'private_field', 'schema_support', 'sql_object', 'database_identity', 'history', 'removed_run', 'removed_window']);
    execute 'grant usage on all sequences in schema ops to ' || every_stage;
    -- A transform calls no platform.
    revoke insert, update on ops.rate_limit, ops.circuit from pandian_transform;
    execute 'grant delete on ops.job_fire to ' || every_stage;
    grant select, insert, update on ops.credential to pandian_extract, pandian_load;
    -- Every run asks whether the database was restored, and whoever reads report.database may.
    if to_regprocedure('ops.notice_database()') is not null then
        execute 'grant execute on function ops.notice_database() to ' || every_stage;
        execute 'grant execute on function ops.identify_database() to ' || every_stage || ', pandian_analyst';
    end if;
    -- Every balance says how many rows there are; those who only count need not read.
    grant usage on schema wdt, jst, yonsuite to pandian_extract, pandian_load;
    perform ops.grant_on('select (connection_code)', place, 'pandian_extract, pandian_load')
    from unnest(array['wdt', 'jst', 'yonsuite']) as place;

    grant usage on schema staging to pandian_extract;
    grant select, insert on staging.page, staging.reject to pandian_extract;
    grant select, insert, update, delete on staging.snapshot_page to pandian_extract;
    grant usage on all sequences in schema staging to pandian_extract;
    grant execute on function ops.drop_day_partitions(regclass, date) to pandian_extract;

    grant usage on schema staging, wdt, jst, yonsuite, core, ref, compare, outbox to pandian_transform;
    perform ops.grant_on('select', place, 'pandian_transform')
    from unnest(array['staging', 'wdt', 'jst', 'yonsuite', 'core', 'ref', 'compare', 'outbox']) as place;
    perform ops.grant_on('select', 'ops', 'pandian_transform', array['credential']);
    perform ops.grant_on('insert, update, delete', place, 'pandian_transform')
    from unnest(array['wdt', 'jst', 'yonsuite', 'compare']) as place;
    grant usage on all sequences in schema staging, wdt, jst, yonsuite, compare, outbox to pandian_transform;
    grant insert on staging.reject, outbox.document to pandian_transform;
    grant insert, update on outbox.head, outbox.retry to pandian_transform;
    grant insert, update, delete on outbox.held_back, outbox.late_change to pandian_transform;
    grant execute on function outbox.lock_writers(text, text) to pandian_transform;
    if to_regprocedure('ops.refresh_statistics(text[])') is not null then
        grant execute on function ops.refresh_statistics(text[]) to pandian_transform;
    end if;

    grant usage on schema outbox to pandian_load;
    perform ops.grant_on('select', 'outbox', 'pandian_load');
    grant insert, update on outbox.cursor to pandian_load;
    grant insert, update, delete on outbox.claim, outbox.retry, outbox.writeback, outbox.exchange to pandian_load;
    grant insert on outbox.result to pandian_load;
    grant usage on all sequences in schema outbox to pandian_load;
    for granted in
        select pg_proc.oid::regprocedure::text as name
        from pg_catalog.pg_proc
        where
            pg_proc.pronamespace = 'outbox'::regnamespace
            and pg_proc.proname in ('old_partitions', 'archive_documents', 'drop_partition')
    loop
        execute format('grant execute on function %s to pandian_load', granted.name);
    end loop;
    for granted in
        select pg_proc.oid::regprocedure::text as name
        from pg_catalog.pg_proc
        where
            pg_proc.pronamespace = 'ops'::regnamespace
            and pg_proc.proname in ('history_due', 'remove_history')
    loop
        execute format('grant execute on function %s to pandian_load', granted.name);
    end loop;
    if to_regprocedure('outbox.pass_holds_on()') is not null then
        grant execute on function outbox.pass_holds_on() to pandian_transform;
    end if;
    if to_regprocedure('outbox.lock_unsent(text, text, bigint[])') is not null then
        grant execute on function outbox.lock_unsent(text, text, bigint[]) to pandian_transform;
    end if;

    -- An operator reads what is under way and decides by functions, which leave a trace in ops.audit; no table is theirs.
    if to_regrole('pandian_operator') is not null then
        grant usage on schema core, ref, compare, outbox, ops, report to pandian_operator;
        perform ops.grant_on('select', place, 'pandian_operator', array['credential', 'input_page'])
        from unnest(array['core', 'ref', 'compare', 'outbox', 'ops', 'report']) as place;
        for granted in
            select pg_proc.oid::regprocedure::text as name
            from pg_catalog.pg_proc
            where
                pg_proc.pronamespace = 'ops'::regnamespace
                and pg_proc.proname in (
                    'judge', 'retry', 'hold', 'release', 'discard', 'identify_database', 'trust_database', 'doubt_database'
                )
        loop
            execute format('grant execute on function %s to pandian_operator, pandian_load', granted.name);
        end loop;
    end if;

    -- An analyst reads everything but raw answers, secrets and personal data. What the views of report and
    -- outbox.delivery show of these is masked.
    grant usage on schema wdt, jst, yonsuite, core, ref, compare, outbox to pandian_analyst;
    perform ops.grant_on('select', place, 'pandian_analyst', array['credential', 'input_page'])
    from unnest(array['wdt', 'jst', 'yonsuite', 'core', 'ref', 'compare', 'outbox', 'ops', 'report']) as place;
    perform ops.grant_on('insert, update, delete', 'ref', 'pandian_analyst');
    grant usage on all sequences in schema ref to pandian_analyst;
    for granted in
        select pg_proc.oid::regprocedure::text as name
        from pg_catalog.pg_proc
        where
            pg_proc.pronamespace = 'compare'::regnamespace
            and pg_proc.proname in ('acknowledge', 'unacknowledge')
    loop
        execute format('grant execute on function %s to pandian_analyst', granted.name);
    end loop;
exception when insufficient_privilege then
    raise notice 'the roles were not granted: %', sqlerrm;
end
$$;
comment on function ops.grant_roles() is 'Grants each role what it needs and nothing more; pandian migrate up calls it. Without the roles it does nothing.';

create or replace function ops.grant_on(rights text, schema_name text, role_names text, but text[] default '{}')
returns void
language plpgsql
as $$
declare
    relation record;
begin
    for relation in
        select
            pg_class.relname,
            pg_class.relkind,
            -- Readers get the columns that are not personal, where a table has some that are.
            case when role_names in ('pandian_analyst', 'pandian_operator') and rights = 'select' and pg_class.relkind in ('r', 'p') then (
                select string_agg(format('%I', pg_attribute.attname), ', ' order by pg_attribute.attnum)
                from pg_catalog.pg_attribute
                where
                    pg_attribute.attrelid = pg_class.oid
                    and pg_attribute.attnum > 0
                    and not pg_attribute.attisdropped
                    and not ops.is_private_column(schema_name, pg_class.relname, pg_attribute.attname)
                having count(*) < pg_class.relnatts
            ) end as column_names
        from pg_catalog.pg_class
        where
            pg_class.relnamespace = schema_name::regnamespace
            and pg_class.relkind = any (case when rights = 'select' then array['r', 'p', 'v'] else array['r', 'p'] end::"char"[])
            -- Partitions are reached through their table.
            and not pg_class.relispartition
            and pg_class.relname <> all (but)
    loop
        execute format(
            'grant %s%s on %I.%I to %s',
            rights, ' (' || relation.column_names || ')', schema_name, relation.relname, role_names
        );
    end loop;
end
$$;
comment on function ops.grant_on(text, text, text, text[]) is 'Grants rights on the tables, and for select the views, of a schema but some; of a table with personal data an analyst or operator gets the other columns.';

create or replace function ops.is_private_column(schema_name text, table_name text, column_name text)
returns boolean
language sql
stable
begin atomic
    select
        (
            schema_name in ('wdt', 'jst', 'yonsuite')
            and exists (
                select from ops.private_field
                where private_field.field_name = column_name
            )
        )
        -- documents, and what targets said of them
        or (schema_name, column_name) in (('outbox', 'payload'), ('outbox', 'message'), ('outbox', 'request'), ('outbox', 'response'));
end;
comment on function ops.is_private_column(text, text, text) is 'True for a column of a table that may hold personal data or a secret.';
