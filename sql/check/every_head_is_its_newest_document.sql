-- Every head of the outbox names the newest document of its business key.
--
-- severity: error
-- reads:    outbox.head, outbox.document
-- writes:   nothing
-- rerun:    safe
--
-- Only the documents of this run are looked at: older ones were when they were made.

select
    document.business_key as record_key,
    'document ' || document.document_id || ' is not what outbox.head says' as message
from outbox.document
left join outbox.head
    on head.connection_code = document.connection_code
    and head.pipeline_code = document.pipeline_code
    and head.business_key = document.business_key
where
    document.connection_code = ops.param('source_connection')
    and document.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
    and document.run_id = ops.run_id()
    and (head.document_id is null or head.document_id < document.document_id)
