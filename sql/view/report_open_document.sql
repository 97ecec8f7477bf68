-- The documents of every outbox that are not done: what the next load does, what somebody is sending, and what waits
-- for a person.
--
-- grain:  connection, pipeline, document
-- reads:  outbox.cursor, outbox.claim, outbox.retry, outbox.document, outbox.delivery, outbox.head
-- writes: nothing
-- rerun:  safe
--
-- state is that of outbox.delivery, but for left: its worker was killed or cut off while it sent the document, and the
-- next load takes it over. Nothing is read of what is done, however much that is. is_overtaken says that a newer
-- revision exists, so that this one will not be sent any more.

create or replace view report.open_document as
with unsettled as (
    select
        progress.connection_code,
        progress.pipeline_code,
        unclaimed.document_id
    from outbox.cursor as progress
    cross join lateral (
        select document.document_id
        from outbox.document
        where
            document.connection_code = progress.connection_code
            and document.pipeline_code = progress.pipeline_code
            and document.document_id >= progress.next_document_id
        order by document.document_id
        limit 1000000000  -- keeps this a walk along the key from the cursor on
    ) as unclaimed
    union
    select
        claim.connection_code,
        claim.pipeline_code,
        claimed.document_id
    from outbox.claim
    cross join lateral (
        select document.document_id
        from outbox.document
        where
            document.connection_code = claim.connection_code
            and document.pipeline_code = claim.pipeline_code
            and document.document_id >= claim.first_document_id
            and document.document_id <= claim.last_document_id
        order by document.document_id
        limit 1000000  -- a walk along the key again
    ) as claimed
    union
    select
        retry.connection_code,
        retry.pipeline_code,
        retry.document_id
    from outbox.retry
)

select
    unsettled.pipeline_code,
    unsettled.connection_code,
    unsettled.document_id,
    delivery.business_key,
    delivery.revision,
    case
        when delivery.state = 'sending' and delivery.lease_until <= clock_timestamp() then 'left'
        else delivery.state
    end as state,
    delivery.attempt_count,
    delivery.message,
    delivery.decided_by,
    delivery.next_attempt_at,
    delivery.worker,
    delivery.lease_until,
    delivery.is_doubtful,
    newest.revision is not null as is_overtaken,
    delivery.created_at,
    now() - delivery.created_at as age,
    delivery.written_by_run_id
from unsettled
cross join lateral (
    select
        delivery.business_key,
        delivery.revision,
        delivery.state,
        delivery.attempt_count,
        delivery.message,
        delivery.decided_by,
        delivery.next_attempt_at,
        delivery.worker,
        delivery.lease_until,
        delivery.is_doubtful,
        delivery.created_at,
        delivery.written_by_run_id
    from outbox.delivery
    where
        delivery.connection_code = unsettled.connection_code
        and delivery.pipeline_code = unsettled.pipeline_code
        and delivery.document_id = unsettled.document_id
    limit 1  -- one look-up per document, whatever the planner thinks of their number
) as delivery
left join lateral (
    select head.revision
    from outbox.head
    where
        head.connection_code = unsettled.connection_code
        and head.pipeline_code = unsettled.pipeline_code
        and head.business_key = delivery.business_key
        and head.revision > delivery.revision
    limit 1
) as newest on true
where delivery.state not in ('sent', 'superseded');
comment on view report.open_document is 'One row is one document that is not at its target and not superseded, with its state, who has it, and why it is there.';
