-- name: OutboxDocumentStanding :many
-- OutboxDocumentStanding lists those of the given documents that must not be sent now: superseded ones, and ones whose
-- older revision another worker is sending, or (with is_doubt_blocking) is in doubt. It must be asked after the claim or
-- lease was committed. Whoever holds the older revision asks too, and so at least one of two workers sees the other.
with asked as materialized (
    select
        unnest(@document_ids::bigint [])::bigint as document_id,
        unnest(@business_keys::text [])::text as business_key,
        unnest(@revisions::integer [])::integer as revision
),

in_flight as materialized (
    select
        sending.document_id,
        sending.business_key
    from outbox.claim
    cross join lateral (
        select
            document.document_id,
            document.business_key
        from outbox.document
        where
            document.connection_code = @connection_code
            and document.pipeline_code = @pipeline_code
            and document.document_id >= claim.first_document_id
            and document.document_id <= claim.last_document_id
        order by document.document_id
        limit 1000000  -- keeps this a walk along the key, whatever the planner thinks of the bounds
    ) as sending
    left join lateral (
        select result.document_id
        from outbox.result
        where
            result.connection_code = @connection_code
            and result.pipeline_code = @pipeline_code
            and result.document_id = sending.document_id
        limit 1
    ) as outcome on true
    where
        claim.connection_code = @connection_code
        and claim.pipeline_code = @pipeline_code
        and claim.token <> @token::bigint
        and claim.attempt > 0  -- a claim given back unsent is asked about again by whoever takes it over
        and claim.first_document_id <= (select max(asked.document_id) from asked)
        and outcome.document_id is null
    union all
    select
        troubled.document_id,
        troubled.business_key
    from outbox.retry
    cross join lateral (
        select
            document.document_id,
            document.business_key
        from outbox.document
        where
            document.connection_code = @connection_code
            and document.pipeline_code = @pipeline_code
            and document.document_id = retry.document_id
        limit 1
    ) as troubled
    where
        retry.connection_code = @connection_code
        and retry.pipeline_code = @pipeline_code
        and retry.state in ('waiting', 'in_doubt')
        and retry.token is distinct from @token::bigint
        and (retry.token is not null or (@is_doubt_blocking::boolean and retry.state = 'in_doubt'))
)

select
    asked.document_id,
    (newest.document_id is not null)::boolean as is_superseded
from asked
left join lateral (
    select head.document_id
    from outbox.head
    where
        head.connection_code = @connection_code
        and head.pipeline_code = @pipeline_code
        and head.business_key = asked.business_key
        and head.revision > asked.revision
    limit 1
) as newest on true
where
    newest.document_id is not null
    or exists (
        select
        from in_flight
        where
            in_flight.business_key = asked.business_key
            and in_flight.document_id < asked.document_id
    );

-- name: OutboxDocumentBacklog :one
-- OutboxDocumentBacklog counts what an outbox still has to do. It reads the open claims and the documents in trouble,
-- never what is done, and of what is pending the oldest only: those are counted as view outbox.pending does it.
with pending as (
    select
        ahead.document_count,
        oldest.created_at as oldest_at
    from outbox.cursor as outbox_cursor
    left join outbox.tail
        on tail.connection_code = outbox_cursor.connection_code
        and tail.pipeline_code = outbox_cursor.pipeline_code
    cross join lateral (
        select count(*) as document_count
        from outbox.retry
        where
            retry.connection_code = @connection_code
            and retry.pipeline_code = @pipeline_code
            and retry.document_id >= outbox_cursor.next_document_id
    ) as parked
    cross join lateral (
        select coalesce(tail.written_count, 0) - outbox_cursor.passed_count - parked.document_count as document_count
    ) as ahead
    left join lateral (
        select early.created_at
        from (
            select
                document.document_id,
                document.created_at
            from outbox.document
            where
                document.connection_code = @connection_code
                and document.pipeline_code = @pipeline_code
                and document.document_id >= outbox_cursor.next_document_id
                and ahead.document_count > 0  -- or an old snapshot goes through all that was written since, to find none
            order by document.document_id
            limit parked.document_count + 1  -- one more than are in trouble, so one of them is not
        ) as early
        left join lateral (
            select retry.document_id
            from outbox.retry
            where
                retry.connection_code = @connection_code
                and retry.pipeline_code = @pipeline_code
                and retry.document_id = early.document_id
            limit 1
        ) as in_trouble on true
        where in_trouble.document_id is null
        order by early.document_id
        limit 1
    ) as oldest on true
    where
        outbox_cursor.connection_code = @connection_code
        and outbox_cursor.pipeline_code = @pipeline_code
),

claimed as (
    select
        count(*) filter (where claim.attempt > 0) as document_count,
        count(*) filter (where claim.attempt = 0) as given_back_count,
        min(sending.created_at) as oldest_at
    from outbox.claim
    cross join lateral (
        select
            document.document_id,
            document.created_at
        from outbox.document
        where
            document.connection_code = @connection_code
            and document.pipeline_code = @pipeline_code
            and document.document_id >= claim.first_document_id
            and document.document_id <= claim.last_document_id
        order by document.document_id
        limit 1000000  -- a walk along the key again
    ) as sending
    left join lateral (
        select result.document_id
        from outbox.result
        where
            result.connection_code = @connection_code
            and result.pipeline_code = @pipeline_code
            and result.document_id = sending.document_id
        limit 1
    ) as outcome on true
    where
        claim.connection_code = @connection_code
        and claim.pipeline_code = @pipeline_code
        and outcome.document_id is null
        and not exists (
            select
            from outbox.retry
            where
                retry.connection_code = @connection_code
                and retry.pipeline_code = @pipeline_code
                and retry.document_id = sending.document_id
        )
),

troubled as (
    select
        count(*) filter (where retry.token is not null) as sending_count,
        count(*) filter (where retry.state = 'waiting' and retry.token is null) as waiting_count,
        count(*) filter (where retry.state = 'in_doubt' and retry.token is null) as in_doubt_count,
        count(*) filter (where retry.state = 'rejected' and retry.token is null) as rejected_count,
        count(*) filter (where retry.state = 'abandoned' and retry.token is null) as abandoned_count,
        count(*) filter (where retry.state = 'held' and retry.token is null) as held_count,
        count(*) filter (where retry.state = 'discarded' and retry.token is null) as discarded_count
    from outbox.retry
    where
        retry.connection_code = @connection_code
        and retry.pipeline_code = @pipeline_code
)

select
    (coalesce(pending.document_count, 0) + claimed.given_back_count)::bigint as pending_count,
    (claimed.document_count + troubled.sending_count)::bigint as sending_count,
    troubled.waiting_count::bigint as waiting_count,
    troubled.in_doubt_count::bigint as in_doubt_count,
    troubled.rejected_count::bigint as rejected_count,
    troubled.abandoned_count::bigint as abandoned_count,
    troubled.held_count::bigint as held_count,
    troubled.discarded_count::bigint as discarded_count,
    coalesce(
        extract(epoch from clock_timestamp() - least(pending.oldest_at, claimed.oldest_at)),
        0
    )::bigint as oldest_age_seconds
from claimed
cross join troubled
left join pending on true;
