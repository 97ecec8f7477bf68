-- Where a file of sql/ reads its run from: settings of the session, so that the same text runs in psql.
--
-- reads:  ops.run, ops.step_input
-- writes: ops.run, ops.step_input, ops.tally
-- rerun:  safe
--
--     begin;
--     set local pandian.run_id = '42';
--     \i sql/source/wdt_stock.sql
--     commit;

create or replace function ops.run_id()
returns bigint
language sql
stable
return nullif(current_setting('pandian.run_id', true), '')::bigint;
comment on function ops.run_id() is 'The run that this session works for (setting pandian.run_id); null when none is set.';

create or replace function ops.step()
returns text
language sql
stable
return nullif(current_setting('pandian.step', true), '');
comment on function ops.step() is 'The step that this session carries out (setting pandian.step), as in source/wdt_stock; null when a person runs a file by hand.';

create or replace function ops.is_full()
returns boolean
language sql
stable
return coalesce(nullif(current_setting('pandian.is_full', true), ''), 'off')::boolean;
comment on function ops.is_full() is 'True when everything is to be read again, not only what is new (setting pandian.is_full).';

create or replace function ops.param(name text)
returns text
language sql
stable
return coalesce(
    nullif(current_setting('pandian.param.' || name, true), ''),
    (select run.params ->> name from ops.run where run.run_id = ops.run_id())
);
comment on function ops.param(text) is 'A parameter of the run; a setting pandian.param.<name> of the session goes first, to try things out in psql.';

create or replace function ops.run_lock_class()
returns integer
language sql
immutable
return 1346457940;
comment on function ops.run_lock_class() is 'First key of the advisory lock that a running run''s session holds; the second is its run_id.';

create or replace function ops.mark_interrupted_runs()
returns integer
language sql
volatile
begin atomic
    with interrupted as (
        update ops.run
        set
            state = 'interrupted',
            finished_at = clock_timestamp(),
            error = 'the process ended before the run did; what it had landed is used by the next run'
        where
            run.state = 'running'
            and run.run_id is distinct from ops.run_id()
            and pg_try_advisory_xact_lock(ops.run_lock_class(), run.run_id::integer)
        returning run.run_id
    )
    select count(*)::integer from interrupted;
end;
comment on function ops.mark_interrupted_runs() is 'Marks the runs whose session is gone as interrupted, so that later runs take over what they landed; returns how many.';

create or replace function ops.take_input()
returns integer
language plpgsql
volatile
set search_path = pg_catalog
as $$
declare
    -- null where everything is to be gone through
    newest_run_id bigint;
    ended_after timestamptz;
    taken_count integer;
begin
    -- All that had ended when the step took its newest input, it took then. What ended since has a larger number, or was
    -- still running; a day is for commits that were late, and a time to come, of a clock that was wrong, counts for nothing.
    if not ops.is_full() then
        select
            step_input.input_run_id,
            case when step_input.taken_at <= clock_timestamp() then step_input.taken_at - interval '1 day' else '-infinity' end
        into newest_run_id, ended_after
        from ops.step_input
        where step_input.step_code = ops.step()
        order by
            step_input.input_run_id desc,
            step_input.run_id
        limit 1;
    end if;

    insert into ops.step_input (step_code, input_run_id, run_id)
    select
        ops.step(),
        run.run_id,
        ops.run_id()
    from ops.run
    where
        (
            run.run_id > coalesce(newest_run_id, 0)
            or run.finished_at > coalesce(ended_after, '-infinity')
            or run.run_id = ops.run_id()
        )
        and (run.state <> 'running' or run.run_id = ops.run_id())
        and (
            ops.is_full()
            -- one look-up per run: an anti-join would read all that was ever taken
            or coalesce((
                select false
                from ops.step_input
                where
                    step_input.step_code = ops.step()
                    and step_input.input_run_id = run.run_id
                limit 1
            ), true)
        )
    on conflict on constraint step_input_pkey do nothing;
    get diagnostics taken_count = row_count;
    return taken_count;
end
$$;
comment on function ops.take_input() is 'Notes which finished runs the present step takes in the present run. It comes before the step''s file, in the same transaction, so that a run which ends meanwhile is left for the next time.';

create or replace function ops.count_up(subject text, name text, value bigint)
returns void
language sql
volatile
begin atomic
    insert into ops.tally (run_id, subject, name, value)
    select ops.run_id(), count_up.subject, count_up.name, count_up.value
    where ops.run_id() is not null
    on conflict on constraint tally_pkey do nothing;
end;
comment on function ops.count_up(text, text, bigint) is 'Notes a figure for the balance of the run; the first count of a run stands, so that a file run again by hand does not change it.';
