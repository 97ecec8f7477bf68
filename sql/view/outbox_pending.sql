-- How many documents of each outbox no load has taken yet, and since when the oldest of them waits.
--
-- grain:  connection, pipeline
-- reads:  outbox.cursor, outbox.tail, outbox.retry, outbox.document
-- writes: nothing
-- rerun:  safe
--
-- Nothing is counted that is pending, however much it is: what was written, less what the cursor has passed, less what
-- stands in outbox.retry before it was its turn (a person put it there, or a mapping made a newer revision). Each of
-- these three changes in the transaction that changes the documents, so the difference is exact in every snapshot.
-- Documents are in order of writing, so the oldest is the first of them. The query OutboxDocumentBacklog says the same
-- for one outbox.

create or replace view outbox.pending as
select
    progress.connection_code,
    progress.pipeline_code,
    ahead.document_count,
    oldest.created_at as oldest_at
from outbox.cursor as progress
left join outbox.tail
    on tail.connection_code = progress.connection_code
    and tail.pipeline_code = progress.pipeline_code
cross join lateral (
    select count(*) as document_count
    from outbox.retry
    where
        retry.connection_code = progress.connection_code
        and retry.pipeline_code = progress.pipeline_code
        and retry.document_id >= progress.next_document_id
) as parked
cross join lateral (
    select coalesce(tail.written_count, 0) - progress.passed_count - parked.document_count as document_count
) as ahead
left join lateral (
    select early.created_at
    from (
        select
            document.document_id,
            document.created_at
        from outbox.document
        where
            document.connection_code = progress.connection_code
            and document.pipeline_code = progress.pipeline_code
            and document.document_id >= progress.next_document_id
            and ahead.document_count > 0  -- or an old snapshot goes through all that was written since, to find none
        order by document.document_id
        limit parked.document_count + 1  -- one more than are in trouble, so one of them is not
    ) as early
    left join lateral (
        select retry.document_id
        from outbox.retry
        where
            retry.connection_code = progress.connection_code
            and retry.pipeline_code = progress.pipeline_code
            and retry.document_id = early.document_id
        limit 1
    ) as in_trouble on true
    where in_trouble.document_id is null
    order by early.document_id
    limit 1
) as oldest on true;
comment on view outbox.pending is 'One row is one outbox: how many of its documents no load has taken yet, those in trouble not counted, and when the oldest of them was written. Cheap however many they are.';
