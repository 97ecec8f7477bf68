-- What a target had got of a business key before a document: the newest earlier revision that was sent.
--
-- grain:  connection, pipeline, document that has such a revision
-- reads:  outbox.document, outbox.result, outbox.archived
-- writes: nothing
-- rerun:  safe
--
-- Of a revision that is older than retention.outbox the archive knows; the document itself is gone.
--
-- The log has no index by business key. It is walked backwards from the document to the revision before it, past what
-- other keys got in between: a query must name connection_code, pipeline_code and document_id, and asks for one
-- document at a time, in a lateral subquery with limit 1.

create or replace view outbox.delivered_before as
select
    document.connection_code,
    document.pipeline_code,
    document.document_id,
    delivered.document_id as delivered_document_id
from outbox.document
cross join lateral (
    select candidate.document_id
    from (
        (
            select earlier.document_id
            from (
                select logged.document_id
                from outbox.document as logged
                where
                    logged.connection_code = document.connection_code
                    and logged.pipeline_code = document.pipeline_code
                    and logged.business_key = document.business_key
                    and logged.document_id < document.document_id
                order by logged.document_id desc  -- revisions grow with ids
                limit 1000000  -- keeps this a walk that ends with the first that was sent
            ) as earlier
            cross join lateral (
                select
                from outbox.result
                where
                    result.connection_code = document.connection_code
                    and result.pipeline_code = document.pipeline_code
                    and result.document_id = earlier.document_id
                    and result.outcome = 'sent'
                limit 1
            ) as answer
            order by earlier.document_id desc
            limit 1
        )
        union all
        (
            select archived.document_id
            from outbox.archived
            where
                archived.connection_code = document.connection_code
                and archived.pipeline_code = document.pipeline_code
                and archived.business_key = document.business_key
                and archived.document_id < document.document_id
                and archived.state = 'sent'
            order by archived.document_id desc
            limit 1
        )
    ) as candidate
    order by candidate.document_id desc
    limit 1
) as delivered
where document.revision > 1;
comment on view outbox.delivered_before is 'One row is a document and the newest earlier revision that its target got, which may be archived.';
