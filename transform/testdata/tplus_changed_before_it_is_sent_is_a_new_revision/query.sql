select
    document.business_key,
    document.revision,
    document.run_id,
    document.document_id = head.document_id as is_head,
    document.payload::json -> 'RDRecordDetails' -> 0 ->> 'BaseQuantity' as quantity,
    (select count(*) from outbox.late_change) as late_changes
from outbox.document
inner join outbox.head on head.business_key = document.business_key
order by 1, 2
