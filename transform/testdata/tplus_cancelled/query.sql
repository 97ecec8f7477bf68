select
    shipment_delivery.shipment_key::integer as shipment_key,
    shipment_delivery.shipment_state,
    shipment_delivery.state,
    delivery.state as state_of_document,
    delivery.decided_by,
    shipment_delivery.revision,
    shipment_delivery.is_changed_since,
    shipment_delivery.reason
from report.shipment_delivery
left join outbox.head on head.business_key = shipment_delivery.shipment_key
left join outbox.delivery on delivery.document_id = head.document_id
order by 1
