select
    shipment_delivery.shipment_key,
    shipment_delivery.state,
    shipment_delivery.revision,
    shipment_delivery.is_changed_since,
    late_change.reason,
    late_change.run_id,
    late_change.field_name,
    late_change.delivered_value,
    late_change.present_value
from report.shipment_delivery
left join report.late_change
    on late_change.business_key = shipment_delivery.shipment_key
    and late_change.field_name is distinct from 'DispatchAddress'  -- masked for some, see report.late_change
order by 1, late_change.field_name collate "C"
