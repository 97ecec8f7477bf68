-- Every sale-out that was shipped has a document, or a reason for being held back.
--
-- pipeline: jst-saleouts-to-k3cloud
-- severity: error
-- reads:    jst.saleout, jst.saleout_change, outbox.head, outbox.held_back
-- writes:   nothing
-- rerun:    safe
--
-- Only what changed in the runs that this run took is looked at.

select
    due.io_id as record_key,
    'is shipped, and has neither a document nor a reason for being held back' as message
from (
    select distinct
        saleout.connection_code,
        saleout.io_id
    from jst.saleout_change as change
    inner join ops.input_run on input_run.run_id = change.run_id
    inner join jst.saleout
        on saleout.connection_code = change.connection_code
        and saleout.io_id = change.io_id
    where
        saleout.connection_code = ops.param('source_connection')
        and coalesce(saleout.io_date >= nullif(ops.param('shipped_since'), '')::timestamptz, true)
        and saleout.status = any(string_to_array(replace(ops.param('statuses'), ' ', ''), ','))
) as due
cross join (
    select run.pipeline_code
    from ops.run
    where run.run_id = ops.run_id()
) as this
left join outbox.head
    on head.connection_code = due.connection_code
    and head.pipeline_code = this.pipeline_code
    and head.business_key = due.io_id
left join outbox.held_back
    on held_back.connection_code = due.connection_code
    and held_back.pipeline_code = this.pipeline_code
    and held_back.business_key = due.io_id
where
    head.business_key is null
    and held_back.business_key is null
