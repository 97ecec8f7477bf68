select shipment_no, shipment_key, state, is_changed_since, reason
from report.shipment_delivery
order by shipment_no, shipment_key::integer
