-- What there is to know of one document: the record at its source and the page that brought it, each attempt and what
-- came of it, and how it differs from the revision that its target has.
--
-- grain:  document_source: pipeline, connection, dataset, record; document_attempt: document, attempt; document_change: document, field
-- reads:  ops.pipeline_source, wdt.stock, wdt.shop, wdt.stockout, jst.saleout, staging.page, outbox.document, outbox.result, outbox.archived, outbox.delivered_before
-- writes: nothing
-- rerun:  safe
--
-- record_key is the business key that the mapping gives a document of the record. landed_at is null once the page is
-- older than retention keeps pages. Of a document older than retention.outbox the last attempt is known, and of the
-- revision that the target had got from it only that it did: field_name is * then. Personal data is masked for those who have not the role pandian_private.
-- A query should name connection_code and pipeline_code, and the record_key or the document_id. A record is found by an
-- index where source_id is named beside its record_key: what stands before the @, or all of it where there is none.

create or replace view report.document_source as
with record as (
    select
        stock.connection_code,
        'wdt.stock' as dataset,
        stock.spec_id || '@' || stock.warehouse_id as record_key,
        stock.spec_id as source_id,
        stock.page_id,
        stock.place,
        stock.run_id
    from wdt.stock
    union all
    select
        shop.connection_code,
        'wdt.shop',
        shop.shop_id,
        shop.shop_id,
        shop.page_id,
        shop.place,
        shop.run_id
    from wdt.shop
    union all
    select
        stockout.connection_code,
        'wdt.stockout',
        stockout.stockout_id,
        stockout.stockout_id,
        stockout.page_id,
        stockout.place,
        stockout.run_id
    from wdt.stockout
    union all
    select
        saleout.connection_code,
        'jst.saleout',
        saleout.io_id,
        saleout.io_id,
        saleout.page_id,
        saleout.place,
        saleout.run_id
    from jst.saleout
)

select distinct
    pipeline_source.pipeline_code,
    record.connection_code,
    record.dataset,
    record.record_key,
    record.page_id,
    record.place,
    record.run_id,
    page.landed_at,
    page.dataset as reading,
    record.source_id
from ops.pipeline_source
inner join record
    on record.connection_code = pipeline_source.connection_code
    and record.dataset = array_to_string((string_to_array(pipeline_source.dataset, '.'))[1:2], '.')
left join lateral (
    select
        landed.landed_at,
        landed.dataset
    from staging.page as landed
    where
        landed.connection_code = record.connection_code
        and landed.page_id = record.page_id
    limit 1
) as page on true;
comment on view report.document_source is 'One row is one record at a source that documents of a pipeline are made of, and where in which page it came.';

create or replace view report.document_attempt as
select
    result.pipeline_code,
    result.connection_code,
    result.document_id,
    result.attempt,
    result.outcome,
    ops.shown_message(result.message, document.payload) as message,
    result.target_document_id,
    result.target_document_no,
    result.run_id,
    result.done_at
from outbox.result
inner join outbox.document
    on document.connection_code = result.connection_code
    and document.pipeline_code = result.pipeline_code
    and document.document_id = result.document_id
union all
select
    archived.pipeline_code,
    archived.connection_code,
    archived.document_id,
    archived.attempt_count,
    archived.state,
    archived.message,
    archived.target_document_id,
    archived.target_document_no,
    archived.sent_by_run_id,
    archived.done_at
from outbox.archived
where archived.done_at is not null;
comment on view report.document_attempt is 'One row is one attempt at one document, and what came of it.';

create or replace view report.document_change as
select
    document.pipeline_code,
    document.connection_code,
    document.document_id,
    delivered.delivered_document_id,
    difference.name as field_name,
    ops.shown_value(difference.name, difference.old_value) as delivered_value,
    ops.shown_value(difference.name, difference.new_value) as value
from outbox.document
cross join lateral (
    select earlier.delivered_document_id
    from outbox.delivered_before as earlier
    where
        earlier.connection_code = document.connection_code
        and earlier.pipeline_code = document.pipeline_code
        and earlier.document_id = document.document_id
    limit 1
) as delivered
left join lateral (
    select logged.payload
    from outbox.document as logged
    where
        logged.connection_code = document.connection_code
        and logged.pipeline_code = document.pipeline_code
        and logged.document_id = delivered.delivered_document_id
    limit 1
) as kept on true
cross join lateral (
    select
        field.name,
        field.old_value,
        field.new_value
    from ops.json_difference(kept.payload::json, document.payload::json) as field
    where kept.payload is not null
    union all
    select
        '*',
        'not kept any more',
        null
    where kept.payload is null
) as difference;
comment on view report.document_change is 'One row is one field in which a document differs from the newest earlier revision that its target got.';
