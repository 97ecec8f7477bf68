select
    shipment_delivery.shipment_key,
    shipment_delivery.shipment_state,
    shipment_delivery.state,
    shipment_delivery.revision,
    shipment_delivery.is_changed_since,
    shipment_delivery.reason,
    late_change.reason_code,
    late_change.field_name,
    late_change.delivered_value,
    late_change.present_value
from report.shipment_delivery
left join report.late_change on late_change.business_key = shipment_delivery.shipment_key
order by 1, late_change.field_name collate "C"
