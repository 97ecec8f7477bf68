select delivery.business_key, delivery.revision, delivery.written_by_run_id as made_in, delivery.state, document.payload
from outbox.delivery
inner join outbox.document on document.document_id = delivery.document_id
order by 1, 2
