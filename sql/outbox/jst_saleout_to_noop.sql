-- Sale-outs of 聚水潭 for 写入空操作 (no-op): they are landed, typed and kept; the document finishes without a call.
--
-- pipeline: jst-orders
-- grain:    connection, pipeline, business key (io_id), revision
-- reads:    jst.saleout, jst.saleout_item, jst.saleout_change
-- writes:   outbox.document, outbox.head, outbox.held_back, outbox.late_change, outbox.retry
-- rerun:    safe; a payload equal to the newest revision makes no document
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/outbox/jst_saleout_to_noop.sql
--
-- Parameter statuses lists the states of which a document is made (the published scheme reads Confirmed 已出库);
-- blank means every state. All states are landed and typed either way.

select outbox.open_proposals();

insert into proposal (business_key, payload, withdrawn_because)
with setting as materialized (
    -- once, not once a row
    select
        run.pipeline_code,
        ops.param('source_connection') as source_connection,
        string_to_array(nullif(replace(ops.param('statuses'), ' ', ''), ''), ',') as statuses
    from ops.run
    where run.run_id = ops.run_id()
),

asked as materialized (
    select saleout_change.io_id
    from setting
    inner join jst.saleout_change on saleout_change.connection_code = setting.source_connection
    inner join ops.input_run on input_run.run_id = saleout_change.run_id
    union
    select keys_to_look_at
    from outbox.keys_to_look_at()
    union
    select saleout.io_id
    from setting
    inner join jst.saleout on saleout.connection_code = setting.source_connection
    where ops.is_full()
),

kept as (
    select
        saleout.io_id,
        -- what was kept once is kept up to date, whatever becomes of it
        coalesce(saleout.status = any(setting.statuses), setting.statuses is null) or exists (
            select from outbox.head
            where
                head.connection_code = saleout.connection_code
                and head.pipeline_code = setting.pipeline_code
                and head.business_key = saleout.io_id
        ) as is_due,
        saleout.status,
        json_build_object(
            'io_id', saleout.io_id,
            'o_id', saleout.o_id,
            'so_id', saleout.so_id,
            'shop_id', saleout.shop_id,
            'status', saleout.status,
            'modified', to_char(saleout.modified at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'),
            'pay_amount', trim_scale(saleout.pay_amount)::text,
            'item_count', (
                select count(*)
                from jst.saleout_item
                where
                    saleout_item.connection_code = saleout.connection_code
                    and saleout_item.io_id = saleout.io_id
            )
        )::text as payload
    from setting
    cross join asked
    inner join jst.saleout
        on saleout.connection_code = setting.source_connection
        and saleout.io_id = asked.io_id
)

select
    kept.io_id,
    case when kept.is_due then kept.payload end,
    case when not kept.is_due then 'not asked for: its status is ' || coalesce(kept.status, 'unknown') end
from kept;

select outbox.take_proposals(true);
