-- name: OutboxRetryLease :many
-- OutboxRetryLease takes documents in trouble that are due, oldest first, passing over rows that another worker is
-- taking. is_in_doubt says that nobody knows what the last attempt did: it was in doubt, or its worker never came back.
-- The lease touches no indexed column, so the update stays within the page (HOT).
with due as materialized (
    select
        retry.document_id,
        (retry.state = 'in_doubt' or retry.token is not null)::boolean as is_in_doubt
    from outbox.retry
    where
        retry.connection_code = @connection_code
        and retry.pipeline_code = @pipeline_code
        and retry.state in ('waiting', 'in_doubt')
        and retry.run_at <= clock_timestamp()
        and (retry.lease_until is null or retry.lease_until < clock_timestamp())
    order by
        retry.run_at,
        retry.document_id
    limit @batch_size::integer
    for update skip locked
),

leased as (
    update outbox.retry
    set
        token = @token::bigint,
        lease_until = clock_timestamp() + @lease::interval,
        attempt = retry.attempt + 1
    where
        retry.connection_code = @connection_code
        and retry.pipeline_code = @pipeline_code
        -- an array, because the planner would read all documents in trouble once for each that is due
        and retry.document_id = any (array(select due.document_id from due))
    returning
        retry.document_id,
        retry.attempt,
        retry.forgiven_count
)

select
    document.document_id,
    document.business_key,
    document.revision,
    document.payload,
    leased.attempt,
    leased.forgiven_count,
    due.is_in_doubt
from leased
inner join due on due.document_id = leased.document_id
cross join lateral (
    select
        found.document_id,
        found.business_key,
        found.revision,
        found.payload
    from outbox.document as found
    where
        found.connection_code = @connection_code
        and found.pipeline_code = @pipeline_code
        and found.document_id = leased.document_id
    limit 1
) as document
order by document.document_id;

-- name: OutboxRetryRenew :execrows
-- OutboxRetryRenew lengthens the lease of documents in trouble; fewer rows than documents mean that some were lost.
update outbox.retry
set lease_until = clock_timestamp() + @lease::interval
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and document_id = any (@document_ids::bigint [])
    and token = @token::bigint;

-- name: OutboxRetryLockHeld :many
-- OutboxRetryLockHeld locks the documents that this token still holds and lists them: only their results may be written.
select document_id
from outbox.retry
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and document_id = any (@document_ids::bigint [])
    and token = @token::bigint
order by document_id
for update;

-- name: OutboxRetryGiveBack :exec
-- OutboxRetryGiveBack frees documents at once and does not count the attempt. What was in doubt stays in doubt.
update outbox.retry
set
    token = null,
    lease_until = null,
    attempt = attempt - 1,
    state = case
        when state = 'waiting' and document_id = any (@doubtful_ids::bigint []) then 'in_doubt'
        else state
    end
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and document_id = any (@document_ids::bigint [])
    and token = @token::bigint;

-- name: OutboxRetryPut :exec
-- OutboxRetryPut keeps documents in trouble, with the time of their next attempt by the clock of the database, which is
-- the one that is asked whether they are due. A person's decision (held, discarded) made meanwhile stands; what is
-- held goes back to the state that the answer gave it. doubtful says that nobody knows whether the target has it.
with trouble as (
    select
        unnest(@document_ids::bigint []) as document_id,
        unnest(@states::text []) as state,
        unnest(@attempts::integer []) as attempt,
        unnest(@wait_ms::bigint []) as wait_ms,
        unnest(@doubtful::boolean []) as is_doubtful,
        unnest(@messages::text []) as message
)

insert into outbox.retry as kept (
    connection_code,
    pipeline_code,
    document_id,
    state,
    attempt,
    run_at,
    is_doubtful,
    message
)
select
    @connection_code,
    @pipeline_code,
    trouble.document_id,
    trouble.state,
    trouble.attempt,
    clock_timestamp() + trouble.wait_ms * interval '1 millisecond',
    trouble.is_doubtful,
    trouble.message
from trouble
order by trouble.document_id
on conflict on constraint retry_pkey do update
set
    state = case
        when kept.state in ('held', 'discarded') then kept.state
        else excluded.state
    end,
    held_state = case
        when kept.state = 'held' then excluded.state
        else kept.held_state
    end,
    attempt = excluded.attempt,
    run_at = excluded.run_at,
    is_doubtful = excluded.is_doubtful,
    message = excluded.message,
    token = null,
    lease_until = null;

-- name: OutboxRetryDelete :execrows
-- OutboxRetryDelete forgets the trouble of documents that are sent or superseded.
delete from outbox.retry
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and document_id = any (@document_ids::bigint []);

-- name: OutboxRetrySupersede :one
-- OutboxRetrySupersede closes documents in trouble that a newer revision has overtaken and that nobody is sending. Those
-- in doubt stay, because the target must be asked about them first; so does what a person discarded. A hold has passed
-- on to the newer revision (outbox.pass_holds_on), so that the older one can go. At most batch_size are closed; fewer say
-- that none is left.
with overtaken as materialized (
    select
        troubled.document_id,
        troubled.attempt
    from outbox.retry as troubled
    cross join lateral (
        select
            document.business_key,
            document.revision
        from outbox.document
        where
            document.connection_code = @connection_code
            and document.pipeline_code = @pipeline_code
            and document.document_id = troubled.document_id
        limit 1
    ) as older
    cross join lateral (
        select head.document_id
        from outbox.head
        where
            head.connection_code = @connection_code
            and head.pipeline_code = @pipeline_code
            and head.business_key = older.business_key
            and head.revision > older.revision
        limit 1
    ) as newest
    where
        troubled.connection_code = @connection_code
        and troubled.pipeline_code = @pipeline_code
        and (
            troubled.state in ('waiting', 'rejected', 'abandoned')
            or (troubled.state = 'held' and not troubled.is_doubtful)
        )
        and troubled.token is null
    order by troubled.document_id
    limit @batch_size::integer
    for update of troubled skip locked
),

deleted as (
    delete from outbox.retry as closed
    using overtaken
    where
        closed.connection_code = @connection_code
        and closed.pipeline_code = @pipeline_code
        and closed.document_id = overtaken.document_id
    returning
        closed.document_id,
        closed.attempt
),

forgotten as (
    delete from outbox.exchange as said
    using deleted
    where
        said.connection_code = @connection_code
        and said.pipeline_code = @pipeline_code
        and said.document_id = deleted.document_id
),

recorded as (
    insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, run_id)
    select
        @connection_code,
        @pipeline_code,
        deleted.document_id,
        deleted.attempt + 1,
        'superseded',
        sqlc.narg(run_id)::bigint
    from deleted
    returning result.document_id
)

select count(*)::integer as superseded_count
from recorded;
