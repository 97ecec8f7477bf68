select
    shop_delivery.shop_id,
    shop_delivery.state,
    shop_delivery.revision,
    next_delivery.action,
    next_delivery.delivered_payload,
    change.field_name,
    change.delivered_value,
    change.next_value,
    document_change.field_name as field_of_document
from report.shop_delivery
left join report.next_delivery on next_delivery.document_id = shop_delivery.document_id
left join report.next_delivery_change as change on change.document_id = shop_delivery.document_id
left join report.document_change on document_change.document_id = shop_delivery.document_id
order by 1
