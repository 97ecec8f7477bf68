select
    document.business_key,
    document.revision,
    document.run_id,
    document.document_id = head.document_id as is_head,
    document.payload::json ->> 'state' as state,
    document.payload::json -> 'comparison_field' as comparison_field,
    document.payload::json -> 'primaryWriteback' as writeback
from outbox.document
inner join outbox.head on head.business_key = document.business_key
order by 1, 2
