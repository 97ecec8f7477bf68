select
    delivery.business_key::integer as shop,
    delivery.revision,
    delivery.written_by_run_id as made_in,
    delivery.state,
    document.payload::json ->> 'number' as number,
    document.payload::json ->> 'name' as name,
    null as reason
from outbox.delivery
inner join outbox.document on document.document_id = delivery.document_id
union all
select held_back.business_key::integer, null, held_back.run_id, 'held_back', null, null, held_back.reason
from report.held_back
union all
select late_change.business_key::integer, null, late_change.run_id, 'late change', null, null, late_change.reason
from report.late_change
order by 1, 2 nulls last
