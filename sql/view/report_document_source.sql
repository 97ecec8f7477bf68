-- Where a document came from: the record at its source, and the page that brought the record.
--
-- grain:  pipeline, connection, dataset, record
-- reads:  ops.pipeline_source, wdt.stock, wdt.shop, wdt.stockout, jst.saleout, staging.page
-- writes: nothing
-- rerun:  safe
--
-- record_key is the business key that the mapping gives a document of the record. landed_at is null once the page is
-- older than retention keeps pages. The record itself is personal and stays in staging.

create or replace view report.document_source as
with record as (
    select
        stock.connection_code,
        'wdt.stock' as dataset,
        stock.spec_id || '@' || stock.warehouse_id as record_key,
        stock.page_id,
        stock.place,
        stock.run_id
    from wdt.stock
    union all
    select
        shop.connection_code,
        'wdt.shop',
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
        stockout.page_id,
        stockout.place,
        stockout.run_id
    from wdt.stockout
    union all
    select
        saleout.connection_code,
        'jst.saleout',
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
    page.dataset as reading
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
comment on view report.document_source is 'One row is one record at a source that documents of a pipeline are made of, and where in which page it came. A query should name connection_code, pipeline_code and record_key.';
