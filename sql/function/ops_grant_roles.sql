-- Who may do what, for the roles that exist on this server.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe

create or replace function ops.grant_roles()
returns void
language plpgsql
as $$
declare
    every_stage constant text := 'pandian_extract, pandian_transform, pandian_load';
begin
    if to_regrole('pandian_extract') is null
        or to_regrole('pandian_transform') is null
        or to_regrole('pandian_load') is null
        or to_regrole('pandian_analyst') is null
    then
        return;
    end if;

    execute 'grant usage on schema staging, wdt, jst, yonsuite, core, ref, compare, outbox, ops, report to ' || every_stage;
    execute 'grant select on all tables in schema staging, wdt, jst, yonsuite, core, ref, compare, outbox, ops, report to ' || every_stage;
    execute 'grant insert, update on all tables in schema ops to ' || every_stage;
    execute 'grant usage on all sequences in schema ops, staging, outbox to ' || every_stage;

    -- Secrets are for those who talk to platforms, sealed as they are.
    revoke all on ops.credential from pandian_transform;

    grant insert on staging.page, staging.reject to pandian_extract;
    grant insert, update, delete on staging.snapshot_page to pandian_extract;

    grant insert, update, delete on all tables in schema wdt, jst, yonsuite, compare to pandian_transform;
    grant usage on all sequences in schema wdt, jst, yonsuite, compare to pandian_transform;
    grant insert on staging.reject to pandian_transform;
    grant insert on outbox.document to pandian_transform;
    grant insert, update on outbox.head to pandian_transform;
    grant insert, update, delete on outbox.held_back, outbox.late_change to pandian_transform;
    grant insert, update on outbox.retry to pandian_transform;
    grant delete on compare.basis to pandian_transform;

    grant insert, update on outbox.cursor to pandian_load;
    grant insert, update, delete on outbox.claim, outbox.retry, outbox.writeback to pandian_load;
    grant insert on outbox.result to pandian_load;

    grant usage on schema wdt, jst, yonsuite, core, ref, compare, outbox, ops, report to pandian_analyst;
    grant select on all tables in schema wdt, jst, yonsuite, core, ref, compare, outbox, ops, report to pandian_analyst;
    revoke all on ops.credential from pandian_analyst;
    grant insert, update, delete on all tables in schema ref to pandian_analyst;
    grant usage on all sequences in schema ref to pandian_analyst;
exception when insufficient_privilege then
    raise notice 'the roles were not granted: %', sqlerrm;
end
$$;
comment on function ops.grant_roles() is 'Grants each stage what it needs and nothing more; pandian migrate up calls it. Without the roles it does nothing.';
