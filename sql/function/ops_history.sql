-- Removing history that is older than its retention: whose turn it is, how far a sweep has got, and one batch of it.
--
-- reads:  ops.history, compare.discrepancy, compare.discrepancy_event, ops.job_fire
-- writes: ops.history, compare.discrepancy_event, ops.job_fire
-- rerun:  safe
--
--     select subject from ops.history_due(now() - interval '550 days');
--     select * from ops.remove_history('run', now() - interval '550 days', 5000);     until is_complete
--
-- A sweep goes through a table once, along its key, a batch a transaction; a next one begins when another hour has grown
-- old. What is kept is gone past, and looked at again in the next sweep. Nothing but old rows is locked, which nobody
-- else writes to. It runs with the rights of the schema's owner, for those who may call it (pandian_load).
-- Runs, windows and rejects are in function/ops_history_run.sql, _window.sql and _reject.sql.

create or replace function ops.history_due(before timestamptz)
returns table (subject text)
language sql
stable
security definer
set search_path = pg_catalog
as $$
    select history.subject
    from ops.history
    where
        history.sweep_before is not null
        or history.swept_before + interval '1 hour' <= history_due.before
    order by history.turn;
$$;
comment on function ops.history_due(timestamptz) is 'The kinds of history of which something older than a moment is to be removed, in order.';

create or replace function ops.remove_history(subject text, before timestamptz, batch_size integer)
returns table (is_complete boolean, removed jsonb)
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    sweep record;
    part record;
begin
    if before > clock_timestamp() - interval '1 day' then
        raise exception 'history is kept for a day at least'
            using errcode = 'invalid_parameter_value';
    end if;
    select
        -- whoever wants to keep more is heard in the middle of a sweep, too
        least(coalesce(history.sweep_before, remove_history.before), remove_history.before) as before,
        history.sweep_before is not null as is_under_way,
        history.swept_before,
        history.place_code,
        history.place_id
    into sweep
    from ops.history
    where history.subject = remove_history.subject
    for update skip locked;
    if not found then
        -- another process is at it
        return query select true, null::jsonb;
        return;
    end if;
    if not sweep.is_under_way and sweep.before < sweep.swept_before + interval '1 hour' then
        return query select true, '{}'::jsonb;
        return;
    end if;

    if subject = 'window' then
        part := ops.remove_old_windows(sweep.place_code, sweep.place_id, sweep.before, batch_size);
    elsif subject = 'discrepancy_event' then
        part := ops.remove_old_events(sweep.place_code, sweep.place_id, sweep.before, batch_size);
    elsif subject = 'reject' then
        part := ops.remove_old_rejects(sweep.place_code, sweep.place_id, sweep.before, batch_size);
    elsif subject = 'run' then
        part := ops.remove_old_runs(sweep.place_id, sweep.before, batch_size);
    else
        part := ops.remove_old_fires(sweep.before, batch_size);
    end if;

    update ops.history
    set
        swept_before = case when part.next_code is null then sweep.before else history.swept_before end,
        sweep_before = case when part.next_code is not null then sweep.before end,
        place_code = coalesce(part.next_code, ''),
        place_id = case when part.next_code is null then 0 else part.next_id end,
        removed_count = history.removed_count + (
            select coalesce(sum(figure.value::bigint), 0)
            from jsonb_each_text(part.removed) as figure
        ),
        touched_at = clock_timestamp()
    where history.subject = remove_history.subject;
    return query select part.next_code is null, part.removed;
end
$$;
comment on function ops.remove_history(text, timestamptz, integer) is 'Removes the next batch of a kind of history that is older than a moment; removed counts the rows by table, and is null when another process is at it.';

-- Each of these goes through the next batch after a place and answers with the place that it has got to (next_code is
-- null at the end) and with what it removed.

create or replace function ops.remove_old_events(
    after_code text,
    after_id bigint,
    before timestamptz,
    batch_size integer,
    out next_code text,
    out next_id bigint,
    out removed jsonb
)
language plpgsql
set search_path = pg_catalog
as $$
declare
    walked record;
    removed_count bigint;
begin
    removed := '{}';
    select event.connection_code
    into next_code
    from compare.discrepancy_event as event
    where (event.connection_code, event.event_id) > (after_code, after_id)
    order by
        event.connection_code,
        event.event_id
    limit 1;
    if next_code is null then
        return;
    end if;
    if next_code <> after_code then
        after_id := 0;
    end if;
    select
        max(batch.event_id) as last_id,
        count(*) < batch_size or bool_or(batch.happened_at >= before) as is_last
    into walked
    from (
        select
            event.event_id,
            event.happened_at
        from compare.discrepancy_event as event
        where
            event.connection_code = next_code
            and event.event_id > after_id
        order by event.event_id
        limit batch_size
    ) as batch;
    delete from compare.discrepancy_event as event
    where
        event.connection_code = next_code
        and event.event_id > after_id
        and event.event_id <= walked.last_id
        and event.happened_at < before
        -- one look-up per event: an anti-join would read the ledger
        and coalesce((
            select discrepancy.state = 'resolved'
            from compare.discrepancy
            where
                discrepancy.connection_code = event.connection_code
                and discrepancy.pipeline_code = event.pipeline_code
                and discrepancy.record_key = event.record_key
                and discrepancy.field = event.field
        ), true);
    get diagnostics removed_count = row_count;
    removed := jsonb_build_object('compare.discrepancy_event', removed_count);
    next_id := case when walked.is_last then 9223372036854775807 else walked.last_id end;
end
$$;
comment on function ops.remove_old_events(text, bigint, timestamptz, integer) is 'Removes old changes of discrepancies that are resolved, the next batch of them; those of what is open or acknowledged stay.';

create or replace function ops.remove_old_fires(
    before timestamptz,
    batch_size integer,
    out next_code text,
    out next_id bigint,
    out removed jsonb
)
language plpgsql
set search_path = pg_catalog
as $$
declare
    removed_count bigint;
begin
    delete from ops.job_fire
    using (
        select
            fire.pipeline_code,
            fire.kind,
            fire.fire_at
        from ops.job_fire as fire
        where
            fire.finished_at < before
            and exists (
                select from ops.job_fire as later
                where
                    later.pipeline_code = fire.pipeline_code
                    and later.kind = fire.kind
                    and later.fire_at > fire.fire_at
            )
        order by fire.finished_at
        limit batch_size
    ) as old
    where
        job_fire.pipeline_code = old.pipeline_code
        and job_fire.kind = old.kind
        and job_fire.fire_at = old.fire_at;
    get diagnostics removed_count = row_count;
    removed := jsonb_build_object('ops.job_fire', removed_count);
    next_code := case when removed_count = batch_size then '' end;
    next_id := 0;
end
$$;
comment on function ops.remove_old_fires(timestamptz, integer) is 'Removes old fires that have ended, but never the last one of a schedule.';

-- To nobody but those whom ops.grant_roles() names.
revoke all on function
    ops.history_due(timestamptz),
    ops.remove_history(text, timestamptz, integer)
from public;
