-- How each pipeline stands: when it last went well, what is open.
--
-- grain:  pipeline
-- reads:  ops.pipeline, ops.pipeline_source, ops.run, ops.window, ops.dataset_state, ops.job, staging.reject, compare.discrepancy, outbox.pending, outbox.claimed, outbox.document, outbox.retry, outbox.held_back
-- writes: nothing
-- rerun:  safe
--
-- pending documents nobody has taken; sending are with a worker; left are with one that was killed, and the next load
-- takes them over. open_window_count counts the readings that were not proved complete and that no later one has made up for.

create or replace view report.pipeline as
with coverage as materialized (
    -- once, not once a pipeline
    select
        pipeline_source.pipeline_code,
        min(dataset_state.as_of) as verified_through,
        string_agg(
            dataset_state.dataset || ' of ' || dataset_state.connection_code || ': ' || dataset_state.reason,
            '; ' order by dataset_state.dataset
        ) filter (where not dataset_state.is_complete) as incomplete
    from ops.pipeline_source
    inner join ops.dataset_state
        on dataset_state.dataset = pipeline_source.dataset
        and dataset_state.connection_code = pipeline_source.connection_code
    group by pipeline_source.pipeline_code
),

claimed as materialized (
    -- once, not once a pipeline
    select
        claimed.pipeline_code,
        sum(claimed.sending_count)::bigint as sending,
        sum(claimed.left_count)::bigint as left_behind,
        sum(claimed.given_back_count)::bigint as given_back,
        min(claimed.oldest_at) as oldest_at
    from outbox.claimed
    group by claimed.pipeline_code
)

select
    pipeline.pipeline_code,
    newest.run_id as newest_run_id,
    newest.state as newest_state,
    newest.error as newest_error,
    good.finished_at as last_good_at,
    now() - good.finished_at as age,
    source.verified_through,
    source.incomplete,
    coalesce(ledger.unresolved, 0) as unresolved_count,
    coalesce(rejected.day_count, 0) as rejected_day_count,
    coalesce(backlog.pending, 0) + coalesce(claimed.given_back, 0) as pending_count,
    coalesce(trouble.retried, 0) as retried_count,
    coalesce(trouble.for_a_person, 0) as for_a_person_count,
    coalesce(trouble.in_doubt, 0) as in_doubt_count,
    coalesce(trouble.refused, 0) as refused_count,
    coalesce(held.held_back, 0) as held_back_count,
    least(backlog.oldest_at, claimed.oldest_at, trouble.oldest_at) as oldest_waiting_at,
    coalesce(unproved.open_windows, 0) as open_window_count,
    job.next_fire_at,
    job.time_zone,
    coalesce(claimed.sending, 0) + coalesce(trouble.sending, 0) as sending_count,
    coalesce(claimed.left_behind, 0) as left_count
from ops.pipeline
left join lateral (
    select
        run.run_id,
        run.state,
        run.error
    from ops.run
    where run.pipeline_code = pipeline.pipeline_code
    order by run.run_id desc
    limit 1
) as newest on true
left join lateral (
    select run.finished_at
    from ops.run
    where
        run.pipeline_code = pipeline.pipeline_code
        and run.command = 'run'
        and run.state = 'ok'
    order by run.run_id desc
    limit 1
) as good on true
left join coverage as source on source.pipeline_code = pipeline.pipeline_code
left join lateral (
    select count(*) as unresolved
    from compare.discrepancy
    where
        discrepancy.pipeline_code = pipeline.pipeline_code
        and discrepancy.state <> 'resolved'
) as ledger on true
left join lateral (
    select count(*) as day_count
    from staging.reject
    inner join ops.pipeline_source
        on pipeline_source.dataset = reject.dataset
        and pipeline_source.connection_code = reject.connection_code
    where
        pipeline_source.pipeline_code = pipeline.pipeline_code
        and reject.rejected_at > now() - interval '1 day'
) as rejected on true
left join lateral (
    select
        sum(pending.document_count)::bigint as pending,
        min(pending.oldest_at) as oldest_at
    from outbox.pending
    where pending.pipeline_code = pipeline.pipeline_code
) as backlog on true
left join claimed on claimed.pipeline_code = pipeline.pipeline_code
left join lateral (
    select
        count(*) filter (where retry.lease_until > clock_timestamp()) as sending,
        count(*) filter (
            where
            retry.state in ('waiting', 'in_doubt')
            and (retry.lease_until is null or retry.lease_until <= clock_timestamp())
        ) as retried,
        count(*) filter (where retry.state in ('rejected', 'abandoned', 'held')) as for_a_person,
        count(*) filter (where retry.state = 'in_doubt') as in_doubt,
        count(*) filter (where retry.state in ('rejected', 'abandoned')) as refused,
        min(troubled.created_at) filter (where retry.state in ('waiting', 'in_doubt')) as oldest_at
    from outbox.retry
    cross join lateral (
        select document.created_at
        from outbox.document
        where
            document.connection_code = retry.connection_code
            and document.pipeline_code = retry.pipeline_code
            and document.document_id = retry.document_id
        limit 1
    ) as troubled
    where retry.pipeline_code = pipeline.pipeline_code
) as trouble on true
left join lateral (
    select count(*) as held_back
    from outbox.held_back
    where held_back.pipeline_code = pipeline.pipeline_code
) as held on true
left join lateral (
    select count(*) as open_windows
    from ops.pipeline_source
    inner join ops."window" as reading
        on reading.dataset = pipeline_source.dataset
        and reading.connection_code = pipeline_source.connection_code
    where
        pipeline_source.pipeline_code = pipeline.pipeline_code
        and reading.state <> 'complete'
        and not exists (
            select from ops."window" as proof
            where
                proof.connection_code = reading.connection_code
                and proof.dataset = reading.dataset
                and proof.state = 'complete'
                and proof.window_id > reading.window_id
                and (reading.from_at is null or (proof.from_at <= reading.from_at and proof.to_at >= reading.to_at))
        )
) as unproved on true
left join ops.job
    on job.pipeline_code = pipeline.pipeline_code
    and job.kind = 'run';
comment on view report.pipeline is 'One row is one pipeline: its newest run, when it last went well, how far its sources are verified, and what is open.';
