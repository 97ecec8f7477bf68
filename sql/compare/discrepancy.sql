-- Keeps the ledger of discrepancies: what is found is opened, what changes is noted, what agrees again is resolved.
--
-- pipeline: stock-compare
-- grain:    connection, pipeline, record_key, field
-- reads:    compare.stock_result, compare.stock_result_change, compare.basis, yonsuite.current_stock, yonsuite.current_stock_change, ref.ignore_rule
-- writes:   compare.discrepancy, compare.discrepancy_event
-- rerun:    safe; a discrepancy that did not change is left untouched
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/compare/discrepancy.sql
--
-- Rows that only the counterpart has are looked for when both_directions is on; a figure of 0 there is no difference.
-- An acknowledgement is of the figures that a person saw: when they change, the discrepancy is open again.

with setting as materialized (
    select
        run.pipeline_code,
        ops.param('source_connection') as connection_code,
        ops.param('counterpart_connection') as counterpart_connection,
        ops.param('counterpart_field') as field,
        ops.param('both_directions') = 'on' as is_both_directions
    from ops.run
    -- No basis, no valid comparison: compare/stock_result.sql has judged the two sides, and asking them again might
    -- get another answer, so that outcomes would be written which the ledger never hears of.
    inner join compare.basis
        on basis.connection_code = ops.param('source_connection')
        and basis.pipeline_code = run.pipeline_code
    where
        run.run_id = ops.run_id()
        -- nothing to do when nothing was compared anew
        and (
            ops.is_full()
            or exists (
                select
                from compare.stock_result_change
                inner join ops.input_run on input_run.run_id = stock_result_change.run_id
                where stock_result_change.pipeline_code = run.pipeline_code
            )
            or exists (
                select
                from yonsuite.current_stock_change
                inner join ops.input_run on input_run.run_id = current_stock_change.run_id
            )
            or exists (
                select from ops.input_run
                where input_run.run_id = basis.run_id
            )
        )
),

only_there as (
    select
        btrim(current_stock.warehouse_code) as warehouse_code,
        btrim(current_stock.productsku_code) as sku_code,
        case
            when count(figure.qty) = count(*) then sum(figure.qty)
        end as counterpart_qty
    from setting
    inner join yonsuite.current_stock on current_stock.connection_code = setting.counterpart_connection
    cross join lateral (
        select case setting.field
            when 'currentqty' then current_stock.currentqty
            when 'availableqty' then current_stock.availableqty
            when 'planavailableqty' then current_stock.planavailableqty
            when 'innoticeqty' then current_stock.innoticeqty
            when 'preretailqty' then current_stock.preretailqty
        end
    ) as figure (qty)
    where
        setting.is_both_directions
        and btrim(current_stock.warehouse_code) <> ''
        and btrim(current_stock.productsku_code) <> ''
    group by
        btrim(current_stock.warehouse_code),
        btrim(current_stock.productsku_code)
),

found as (
    select
        stock_result.spec_id || '@' || stock_result.warehouse_id as record_key,
        setting.field,
        stock_result.outcome as kind,
        stock_result.warehouse_code,
        stock_result.sku_code,
        stock_result.source_qty,
        stock_result.counterpart_qty,
        case stock_result.outcome
            when 'different' then stock_result.source_qty - stock_result.counterpart_qty
            when 'missing_there' then stock_result.source_qty
        end as delta_qty
    from setting
    inner join compare.stock_result
        on stock_result.connection_code = setting.connection_code
        and stock_result.pipeline_code = setting.pipeline_code
    where stock_result.outcome in ('different', 'missing_there', 'not_comparable')
    union all
    select
        -- the first / parts the codes, whatever stands in them
        'counterpart:' || replace(replace(only_there.warehouse_code, '%', '%25'), '/', '%2F') || '/' || only_there.sku_code,
        setting.field,
        'missing_here',
        only_there.warehouse_code,
        only_there.sku_code,
        null,
        only_there.counterpart_qty,
        -only_there.counterpart_qty
    from only_there
    cross join setting
    where
        only_there.counterpart_qty is distinct from 0
        and not exists (
            select from compare.stock_result
            where
                stock_result.connection_code = setting.connection_code
                and stock_result.pipeline_code = setting.pipeline_code
                and stock_result.warehouse_code = only_there.warehouse_code
                and stock_result.sku_code = only_there.sku_code
        )
        and not exists (
            select from ref.ignore_rule
            where
                ignore_rule.pipeline_code = setting.pipeline_code
                and (ignore_rule.expires_at is null or ignore_rule.expires_at > now())
                and (ignore_rule.warehouse_code is null or btrim(ignore_rule.warehouse_code) = only_there.warehouse_code)
                and (ignore_rule.sku_code is null or btrim(ignore_rule.sku_code) = only_there.sku_code)
        )
),

-- Those of a field that is compared no more are among them, and are resolved.
known as (
    select
        discrepancy.connection_code,
        discrepancy.pipeline_code,
        discrepancy.record_key,
        discrepancy.field,
        discrepancy.kind,
        discrepancy.state,
        discrepancy.warehouse_code,
        discrepancy.sku_code,
        discrepancy.source_qty,
        discrepancy.counterpart_qty
    from setting
    inner join compare.discrepancy
        on discrepancy.connection_code = setting.connection_code
        and discrepancy.pipeline_code = setting.pipeline_code
),

action as materialized (
    select
        case
            when known.record_key is null then 'opened'
            when found.record_key is null then 'resolved'
            when known.state = 'resolved' then 'reopened'
            else 'changed'
        end as event,
        coalesce(found.record_key, known.record_key) as record_key,
        coalesce(found.field, known.field) as field,
        coalesce(found.kind, known.kind) as kind,
        -- a row can lose its code, so coalesce would bring an old one back
        case when found.record_key is null then known.warehouse_code else found.warehouse_code end as warehouse_code,
        case when found.record_key is null then known.sku_code else found.sku_code end as sku_code,
        -- the figures that agree now, for what is resolved
        case when found.record_key is null then agreed.source_qty else found.source_qty end as source_qty,
        case when found.record_key is null then agreed.counterpart_qty else found.counterpart_qty end as counterpart_qty,
        case
            when found.record_key is null then agreed.source_qty - agreed.counterpart_qty
            else found.delta_qty
        end as delta_qty
    from found
    full join known
        on known.record_key = found.record_key
        and known.field = found.field
    left join setting on setting.field = known.field
    left join compare.stock_result as agreed
        on agreed.connection_code = setting.connection_code
        and agreed.pipeline_code = known.pipeline_code
        and agreed.spec_id = split_part(known.record_key, '@', 1)
        and agreed.warehouse_id = split_part(known.record_key, '@', 2)
        and found.record_key is null
    where
        known.record_key is null
        or (found.record_key is null and known.state <> 'resolved')
        or (found.record_key is not null and known.state = 'resolved')
        or (
            found.record_key is not null
            and (known.kind, known.warehouse_code, known.sku_code, known.source_qty, known.counterpart_qty)
                is distinct from (found.kind, found.warehouse_code, found.sku_code, found.source_qty, found.counterpart_qty)
        )
),

opened as (
    insert into compare.discrepancy (
        connection_code,
        pipeline_code,
        record_key,
        field,
        kind,
        warehouse_code,
        sku_code,
        source_qty,
        counterpart_qty,
        delta_qty,
        first_seen_at,
        first_seen_run_id,
        changed_at,
        changed_run_id
    )
    select
        setting.connection_code,
        setting.pipeline_code,
        action.record_key,
        action.field,
        action.kind,
        action.warehouse_code,
        action.sku_code,
        action.source_qty,
        action.counterpart_qty,
        action.delta_qty,
        now(),
        ops.run_id(),
        now(),
        ops.run_id()
    from action
    cross join setting
    where action.event = 'opened'
),

updated as (
    update compare.discrepancy
    set
        kind = action.kind,
        state = case when action.event = 'resolved' then 'resolved' else 'open' end,
        warehouse_code = action.warehouse_code,
        sku_code = action.sku_code,
        source_qty = action.source_qty,
        counterpart_qty = action.counterpart_qty,
        delta_qty = action.delta_qty,
        changed_at = now(),
        changed_run_id = ops.run_id(),
        resolved_at = case when action.event = 'resolved' then now() end,
        resolved_run_id = case when action.event = 'resolved' then ops.run_id() end,
        reopened_count = discrepancy.reopened_count + (action.event = 'reopened')::integer
    from action
    cross join setting
    where
        action.event <> 'opened'
        and discrepancy.connection_code = setting.connection_code
        and discrepancy.pipeline_code = setting.pipeline_code
        and discrepancy.record_key = action.record_key
        and discrepancy.field = action.field
),

noted as (
    insert into compare.discrepancy_event (
        connection_code,
        pipeline_code,
        record_key,
        field,
        event,
        kind,
        source_qty,
        counterpart_qty,
        delta_qty,
        run_id,
        happened_at
    )
    select
        setting.connection_code,
        setting.pipeline_code,
        action.record_key,
        action.field,
        action.event,
        action.kind,
        action.source_qty,
        action.counterpart_qty,
        action.delta_qty,
        ops.run_id(),
        now()
    from action
    cross join setting
)

select
    ops.count_up('compare.discrepancy', 'opened', count(*) filter (where action.event = 'opened')),
    ops.count_up('compare.discrepancy', 'changed', count(*) filter (where action.event = 'changed')),
    ops.count_up('compare.discrepancy', 'resolved', count(*) filter (where action.event = 'resolved')),
    ops.count_up('compare.discrepancy', 'reopened', count(*) filter (where action.event = 'reopened'))
from action;

select
    ops.count_up('compare.discrepancy', 'missing_here', count(*) filter (where discrepancy.kind = 'missing_here')),
    ops.count_up('compare.discrepancy', 'unresolved', count(*))
from ops.run
inner join compare.discrepancy
    on discrepancy.connection_code = ops.param('source_connection')
    and discrepancy.pipeline_code = run.pipeline_code
where
    run.run_id = ops.run_id()
    and discrepancy.state <> 'resolved';
