select
    shipment_delivery.shipment_key::integer as shipment_key,
    shipment_delivery.state,
    shipment_delivery.reason,
    held_back.reason_code,
    shipment_delivery.written_by_run_id as made_in
from report.shipment_delivery
left join report.held_back on held_back.business_key = shipment_delivery.shipment_key
order by 1
