select
    shipment_delivery.shipment_key,
    shipment_delivery.state,
    shipment_delivery.revision,
    delivery.is_archived,
    delivery.decided_by,
    delivery.payload is null as is_without_payload,
    shipment_delivery.target_document_no,
    shipment_delivery.is_changed_since,
    late_change.reason,
    late_change.field_name,
    next_delivery.action,
    attempt.outcome as attempt
from report.shipment_delivery
left join outbox.delivery on delivery.document_id = shipment_delivery.document_id
left join report.late_change on late_change.business_key = shipment_delivery.shipment_key
left join report.next_delivery on next_delivery.document_id = shipment_delivery.document_id
left join report.document_attempt as attempt on attempt.document_id = shipment_delivery.document_id
order by 1
