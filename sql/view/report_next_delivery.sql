-- What the next load would do: documents that are not at their target yet, and how they differ from what is there.
--
-- grain:  pipeline, connection, document; next_delivery_change: and field
-- reads:  outbox.cursor, outbox.claim, outbox.retry, outbox.document, outbox.head, outbox.result, outbox.delivered_before
-- writes: nothing
-- rerun:  safe
--
-- action is create (the target has no revision of it), update (it has an older one) or look_up (an answer was not
-- heard: the target is asked first). What the target got longer ago than retention.outbox is not kept: delivered_payload
-- is null then, and the one change has field_name *. Only what is behind the cursor's end or in trouble is read, never what is done.
-- Personal data is masked for those who have not the role pandian_private; that it changed still shows.

create or replace view report.next_delivery as
with waiting as (
    select
        document.connection_code,
        document.pipeline_code,
        document.document_id,
        document.business_key,
        document.revision,
        document.payload,
        document.run_id,
        document.created_at
    from outbox.cursor as progress
    inner join outbox.document
        on document.connection_code = progress.connection_code
        and document.pipeline_code = progress.pipeline_code
        and document.document_id >= progress.next_document_id
    union
    select
        document.connection_code,
        document.pipeline_code,
        document.document_id,
        document.business_key,
        document.revision,
        document.payload,
        document.run_id,
        document.created_at
    from outbox.claim
    inner join outbox.document
        on document.connection_code = claim.connection_code
        and document.pipeline_code = claim.pipeline_code
        and document.document_id between claim.first_document_id and claim.last_document_id
    union
    select
        document.connection_code,
        document.pipeline_code,
        document.document_id,
        document.business_key,
        document.revision,
        document.payload,
        document.run_id,
        document.created_at
    from outbox.retry
    inner join outbox.document
        on document.connection_code = retry.connection_code
        and document.pipeline_code = retry.pipeline_code
        and document.document_id = retry.document_id
    where retry.state in ('waiting', 'in_doubt')
)

select
    waiting.pipeline_code,
    waiting.connection_code,
    waiting.document_id,
    waiting.business_key,
    waiting.revision,
    case
        when trouble.state = 'in_doubt' then 'look_up'
        when delivered.delivered_document_id is not null then 'update'
        else 'create'
    end as action,
    ops.shown_message(trouble.message, waiting.payload) as message,
    ops.shown_payload(waiting.payload) as payload,
    delivered.delivered_document_id,
    ops.shown_payload(kept.payload) as delivered_payload,
    waiting.run_id,
    waiting.created_at
from waiting
cross join lateral (
    select
    from outbox.head
    where
        head.connection_code = waiting.connection_code
        and head.pipeline_code = waiting.pipeline_code
        and head.business_key = waiting.business_key
        and head.document_id = waiting.document_id
    limit 1  -- one look-up per document, here and below, whatever the planner thinks of their number
) as newest
left join outbox.retry as trouble
    on trouble.connection_code = waiting.connection_code
    and trouble.pipeline_code = waiting.pipeline_code
    and trouble.document_id = waiting.document_id
left join lateral (
    select result.outcome
    from outbox.result
    where
        result.connection_code = waiting.connection_code
        and result.pipeline_code = waiting.pipeline_code
        and result.document_id = waiting.document_id
        and result.outcome in ('sent', 'superseded')
    limit 1
) as settled on true
left join lateral (
    select earlier.delivered_document_id
    from outbox.delivered_before as earlier
    where
        earlier.connection_code = waiting.connection_code
        and earlier.pipeline_code = waiting.pipeline_code
        and earlier.document_id = waiting.document_id
        and waiting.revision > 1
    limit 1
) as delivered on true
left join lateral (
    select document.payload
    from outbox.document
    where
        document.connection_code = waiting.connection_code
        and document.pipeline_code = waiting.pipeline_code
        and document.document_id = delivered.delivered_document_id
    limit 1
) as kept on true
where
    trouble.state is distinct from 'held'
    and trouble.state is distinct from 'discarded'
    and trouble.state is distinct from 'rejected'
    and trouble.state is distinct from 'abandoned'
    and settled.outcome is null;
comment on view report.next_delivery is 'One row is one document that the next load would create, update or look up at its target.';

create or replace view report.next_delivery_change as
select
    next_delivery.pipeline_code,
    next_delivery.connection_code,
    next_delivery.document_id,
    next_delivery.business_key,
    difference.name as field_name,
    ops.shown_value(difference.name, difference.old_value) as delivered_value,
    ops.shown_value(difference.name, difference.new_value) as next_value
from report.next_delivery
cross join lateral (
    select document.payload
    from outbox.document
    where
        document.connection_code = next_delivery.connection_code
        and document.pipeline_code = next_delivery.pipeline_code
        and document.document_id = next_delivery.document_id
    limit 1
) as next
left join lateral (
    select document.payload
    from outbox.document
    where
        document.connection_code = next_delivery.connection_code
        and document.pipeline_code = next_delivery.pipeline_code
        and document.document_id = next_delivery.delivered_document_id
    limit 1
) as delivered on true
cross join lateral (
    select
        field.name,
        field.old_value,
        field.new_value
    from ops.json_difference(delivered.payload::json, next.payload::json) as field
    where delivered.payload is not null
    union all
    select
        '*',
        'not kept any more',
        null
    where delivered.payload is null
) as difference
where next_delivery.delivered_document_id is not null;
comment on view report.next_delivery_change is 'One row is one field in which a document that is to be sent differs from the revision at the target.';
