-- How many documents of each outbox wait, and how many need a person.
--
-- grain:  pipeline, connection, state
-- reads:  outbox.pending, outbox.claimed, outbox.document, outbox.retry, outbox.held_back, ops.pipeline
-- writes: nothing
-- rerun:  safe
--
-- Cheap however many documents are done or pending: only what is in somebody's hands or in trouble is read. state is
-- that of outbox.delivery, or held_back. A document that is in trouble before it was its turn counts as in trouble, and
-- so does one that a worker holds. sending is what workers have taken and not answered, were they killed meanwhile or not.

create or replace view report.outbox_state as
with backlog as (
    select
        pending.pipeline_code,
        pending.connection_code,
        'pending' as state,
        pending.document_count,
        pending.oldest_at
    from outbox.pending
    union all
    select
        claimed.pipeline_code,
        claimed.connection_code,
        'sending' as state,
        claimed.sending_count + claimed.left_count + claimed.given_back_count as document_count,
        claimed.oldest_at
    from outbox.claimed
    union all
    select
        retry.pipeline_code,
        retry.connection_code,
        retry.state,
        count(*) as document_count,
        min(troubled.created_at) as oldest_at
    from outbox.retry
    cross join lateral (
        select document.created_at
        from outbox.document
        where
            document.connection_code = retry.connection_code
            and document.pipeline_code = retry.pipeline_code
            and document.document_id = retry.document_id
        limit 1  -- one look-up per document: a join would read the log once many are in trouble
    ) as troubled
    where retry.state <> 'discarded'
    group by
        retry.pipeline_code,
        retry.connection_code,
        retry.state
    union all
    select
        held_back.pipeline_code,
        held_back.connection_code,
        'held_back' as state,
        count(*) as document_count,
        min(held_back.held_since) as oldest_at
    from outbox.held_back
    group by
        held_back.pipeline_code,
        held_back.connection_code
)

select
    backlog.pipeline_code,
    backlog.connection_code,
    pipeline.target_connection_code,
    backlog.state,
    backlog.document_count,
    backlog.oldest_at
from backlog
inner join ops.pipeline on pipeline.pipeline_code = backlog.pipeline_code
where backlog.document_count > 0;
comment on view report.outbox_state is 'One row is one state that documents of an outbox are in and are not done: how many, and since when the oldest.';
