-- How many documents of each outbox somebody has taken and not answered yet, and since when the oldest of them waits.
--
-- grain:  connection, pipeline that has claims
-- reads:  outbox.claim, outbox.document, outbox.result, outbox.retry
-- writes: nothing
-- rerun:  safe
--
-- Sending are with a worker; left are with one that was killed, or has not renewed its lease; given back was what a
-- worker took and did not send. Counted are the documents of a claim, less those that have an answer, less those in
-- trouble without one: three walks along a key, where a look-up of each document would cost ten times as much.
-- Documents are in order of writing, so the oldest is the first of them.

create or replace view outbox.claimed as
select
    claim.connection_code,
    claim.pipeline_code,
    coalesce(sum(unsettled.document_count) filter (where claim.attempt > 0 and claim.lease_until > clock_timestamp()), 0)::bigint as sending_count,
    coalesce(sum(unsettled.document_count) filter (where claim.attempt > 0 and claim.lease_until <= clock_timestamp()), 0)::bigint as left_count,
    coalesce(sum(unsettled.document_count) filter (where claim.attempt = 0), 0)::bigint as given_back_count,
    min(unsettled.oldest_at) as oldest_at
from (
    select
        standing.connection_code,
        standing.pipeline_code,
        standing.first_document_id,
        standing.last_document_id,
        standing.attempt,
        standing.lease_until
    from outbox.claim as standing
    -- the table and not its key, which leads to each of the thousands that ended beside an old snapshot, one by one
    offset 0
) as claim
cross join lateral (
    select count(*) as document_count
    from (
        select
        from outbox.document
        where
            document.connection_code = claim.connection_code
            and document.pipeline_code = claim.pipeline_code
            and document.document_id >= claim.first_document_id
            and document.document_id <= claim.last_document_id
        order by document.document_id
        limit 1000000  -- a walk along the key, whatever the planner thinks of the bounds
    ) as document
) as taken
cross join lateral (
    select count(*) as document_count
    from (
        select distinct result.document_id
        from (
            select result.document_id
            from outbox.result
            where
                result.connection_code = claim.connection_code
                and result.pipeline_code = claim.pipeline_code
                and result.document_id >= claim.first_document_id
                and result.document_id <= claim.last_document_id
            order by result.document_id
            limit 10000000  -- a walk along the key again
        ) as result
    ) as attempted
) as answered
cross join lateral (
    select count(*) as document_count
    from outbox.retry
    left join lateral (
        select result.document_id
        from outbox.result
        where
            result.connection_code = claim.connection_code
            and result.pipeline_code = claim.pipeline_code
            and result.document_id = retry.document_id
        limit 1
    ) as outcome on true
    where
        retry.connection_code = claim.connection_code
        and retry.pipeline_code = claim.pipeline_code
        and retry.document_id >= claim.first_document_id
        and retry.document_id <= claim.last_document_id
        and outcome.document_id is null
) as troubled
cross join lateral (
    select
        taken.document_count - answered.document_count - troubled.document_count as document_count,
        (
            -- of the first; documents are in order of writing
            select early.created_at
            from (
                select
                    document.document_id,
                    document.created_at
                from outbox.document
                where
                    document.connection_code = claim.connection_code
                    and document.pipeline_code = claim.pipeline_code
                    and document.document_id >= claim.first_document_id
                    and document.document_id <= claim.last_document_id
                order by document.document_id
                limit 1000000
            ) as early
            left join lateral (
                select result.document_id
                from outbox.result
                where
                    result.connection_code = claim.connection_code
                    and result.pipeline_code = claim.pipeline_code
                    and result.document_id = early.document_id
                limit 1
            ) as outcome on true
            left join lateral (
                select retry.document_id
                from outbox.retry
                where
                    retry.connection_code = claim.connection_code
                    and retry.pipeline_code = claim.pipeline_code
                    and retry.document_id = early.document_id
                limit 1
            ) as in_trouble on true
            where
                outcome.document_id is null
                and in_trouble.document_id is null
            order by early.document_id
            limit 1
        ) as oldest_at
) as unsettled
group by
    claim.connection_code,
    claim.pipeline_code;
comment on view outbox.claimed is 'One row is one outbox that loads have hold of: how many of its documents are being sent, were left by a worker that was killed, or were given back, and when the oldest of them was written.';
