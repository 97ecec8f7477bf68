-- How each pipeline stands: when it last went well, what is open.
--
-- grain:  pipeline
-- reads:  ops.pipeline, ops.pipeline_source, ops.run, ops.dataset_state, staging.reject, compare.discrepancy, outbox.document, outbox.cursor, outbox.retry
-- writes: nothing
-- rerun:  safe

create or replace view report.pipeline as
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
    coalesce(backlog.pending, 0) as pending_count,
    coalesce(trouble.retried, 0) as retried_count,
    coalesce(trouble.for_a_person, 0) as for_a_person_count
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
left join lateral (
    select
        min(dataset_state.as_of) as verified_through,
        string_agg(
            dataset_state.dataset || ' of ' || dataset_state.connection_code || ': ' || dataset_state.reason,
            '; ' order by dataset_state.dataset
        ) filter (where not dataset_state.is_complete) as incomplete
    from ops.pipeline_source
    inner join ops.dataset_state
        on dataset_state.dataset = pipeline_source.dataset
        and dataset_state.connection_code = pipeline_source.connection_code
    where pipeline_source.pipeline_code = pipeline.pipeline_code
) as source on true
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
        coalesce(sum((
            select count(*)
            from outbox.document
            where
                document.connection_code = cursor.connection_code
                and document.pipeline_code = cursor.pipeline_code
                and document.document_id >= cursor.next_document_id
        )), 0)::bigint as pending
    from outbox.cursor
    where cursor.pipeline_code = pipeline.pipeline_code
) as backlog on true
left join lateral (
    select
        count(*) filter (where retry.state in ('waiting', 'in_doubt')) as retried,
        count(*) filter (where retry.state in ('rejected', 'abandoned', 'held')) as for_a_person
    from outbox.retry
    where retry.pipeline_code = pipeline.pipeline_code
) as trouble on true;
comment on view report.pipeline is 'One row is one pipeline: its newest run, when it last went well, how far its sources are verified, and what is open.';
