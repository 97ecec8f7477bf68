select
    delivery.business_key,
    delivery.revision,
    delivery.written_by_run_id,
    delivery.state,
    delivery.message,
    delivery.target_document_no,
    document.payload::json -> 'Partner' as partner,
    document.payload::json -> 'Customer' as customer
from outbox.delivery
inner join outbox.document on document.document_id = delivery.document_id
order by 1, 2
