-- Every shop has a document, or a reason for being held back.
--
-- pipeline: wdt-shops-to-jdy
-- severity: error
-- reads:    wdt.shop, wdt.shop_change, outbox.head, outbox.held_back
-- writes:   nothing
-- rerun:    safe
--
-- Only what changed in the runs that this run took is looked at.

select
    due.shop_id as record_key,
    'has neither a document nor a reason for being held back' as message
from (
    select distinct
        shop.connection_code,
        shop.shop_id
    from wdt.shop_change as change
    inner join ops.input_run on input_run.run_id = change.run_id
    inner join wdt.shop
        on shop.connection_code = change.connection_code
        and shop.shop_id = change.shop_id
    where shop.connection_code = ops.param('source_connection')
) as due
cross join (
    select run.pipeline_code
    from ops.run
    where run.run_id = ops.run_id()
) as this
left join outbox.head
    on head.connection_code = due.connection_code
    and head.pipeline_code = this.pipeline_code
    and head.business_key = due.shop_id
left join outbox.held_back
    on held_back.connection_code = due.connection_code
    and held_back.pipeline_code = this.pipeline_code
    and held_back.business_key = due.shop_id
where
    head.business_key is null
    and held_back.business_key is null
