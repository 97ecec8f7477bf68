-- The state of every document of every outbox, as it follows from the log and what load appended to it.
--
-- grain:  connection, pipeline, document
-- reads:  outbox.document, outbox.result, outbox.retry, outbox.claim, outbox.cursor, outbox.archive, outbox.archive_range
-- writes: nothing
-- rerun:  safe
--
-- state is one of
--   pending     written, not claimed, or given back unsent
--   sending     a worker has it, or had it when it died
--   sent        the target has it
--   waiting     tried again at next_attempt_at
--   in_doubt    no answer was heard; the target is asked at next_attempt_at before anything is sent again
--   rejected    the target refused it: a person must act
--   abandoned   attempts used up: a person must act
--   held        a person stopped it
--   discarded   a person gave it up
--   superseded  a newer revision exists; never sent after it
--   lost        behind the cursor, yet nobody has it: its writer did not take outbox.lock_writers. It must not occur.
--
-- A document that is being sent has a lease_until; once that has passed, its worker is gone, and the next load takes it
-- over. is_doubtful says that nobody knows whether the target has it: it is looked up before it is sent again.
--
-- is_archived says that the document itself is older than retention.outbox and gone: what became of it is known, its
-- payload is null.
--
-- What is archived shows once its partition is dropped. Where the view is joined, it is asked in a lateral subquery with
-- limit 1: the planner looks it up by key only then, and reads all of it otherwise, because it asks for the time.
--
-- message and payload are shown without personal data to those who have not the role pandian_private.
-- A query should name connection_code and pipeline_code: they lead every key that the view reads by.

create or replace view outbox.delivery as
select
    -- keys
    document.connection_code,
    document.pipeline_code,
    document.document_id,
    document.business_key,
    document.revision,

    -- state
    case
        when document.is_archived then document.state
        when outcome.outcome in ('sent', 'superseded') then outcome.outcome
        when trouble.state in ('held', 'discarded') then trouble.state
        when trouble.lease_until > clock_timestamp() then 'sending'
        when trouble.state is not null then trouble.state
        when outcome.outcome is not null then outcome.outcome
        when document.document_id >= progress.next_document_id then 'pending'
        when progress.next_document_id is null then 'pending'
        when sending.last_document_id >= document.document_id and sending.attempt = 0 then 'pending'
        when sending.last_document_id >= document.document_id then 'sending'
        else 'lost'
    end as state,
    coalesce(document.attempt_count, trouble.attempt, outcome.attempt, 0) as attempt_count,
    case
        when document.is_archived then document.message
        else ops.shown_message(coalesce(trouble.message, outcome.message), document.payload)
    end as message,
    coalesce(document.decided_by, trouble.decided_by) as decided_by,

    -- the target's names
    coalesce(document.target_document_id, outcome.target_document_id) as target_document_id,
    coalesce(document.target_document_no, outcome.target_document_no) as target_document_no,

    -- times
    document.created_at,
    coalesce(document.done_at, outcome.done_at) as done_at,
    case when trouble.state in ('waiting', 'in_doubt') then trouble.run_at end as next_attempt_at,

    -- provenance
    document.run_id as written_by_run_id,
    coalesce(document.sent_by_run_id, outcome.run_id) as sent_by_run_id,
    ops.shown_payload(document.payload) as payload,

    -- who has it
    case
        when document.is_archived then null
        when outcome.outcome in ('sent', 'superseded') or trouble.state in ('held', 'discarded') then null
        when trouble.document_id is not null then trouble.lease_until
        when outcome.outcome is null and sending.attempt > 0 and sending.last_document_id >= document.document_id
            then sending.lease_until
    end as lease_until,
    case
        when
            not document.is_archived
            and trouble.document_id is null
            and outcome.outcome is null
            and sending.attempt > 0
            and sending.last_document_id >= document.document_id
            then sending.worker
    end as worker,
    coalesce(
        document.is_doubtful,
        trouble.state = 'in_doubt' or trouble.is_doubtful or trouble.token is not null,
        false
    ) as is_doubtful,
    document.is_archived
from (
    select
        document.connection_code,
        document.pipeline_code,
        document.document_id,
        document.business_key,
        document.revision,
        document.payload,
        document.run_id,
        document.created_at,
        null::text as state,
        null::integer as attempt_count,
        null::boolean as is_doubtful,
        null::text as message,
        null::text as decided_by,
        null::text as target_document_id,
        null::text as target_document_no,
        null::timestamptz as done_at,
        null::bigint as sent_by_run_id,
        false as is_archived
    from outbox.document
    union all
    select
        archive.connection_code,
        archive.pipeline_code,
        archive.document_id,
        archive.business_key,
        archive.revision,
        null,
        archive.written_by_run_id,
        archive.created_at,
        archive.state,
        archive.attempt_count,
        archive.is_doubtful,
        archive.message,
        archive.decided_by,
        archive.target_document_id,
        archive.target_document_no,
        archive.done_at,
        archive.sent_by_run_id,
        true
    from outbox.archive
) as document
left join outbox.cursor as progress
    on
        progress.connection_code = document.connection_code
        and progress.pipeline_code = document.pipeline_code
left join outbox.retry as trouble
    on
        trouble.connection_code = document.connection_code
        and trouble.pipeline_code = document.pipeline_code
        and trouble.document_id = document.document_id
left join lateral (
    select
        result.attempt,
        result.outcome,
        result.target_document_id,
        result.target_document_no,
        result.message,
        result.done_at,
        result.run_id
    from outbox.result
    where
        result.connection_code = document.connection_code
        and result.pipeline_code = document.pipeline_code
        and result.document_id = document.document_id
    order by result.attempt desc
    limit 1
) as outcome on true
left join lateral (
    select
        claim.last_document_id,
        claim.attempt,
        claim.lease_until,
        claim.worker
    from outbox.claim
    where
        claim.connection_code = document.connection_code
        and claim.pipeline_code = document.pipeline_code
        and claim.first_document_id <= document.document_id
    order by claim.first_document_id desc
    limit 1
) as sending on true
where
    not document.is_archived
    or exists (
        select from outbox.archive_range
        where
            archive_range.dropped_at is not null
            and archive_range.first_document_id <= document.document_id
            and archive_range.end_document_id > document.document_id
    );
comment on view outbox.delivery is 'One row is one document with its state: pending, sending, sent, waiting, in_doubt, rejected, abandoned, held, discarded, superseded. Of documents whose partition was dropped there are the newest of each key, without payload.';
