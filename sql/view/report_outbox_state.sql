-- How many documents of each outbox wait, and how many need a person.
--
-- grain:  pipeline, connection, state
-- reads:  outbox.pending, outbox.document, outbox.claim, outbox.retry, outbox.held_back, ops.pipeline
-- writes: nothing
-- rerun:  safe
--
-- Cheap however many documents are done or pending: only what is in somebody's hands or in trouble is read. state is
-- that of outbox.delivery, or held_back. A document that is in trouble before it was its turn counts as in trouble, and
-- so does one that a worker holds. sending is the width of the claims, of which part may be answered already.

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
        claim.pipeline_code,
        claim.connection_code,
        'sending' as state,
        sum(held.document_count)::bigint as document_count,
        min(held.oldest_at) as oldest_at
    from outbox.claim
    cross join lateral (
        select
            count(*) as document_count,
            min(taken.created_at) as oldest_at
        from (
            select document.created_at
            from outbox.document
            where
                document.connection_code = claim.connection_code
                and document.pipeline_code = claim.pipeline_code
                and document.document_id >= claim.first_document_id
                and document.document_id <= claim.last_document_id
            order by document.document_id
            limit 1000000  -- a walk along the key again
        ) as taken
    ) as held
    group by
        claim.pipeline_code,
        claim.connection_code
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
