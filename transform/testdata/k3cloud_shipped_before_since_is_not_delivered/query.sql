select
    shipment_key,
    state,
    reason
from report.shipment_delivery
order by 1
