select
    shipment_delivery.shipment_key::integer as shipment_key,
    shipment_delivery.shipment_no,
    shipment_delivery.state,
    shipment_delivery.reason,
    held_back.reason_code,
    shipment_delivery.written_by_run_id as made_in,
    held_back.run_id as held_since_run
from report.shipment_delivery
left join report.held_back on held_back.business_key = shipment_delivery.shipment_key
order by 1
