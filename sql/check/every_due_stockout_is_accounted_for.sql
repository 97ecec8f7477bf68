-- Every stockout that was shipped has a document, or a reason for being held back.
--
-- pipeline: wdt-stockouts-to-tplus
-- severity: error
-- reads:    wdt.stockout, wdt.stockout_change, outbox.head, outbox.held_back
-- writes:   nothing
-- rerun:    safe
--
-- Only what changed in the runs that this run took is looked at.

select
    due.stockout_id as record_key,
    'is shipped, and has neither a document nor a reason for being held back' as message
from (
    select distinct
        stockout.connection_code,
        stockout.stockout_id
    from wdt.stockout_change as change
    inner join ops.input_run on input_run.run_id = change.run_id
    inner join wdt.stockout
        on stockout.connection_code = change.connection_code
        and stockout.stockout_id = change.stockout_id
    where
        stockout.connection_code = ops.param('source_connection')
        and coalesce(stockout.consign_time >= nullif(ops.param('shipped_since'), '')::timestamptz, true)
        and stockout.status = any(string_to_array(replace(ops.param('statuses'), ' ', ''), ','))
) as due
cross join (
    select run.pipeline_code
    from ops.run
    where run.run_id = ops.run_id()
) as this
left join outbox.head
    on head.connection_code = due.connection_code
    and head.pipeline_code = this.pipeline_code
    and head.business_key = due.stockout_id
left join outbox.held_back
    on held_back.connection_code = due.connection_code
    and held_back.pipeline_code = this.pipeline_code
    and held_back.business_key = due.stockout_id
where
    head.business_key is null
    and held_back.business_key is null
