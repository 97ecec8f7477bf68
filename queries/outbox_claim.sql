-- name: OutboxClaimNext :many
-- OutboxClaimNext moves the cursor of an outbox over its next documents, writes the claim that names their range, and
-- returns them. Documents that a newer revision has overtaken get their result here and come without a payload, as
-- do those that stand in outbox.retry already, where a person put them before they were claimed, and those that were
-- sent from there. They are asked for after the cursor is held (outbox.passed_over), because a person who puts
-- documents there holds the cursor meanwhile.
--
-- It is one statement and one transaction, to be run outside of any other. With is_relaxed its commit does not wait
-- for the disk, which the lock on the cursor would make every other worker wait for too; a crash of the server may then
-- forget a claim whose documents were sent, so it is for targets only where sending twice does no harm.
--
-- The bounds come from a lateral limit, never from a comparison with what another step found: the planner would read
-- the whole log. For the same reason head is read one row at a time.
with durability as materialized (
    select
        case
            when @is_relaxed::boolean then set_config('synchronous_commit', 'off', true)
            else current_setting('synchronous_commit')
        end as setting
),

position as materialized (
    select outbox_cursor.next_document_id
    from outbox.cursor as outbox_cursor
    cross join durability
    where
        outbox_cursor.connection_code = @connection_code
        and outbox_cursor.pipeline_code = @pipeline_code
        and durability.setting is not null
    for update of outbox_cursor
),

found as materialized (
    select
        next_document.document_id,
        next_document.business_key,
        next_document.revision,
        next_document.payload,
        (newest.document_id is not null)::boolean as is_superseded
    from position
    cross join lateral (
        select
            document.document_id,
            document.business_key,
            document.revision,
            document.payload
        from outbox.document
        where
            document.connection_code = @connection_code
            and document.pipeline_code = @pipeline_code
            and document.document_id >= position.next_document_id
        order by document.document_id
        limit @batch_size::integer
    ) as next_document
    left join lateral (
        select head.document_id
        from outbox.head
        where
            head.connection_code = @connection_code
            and head.pipeline_code = @pipeline_code
            and head.business_key = next_document.business_key
            and head.revision > next_document.revision
        limit 1
    ) as newest on true
),

parked as materialized (
    select outbox.passed_over(
        @connection_code,
        @pipeline_code,
        min(found.document_id),
        max(found.document_id)
    ) as document_ids
    from found
    having count(*) > 0
),

taken as materialized (
    select
        found.document_id,
        found.business_key,
        found.revision,
        found.payload,
        found.is_superseded,
        (found.document_id = any (parked.document_ids))::boolean as is_parked
    from found
    cross join parked
),

moved as (
    update outbox.cursor
    set
        next_document_id = (select max(taken.document_id) + 1 from taken),
        passed_count = cursor.passed_count + (select count(*) from taken)
    where
        cursor.connection_code = @connection_code
        and cursor.pipeline_code = @pipeline_code
        and exists (select from taken)
),

claimed as (
    insert into outbox.claim (
        connection_code,
        pipeline_code,
        first_document_id,
        last_document_id,
        token,
        worker,
        attempt,
        lease_until
    )
    select
        @connection_code,
        @pipeline_code,
        min(taken.document_id),
        max(taken.document_id),
        @token,
        @worker,
        1,
        clock_timestamp() + @lease::interval
    from taken
    having count(*) > 0
),

overtaken as (
    insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, run_id)
    select
        @connection_code,
        @pipeline_code,
        taken.document_id,
        1,
        'superseded',
        sqlc.narg(run_id)::bigint
    from taken
    where
        taken.is_superseded
        and not taken.is_parked
)

select
    taken.document_id,
    taken.business_key,
    taken.revision,
    case
        when taken.is_superseded or taken.is_parked then ''
        else taken.payload
    end::text as payload,
    taken.is_superseded,
    taken.is_parked
from taken
order by taken.document_id;

-- name: OutboxClaimTakeOver :one
-- OutboxClaimTakeOver gives the oldest claim whose lease has run out, or that was given back, to another worker.
update outbox.claim
set
    token = @token,
    worker = @worker,
    attempt = attempt + 1,
    lease_until = clock_timestamp() + @lease::interval
where
    (connection_code, pipeline_code, first_document_id) = (
        select
            expired.connection_code,
            expired.pipeline_code,
            expired.first_document_id
        from outbox.claim as expired
        where
            expired.connection_code = @connection_code
            and expired.pipeline_code = @pipeline_code
            and expired.lease_until < clock_timestamp()
        order by expired.first_document_id
        limit 1
        for update skip locked
    )
returning
    first_document_id,
    last_document_id,
    attempt;

-- name: OutboxClaimDocuments :many
-- OutboxClaimDocuments lists the documents of a range that have no result yet and do not stand in outbox.retry.
select
    document.document_id,
    document.business_key,
    document.revision,
    document.payload
from outbox.document
left join lateral (
    select result.document_id
    from outbox.result
    where
        result.connection_code = @connection_code
        and result.pipeline_code = @pipeline_code
        and result.document_id = document.document_id
    limit 1
) as outcome on true
left join lateral (
    select retry.document_id
    from outbox.retry
    where
        retry.connection_code = @connection_code
        and retry.pipeline_code = @pipeline_code
        and retry.document_id = document.document_id
    limit 1
) as parked on true
where
    document.connection_code = @connection_code
    and document.pipeline_code = @pipeline_code
    and document.document_id >= @first_document_id
    and document.document_id <= @last_document_id
    and outcome.document_id is null
    and parked.document_id is null
order by document.document_id;

-- name: OutboxClaimRenew :execrows
-- OutboxClaimRenew lengthens the lease of a claim; 0 rows mean that it was lost to another worker.
update outbox.claim
set lease_until = clock_timestamp() + @lease::interval
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and first_document_id = @first_document_id
    and token = @token;

-- name: OutboxClaimDelete :execrows
-- OutboxClaimDelete ends a claim in the transaction that writes its last results; 0 rows mean that it was lost.
delete from outbox.claim
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and first_document_id = @first_document_id
    and token = @token;

-- name: OutboxClaimGiveBack :execrows
-- OutboxClaimGiveBack lets any worker take the claim at once and does not count the attempt; 0 rows mean that it was lost.
update outbox.claim
set
    token = 0,
    attempt = attempt - 1,
    lease_until = '-infinity'
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and first_document_id = @first_document_id
    and token = @token;
