-- Compares the stock of 旺店通 with that of 用友 YonSuite, as CompareData (对比数据操作方法) does: for each source row,
-- find the counterpart by warehouse and SKU and ask whether "currentqty operator stock_num" holds.
--
-- pipeline: stock-compare
-- grain:    connection, pipeline, spec_id, warehouse_id
-- reads:    wdt.stock, wdt.stock_change, yonsuite.current_stock, yonsuite.current_stock_change, ref.warehouse_map, ref.sku_map, ref.ignore_rule
-- writes:   compare.stock_result, compare.stock_result_change, compare.basis
-- rerun:    safe; an unchanged outcome is left untouched
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/compare/stock_result.sql
--
-- Only source rows that a change can have touched are compared: those that changed, those that share an index
-- with them, and those whose counterpart changed. When parameters, maps or rules changed, every row is.
-- The parameters are explained in sql/view/compare_stock_setting.sql.
-- Nothing is compared when a side is not complete: the finding says which and why, and the basis is forgotten, so
-- that the next run which can compare compares every row.

create temporary table setting on commit drop as
select
    stock_setting.pipeline_code,
    stock_setting.source_connection,
    stock_setting.counterpart_connection,
    stock_setting.sku_key,
    stock_setting.source_field,
    stock_setting.compare_value,
    stock_setting.counterpart_field,
    stock_setting.operator,
    stock_setting.tolerance,
    stock_setting.on_multiple,
    stock_setting.is_quoted,
    stock_setting.ignore_index_exception,
    stock_setting.is_comparable,
    stock_setting.problem,
    stock_setting.basis_hash
from compare.stock_setting;

insert into ops.finding (run_id, subject, code, found_count, message)
select
    ops.run_id(),
    'compare.stock_result',
    'not_comparable',
    1,
    'nothing was compared: ' || setting.problem
from setting
where not setting.is_comparable
on conflict on constraint finding_pkey do nothing;

delete from compare.basis
using setting
where
    not setting.is_comparable
    and basis.connection_code = setting.source_connection
    and basis.pipeline_code = setting.pipeline_code;

-- Keys of the source rows to compare, with the index each of them has now (null when the row is gone).
create temporary table touched on commit drop as
with changed as (
    -- everything, when what the outcomes rest on changed
    select
        stock.spec_id,
        stock.warehouse_id
    from setting
    inner join wdt.stock on stock.connection_code = setting.source_connection
    where
        setting.is_comparable
        and (
            ops.is_full()
            or not exists (
                select from compare.basis
                where
                    basis.connection_code = setting.source_connection
                    and basis.pipeline_code = setting.pipeline_code
                    and basis.basis_hash = setting.basis_hash
            )
        )
    union
    -- the source row changed
    select
        stock_change.spec_id,
        stock_change.warehouse_id
    from setting
    inner join wdt.stock_change on stock_change.connection_code = setting.source_connection
    inner join ops.input_run on input_run.run_id = stock_change.run_id
    where setting.is_comparable
    union
    -- its counterpart changed
    select
        stock_result.spec_id,
        stock_result.warehouse_id
    from setting
    inner join yonsuite.current_stock_change
        on current_stock_change.connection_code = setting.counterpart_connection
    inner join ops.input_run on input_run.run_id = current_stock_change.run_id
    inner join compare.stock_result
        on stock_result.connection_code = setting.source_connection
        and stock_result.pipeline_code = setting.pipeline_code
        and stock_result.warehouse_code = btrim(current_stock_change.warehouse_code)
        and stock_result.sku_code = btrim(current_stock_change.productsku_code)
    where setting.is_comparable
),

-- Blanks around a code are no part of it. A map that holds a code both with and without them counts once.
mapped_warehouse as (
    select distinct on (btrim(warehouse_map.source_warehouse_code))
        btrim(warehouse_map.source_warehouse_code) as source_code,
        warehouse_map.target_warehouse_code as target_code
    from setting
    inner join ref.warehouse_map
        on warehouse_map.source_connection_code = setting.source_connection
        and warehouse_map.target_connection_code = setting.counterpart_connection
    order by
        btrim(warehouse_map.source_warehouse_code),
        length(warehouse_map.source_warehouse_code),
        warehouse_map.source_warehouse_code
),

mapped_sku as (
    select distinct on (btrim(sku_map.source_sku_code))
        btrim(sku_map.source_sku_code) as source_code,
        sku_map.target_sku_code as target_code
    from setting
    inner join ref.sku_map
        on sku_map.source_connection_code = setting.source_connection
        and sku_map.target_connection_code = setting.counterpart_connection
    order by
        btrim(sku_map.source_sku_code),
        length(sku_map.source_sku_code),
        sku_map.source_sku_code
),

indexed as (
    select
        changed.spec_id,
        changed.warehouse_id,
        btrim(coalesce(mapped_warehouse.target_code, stock.warehouse_no)) as warehouse_code,
        btrim(coalesce(mapped_sku.target_code, key.sku)) as sku_code
    from changed
    cross join setting
    left join wdt.stock
        on stock.connection_code = setting.source_connection
        and stock.spec_id = changed.spec_id
        and stock.warehouse_id = changed.warehouse_id
    cross join lateral (
        select case setting.sku_key when 'goods_no' then stock.goods_no when 'spec_no' then stock.spec_no end
    ) as key (sku)
    left join mapped_warehouse on mapped_warehouse.source_code = btrim(stock.warehouse_no)
    left join mapped_sku on mapped_sku.source_code = btrim(key.sku)
),

affected_index as (
    -- indexes that lose or gain a row: how many rows share them is part of the outcome
    select
        indexed.warehouse_code,
        indexed.sku_code
    from indexed
    union
    select
        stock_result.warehouse_code,
        stock_result.sku_code
    from indexed
    cross join setting
    inner join compare.stock_result
        on stock_result.connection_code = setting.source_connection
        and stock_result.pipeline_code = setting.pipeline_code
        and stock_result.spec_id = indexed.spec_id
        and stock_result.warehouse_id = indexed.warehouse_id
),

sibling as (
    select
        stock_result.spec_id,
        stock_result.warehouse_id,
        stock_result.warehouse_code,
        stock_result.sku_code
    from affected_index
    cross join setting
    inner join compare.stock_result
        on stock_result.connection_code = setting.source_connection
        and stock_result.pipeline_code = setting.pipeline_code
        and stock_result.warehouse_code = affected_index.warehouse_code
        and stock_result.sku_code = affected_index.sku_code
    where not exists (
        select from indexed
        where
            indexed.spec_id = stock_result.spec_id
            and indexed.warehouse_id = stock_result.warehouse_id
    )
)

select
    indexed.spec_id,
    indexed.warehouse_id,
    indexed.warehouse_code,
    indexed.sku_code
from indexed
union all
select
    sibling.spec_id,
    sibling.warehouse_id,
    sibling.warehouse_code,
    sibling.sku_code
from sibling;
analyze pg_temp.touched;

-- The counterpart's figure for each index: the first row seen, or the sum.
create temporary table counterpart on commit drop as
with index as (
    select distinct
        touched.warehouse_code,
        touched.sku_code
    from touched
    where
        touched.warehouse_code <> ''
        and touched.sku_code <> ''
)

select
    index.warehouse_code,
    index.sku_code,
    count(*)::integer as candidate_count,
    case setting.on_multiple
        -- the figure of the row that was seen first
        when 'first' then (min(array[current_stock.row_id::numeric, figure.qty]))[2]
        -- an unknown part makes the sum unknown
        when 'sum' then case when count(figure.qty) = count(*) then sum(figure.qty) end
        -- error: only a single row has a figure
        else case when count(*) = 1 then min(figure.qty) end
    end as qty
from index
cross join setting
inner join yonsuite.current_stock
    on current_stock.connection_code = setting.counterpart_connection
    and btrim(current_stock.warehouse_code) = index.warehouse_code
    and btrim(current_stock.productsku_code) = index.sku_code
cross join lateral (
    select case setting.counterpart_field
        when 'currentqty' then current_stock.currentqty
        when 'availableqty' then current_stock.availableqty
        when 'planavailableqty' then current_stock.planavailableqty
        when 'innoticeqty' then current_stock.innoticeqty
        when 'preretailqty' then current_stock.preretailqty
    end
) as figure (qty)
group by
    index.warehouse_code,
    index.sku_code,
    setting.on_multiple;
analyze pg_temp.counterpart;

create temporary table outcome on commit drop as
with sharing as (
    select
        touched.warehouse_code,
        touched.sku_code,
        count(*)::integer as sharing_count
    from touched
    group by
        touched.warehouse_code,
        touched.sku_code
),

-- materialized, so that compare.holds sees plain columns and is inlined
paired as materialized (
    select
        stock.spec_id,
        stock.warehouse_id,
        touched.warehouse_code,
        touched.sku_code,
        source.qty as source_qty,
        counterpart.qty as counterpart_qty,
        coalesce(counterpart.candidate_count, 0) as candidate_count,
        coalesce(counterpart.candidate_count > 1 and setting.on_multiple = 'error', false) as is_ambiguous,
        coalesce(sharing.sharing_count, 1) as sharing_count,
        coalesce(constant.qty, source.qty) as expected_qty,
        coalesce(setting.compare_value, trim_scale(source.qty)::text) as expected_text,
        case
            when counterpart.candidate_count is null
                and compare.conditions_hold(setting.ignore_index_exception, to_jsonb(stock))
                then 'no counterpart, and ignore_index_exception holds'
            else rule.reason
        end as ignore_reason
    from touched
    cross join setting
    cross join lateral (
        select case when ops.numeric_problem(setting.compare_value) is null then ops.to_numeric(setting.compare_value) end
    ) as constant (qty)
    inner join wdt.stock
        on stock.connection_code = setting.source_connection
        and stock.spec_id = touched.spec_id
        and stock.warehouse_id = touched.warehouse_id
    cross join lateral (
        select case setting.source_field
            when 'stock_num' then stock.stock_num
            when 'avaliable_num' then stock.avaliable_num
            when 'lock_num' then stock.lock_num
            when 'unpay_num' then stock.unpay_num
            when 'subscribe_num' then stock.subscribe_num
            when 'order_num' then stock.order_num
            when 'sending_num' then stock.sending_num
            when 'purchase_num' then stock.purchase_num
            when 'transfer_num' then stock.transfer_num
            when 'weight' then stock.weight
            when 'cost_price' then stock.cost_price
        end
    ) as source (qty)
    left join counterpart
        on counterpart.warehouse_code = touched.warehouse_code
        and counterpart.sku_code = touched.sku_code
    left join sharing
        on sharing.warehouse_code = touched.warehouse_code
        and sharing.sku_code = touched.sku_code
    left join lateral (
        select 'rule ' || ignore_rule.ignore_rule_id || ': ' || ignore_rule.reason as reason
        from ref.ignore_rule
        where
            ignore_rule.pipeline_code = setting.pipeline_code
            and (ignore_rule.expires_at is null or ignore_rule.expires_at > now())
            and (ignore_rule.warehouse_code is null or btrim(ignore_rule.warehouse_code) = touched.warehouse_code)
            and (ignore_rule.sku_code is null or btrim(ignore_rule.sku_code) = touched.sku_code)
        order by ignore_rule.ignore_rule_id
        limit 1
    ) as rule on true
),

compared as (
    select
        paired.*,
        setting.is_quoted,
        paired.candidate_count > 0 and not paired.is_ambiguous and compare.holds(
            paired.counterpart_qty,
            setting.operator,
            paired.expected_qty,
            paired.expected_text,
            setting.tolerance
        ) as is_equal
    from paired
    cross join setting
)

select
    compared.spec_id,
    compared.warehouse_id,
    compared.warehouse_code,
    compared.sku_code,
    case
        when compared.is_equal then 'equal'
        when compared.ignore_reason is not null then 'ignored'
        when compared.candidate_count = 0 then 'missing_there'
        when compared.is_ambiguous then 'not_comparable'
        -- a figure that is missing differs from every other, as CompareData has it
        else 'different'
    end as outcome,
    compared.source_qty,
    compared.counterpart_qty,
    compared.candidate_count,
    compared.sharing_count,
    case
        when not compared.is_equal then compared.ignore_reason
    end as ignore_reason,
    compared.is_quoted
        and compared.candidate_count > 0
        and not compared.is_ambiguous as is_written_back,
    case when compared.is_quoted then compared.counterpart_qty end as currentqty
from compared;
analyze pg_temp.outcome;

with gone as (
    delete from compare.stock_result
    using touched, setting
    where
        stock_result.connection_code = setting.source_connection
        and stock_result.pipeline_code = setting.pipeline_code
        and stock_result.spec_id = touched.spec_id
        and stock_result.warehouse_id = touched.warehouse_id
        and not exists (
            select from outcome
            where
                outcome.spec_id = touched.spec_id
                and outcome.warehouse_id = touched.warehouse_id
        )
    returning
        stock_result.spec_id,
        stock_result.warehouse_id
),

changed as materialized (
    select outcome.*
    from outcome
    cross join setting
    left join compare.stock_result
        on stock_result.connection_code = setting.source_connection
        and stock_result.pipeline_code = setting.pipeline_code
        and stock_result.spec_id = outcome.spec_id
        and stock_result.warehouse_id = outcome.warehouse_id
    where
        stock_result.spec_id is null
        or (
            stock_result.warehouse_code,
            stock_result.sku_code,
            stock_result.outcome,
            stock_result.source_qty,
            stock_result.counterpart_qty,
            stock_result.candidate_count,
            stock_result.sharing_count,
            stock_result.ignore_reason,
            stock_result.is_written_back,
            stock_result.currentqty
        ) is distinct from (
            outcome.warehouse_code,
            outcome.sku_code,
            outcome.outcome,
            outcome.source_qty,
            outcome.counterpart_qty,
            outcome.candidate_count,
            outcome.sharing_count,
            outcome.ignore_reason,
            outcome.is_written_back,
            outcome.currentqty
        )
),

written as (
    insert into compare.stock_result (
        connection_code,
        pipeline_code,
        spec_id,
        warehouse_id,
        warehouse_code,
        sku_code,
        outcome,
        source_qty,
        counterpart_qty,
        candidate_count,
        sharing_count,
        ignore_reason,
        is_written_back,
        currentqty,
        run_id
    )
    select
        setting.source_connection,
        setting.pipeline_code,
        changed.spec_id,
        changed.warehouse_id,
        changed.warehouse_code,
        changed.sku_code,
        changed.outcome,
        changed.source_qty,
        changed.counterpart_qty,
        changed.candidate_count,
        changed.sharing_count,
        changed.ignore_reason,
        changed.is_written_back,
        changed.currentqty,
        ops.run_id()
    from changed
    cross join setting
    on conflict on constraint stock_result_pkey do update
    set
        warehouse_code = excluded.warehouse_code,
        sku_code = excluded.sku_code,
        outcome = excluded.outcome,
        source_qty = excluded.source_qty,
        counterpart_qty = excluded.counterpart_qty,
        candidate_count = excluded.candidate_count,
        sharing_count = excluded.sharing_count,
        ignore_reason = excluded.ignore_reason,
        is_written_back = excluded.is_written_back,
        currentqty = excluded.currentqty,
        run_id = excluded.run_id
),

fed as (
    insert into compare.stock_result_change (
        connection_code,
        run_id,
        pipeline_code,
        spec_id,
        warehouse_id
    )
    select
        setting.source_connection,
        ops.run_id(),
        setting.pipeline_code,
        row.spec_id,
        row.warehouse_id
    from (
        select
            changed.spec_id,
            changed.warehouse_id
        from changed
        union all
        select
            gone.spec_id,
            gone.warehouse_id
        from gone
    ) as row
    cross join setting
)

select
    ops.count_up('compare.stock_result', 'compared', (select count(*) from outcome)),
    ops.count_up('compare.stock_result', 'written', (select count(*) from changed)),
    ops.count_up('compare.stock_result', 'removed', (select count(*) from gone));

insert into compare.basis (connection_code, pipeline_code, basis_hash, run_id, compared_at)
select
    setting.source_connection,
    setting.pipeline_code,
    setting.basis_hash,
    ops.run_id(),
    now()
from setting
where
    setting.is_comparable
    and not exists (
        select from compare.basis
        where
            basis.connection_code = setting.source_connection
            and basis.pipeline_code = setting.pipeline_code
            and basis.basis_hash = setting.basis_hash
    )
on conflict on constraint basis_pkey do update
set
    basis_hash = excluded.basis_hash,
    run_id = excluded.run_id,
    compared_at = excluded.compared_at;

select
    ops.count_up('compare.stock_result', kind.outcome, count(stock_result.outcome))
from setting
cross join unnest(array['equal', 'different', 'missing_there', 'ignored', 'not_comparable']) as kind (outcome)
left join compare.stock_result
    on stock_result.connection_code = setting.source_connection
    and stock_result.pipeline_code = setting.pipeline_code
    and stock_result.outcome = kind.outcome
group by kind.outcome;
