select
    delivery.business_key,
    delivery.revision,
    delivery.written_by_run_id,
    delivery.state,
    delivery.message,
    delivery.target_document_no,
    delivery.payload::json -> 'Partner' as partner,
    delivery.payload::json -> 'Customer' as customer
from outbox.delivery
order by 1, 2
