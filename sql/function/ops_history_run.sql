-- Removing old runs, with all that was noted of them.
--
-- reads:  ops.run
-- writes: ops.run, ops.tally, ops.finding, ops.step_run, ops.step_input, ops.removed_run
-- rerun:  safe
--
-- A run goes with its tallies, findings and steps, or not at all: what is left always adds up. ops.step_input goes with
-- the run that was taken, never with the one that took it, or a step would take that run again.
-- Which runs may go is in function/ops_history_kept.sql.

create or replace function ops.remove_old_runs(
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
    -- what is noted of a run is some hundred rows
    run_count constant integer := greatest(batch_size / 100, 1);
    walked record;
    old bigint[];
    removed_count bigint;
    step text;
begin
    removed := '{}';
    select
        max(batch.run_id) as last_id,
        count(*) < run_count or bool_or(batch.started_at >= before) as is_last
    into walked
    from (
        select
            run.run_id,
            run.started_at
        from ops.run
        where run.run_id > after_id
        order by run.run_id
        limit run_count
    ) as batch;
    if walked.last_id is null then
        return;
    end if;
    old := ops.runs_to_remove(after_id, walked.last_id, before);

    with gone as (
        delete from ops.run
        where run.run_id = any (old)
        returning
            run.pipeline_code,
            run.balance
    ),

    added as (
        insert into ops.removed_run as total (pipeline_code, outcome, document_count)
        select
            gone.pipeline_code,
            figure.key,
            sum(figure.value::bigint)
        from gone
        cross join lateral jsonb_each_text(
            case when jsonb_typeof(gone.balance -> 'documents') = 'object' then gone.balance -> 'documents' end
        ) as figure
        where
            figure.key in ('sent', 'superseded', 'waiting', 'in_doubt', 'rejected', 'abandoned')
            and figure.value <> '0'
        group by
            gone.pipeline_code,
            figure.key
        on conflict on constraint removed_run_pkey do update
        set document_count = total.document_count + excluded.document_count
    )

    select count(*)
    into removed_count
    from gone;
    removed := jsonb_build_object('ops.run', removed_count);

    delete from ops.tally
    where tally.run_id = any (old);
    get diagnostics removed_count = row_count;
    removed := removed || jsonb_build_object('ops.tally', removed_count);

    delete from ops.finding
    where finding.run_id = any (old);
    get diagnostics removed_count = row_count;
    removed := removed || jsonb_build_object('ops.finding', removed_count);

    delete from ops.step_run
    where step_run.run_id = any (old);
    get diagnostics removed_count = row_count;
    removed := removed || jsonb_build_object('ops.step_run', removed_count);

    removed_count := 0;
    for step in
        with recursive known as (
            select min(step_input.step_code collate "C") as step_code
            from ops.step_input
            union all
            select (
                select min(step_input.step_code collate "C")
                from ops.step_input
                where step_input.step_code > known.step_code
            )
            from known
            where known.step_code is not null
        )

        select known.step_code
        from known
        where known.step_code is not null
    loop
        with gone as (
            delete from ops.step_input
            where
                step_input.step_code = step
                and step_input.input_run_id = any (old)
            returning 1
        )

        select removed_count + count(*)
        into removed_count
        from gone;
    end loop;
    removed := removed || jsonb_build_object('ops.step_input', removed_count);
    next_code := case when not walked.is_last then '' end;
    next_id := walked.last_id;
end
$$;
comment on function ops.remove_old_runs(bigint, timestamptz, integer) is 'Removes old runs with their tallies, findings and steps, the next batch of them, as ops.runs_to_remove finds them.';
