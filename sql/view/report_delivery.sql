-- What became of each source document at the finance system: delivered, held back, too late, or not due.
--
-- grain:  shipment_delivery: pipeline, shipment; shop_delivery: pipeline, shop; held_back, late_change: document
-- reads:  core.shipment, ops.pipeline_source, wdt.shop, outbox.document, outbox.head, outbox.delivery, outbox.held_back, outbox.late_change
-- writes: nothing
-- rerun:  safe
--
-- state is that of outbox.delivery, or held_back (something is missing, see reason), or not_due (not shipped, or
-- cancelled before it was delivered). is_changed_since says that the source changed after a delivery that the target
-- cannot take back; a person must carry that over. What went out longer ago than retention.outbox is not kept: such a
-- change has no fields, and its reason says so. Personal data is masked for those who have not the role
-- pandian_private.

create or replace view report.shipment_delivery as
select
    shipment.platform,
    shipment.connection_code,
    pipeline_source.pipeline_code,
    shipment.shipment_key,
    shipment.shipment_no,
    shipment.order_no,
    shipment.shop_code,
    shipment.state as shipment_state,
    shipment.shipped_at,
    case
        when held_back.business_key is not null then 'held_back'
        when delivery.state = 'discarded' and delivery.decided_by = 'pandian' then 'not_due'
        else coalesce(delivery.state, 'not_due')
    end as state,
    coalesce(held_back.reason, late_change.reason, delivery.message) as reason,
    late_change.business_key is not null as is_changed_since,
    delivery.target_document_id,
    delivery.target_document_no,
    delivery.revision,
    delivery.document_id,
    delivery.attempt_count,
    delivery.done_at as delivered_at,
    delivery.written_by_run_id,
    delivery.sent_by_run_id
from core.shipment
inner join ops.pipeline_source
    on pipeline_source.connection_code = shipment.connection_code
    and pipeline_source.dataset = shipment.dataset
left join outbox.head
    on head.connection_code = shipment.connection_code
    and head.pipeline_code = pipeline_source.pipeline_code
    and head.business_key = shipment.shipment_key
left join lateral (
    select
        found.state,
        found.decided_by,
        found.message,
        found.target_document_id,
        found.target_document_no,
        found.revision,
        found.document_id,
        found.attempt_count,
        found.done_at,
        found.written_by_run_id,
        found.sent_by_run_id
    from outbox.delivery as found
    where
        found.connection_code = head.connection_code
        and found.pipeline_code = head.pipeline_code
        and found.document_id = head.document_id
    limit 1  -- one look-up per document
) as delivery on true
left join outbox.held_back
    on held_back.connection_code = shipment.connection_code
    and held_back.pipeline_code = pipeline_source.pipeline_code
    and held_back.business_key = shipment.shipment_key
left join outbox.late_change
    on late_change.connection_code = shipment.connection_code
    and late_change.pipeline_code = pipeline_source.pipeline_code
    and late_change.business_key = shipment.shipment_key;
comment on view report.shipment_delivery is 'One row is one shipment and what became of it in one pipeline: its state, the target''s id and number for it, the run and the attempts.';

create or replace view report.shop_delivery as
select
    shop.connection_code,
    pipeline_source.pipeline_code,
    shop.shop_id,
    shop.shop_no,
    shop.shop_name,
    shop.is_disabled = '1' as is_disabled,
    case
        when held_back.business_key is not null then 'held_back'
        when delivery.state = 'discarded' and delivery.decided_by = 'pandian' then 'not_due'
        else coalesce(delivery.state, 'not_due')
    end as state,
    coalesce(held_back.reason, late_change.reason, delivery.message) as reason,
    delivery.target_document_id,
    delivery.target_document_no,
    delivery.revision,
    delivery.document_id,
    delivery.attempt_count,
    delivery.done_at as delivered_at,
    delivery.written_by_run_id,
    delivery.sent_by_run_id
from wdt.shop
inner join ops.pipeline_source
    on pipeline_source.connection_code = shop.connection_code
    and pipeline_source.dataset = 'wdt.shop'
left join outbox.head
    on head.connection_code = shop.connection_code
    and head.pipeline_code = pipeline_source.pipeline_code
    and head.business_key = shop.shop_id
left join lateral (
    select
        found.state,
        found.decided_by,
        found.message,
        found.target_document_id,
        found.target_document_no,
        found.revision,
        found.document_id,
        found.attempt_count,
        found.done_at,
        found.written_by_run_id,
        found.sent_by_run_id
    from outbox.delivery as found
    where
        found.connection_code = head.connection_code
        and found.pipeline_code = head.pipeline_code
        and found.document_id = head.document_id
    limit 1  -- one look-up per document
) as delivery on true
left join outbox.held_back
    on held_back.connection_code = shop.connection_code
    and held_back.pipeline_code = pipeline_source.pipeline_code
    and held_back.business_key = shop.shop_id
left join outbox.late_change
    on late_change.connection_code = shop.connection_code
    and late_change.pipeline_code = pipeline_source.pipeline_code
    and late_change.business_key = shop.shop_id;
comment on view report.shop_delivery is 'One row is one shop of 旺店通 and what became of it as a 商品 of one pipeline. The shop''s credentials are not in it.';

create or replace view report.held_back as
select
    held_back.pipeline_code,
    held_back.connection_code,
    held_back.business_key,
    split_part(held_back.reason, ':', 1) as reason_code,
    held_back.reason,
    held_back.held_since,
    now() - held_back.held_since as age,
    held_back.run_id
from outbox.held_back;
comment on view report.held_back is 'One row is a document that is not sent because something is missing. reason says what, and what to do.';

create or replace view report.late_change as
select
    late_change.pipeline_code,
    late_change.connection_code,
    late_change.business_key,
    split_part(late_change.reason, ':', 1) as reason_code,
    case
        when document.document_id is null
            then late_change.reason || ' (what went out is not kept any more: look at the target)'
        else late_change.reason
    end as reason,
    late_change.document_id,
    late_change.noticed_at,
    late_change.run_id,
    field.name as field_name,
    ops.shown_value(field.name, field.delivered_value) as delivered_value,
    ops.shown_value(field.name, field.present_value) as present_value
from outbox.late_change
left join outbox.document
    on document.connection_code = late_change.connection_code
    and document.pipeline_code = late_change.pipeline_code
    and document.document_id = late_change.document_id
left join lateral (
    select
        difference.name,
        difference.old_value as delivered_value,
        difference.new_value as present_value
    from ops.json_difference(document.payload::json, late_change.payload::json) as difference
    where
        late_change.payload is not null
        and document.payload is not null
) as field on true;
comment on view report.late_change is 'One row is one field that changed at the source after its document was delivered to a target that takes no changes; without a field the document is not to be delivered any more, or what was delivered is not kept any more, as its reason says.';
