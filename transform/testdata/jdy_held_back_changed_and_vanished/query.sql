select
    delivery.business_key::integer as shop,
    delivery.revision,
    delivery.written_by_run_id as made_in,
    delivery.state,
    delivery.message,
    document.payload::json ->> 'name' as name,
    shop_delivery.state as state_of_shop,
    coalesce(late_change.reason, shop_delivery.reason) as reason
from outbox.delivery
inner join outbox.document on document.document_id = delivery.document_id
left join report.shop_delivery on shop_delivery.shop_id = delivery.business_key and shop_delivery.document_id = delivery.document_id
left join report.late_change on late_change.document_id = delivery.document_id
union all
select held_back.business_key::integer, null, null, 'held_back', null, null, shop_delivery.state, held_back.reason
from report.held_back
left join report.shop_delivery on shop_delivery.shop_id = held_back.business_key
order by 1, 2
