-- The ledger of discrepancies for people: what differs, by how much, since when, and whether somebody knows.
--
-- grain:  connection, pipeline, record_key, field
-- reads:  compare.discrepancy, compare.stock_result, wdt.stock, ops.run, ops.step_run, ops.finding
-- writes: nothing
-- rerun:  safe
--
-- last_seen_at of an unresolved discrepancy is the newest comparison: the ledger itself is written only when
-- something changes.

create or replace view report.discrepancy as
with newest_comparison as (
    select
        run.pipeline_code,
        max(step_run.finished_at) as compared_at
    from ops.step_run
    inner join ops.run on run.run_id = step_run.run_id
    where
        step_run.step_code like '%/compare/discrepancy'
        and step_run.state = 'ok'
        and not exists (
            select from ops.finding
            where
                finding.run_id = run.run_id
                and finding.code = 'not_comparable'
        )
    group by run.pipeline_code
)

select
    discrepancy.pipeline_code,
    discrepancy.connection_code,
    discrepancy.warehouse_code,
    stock.warehouse_name,
    discrepancy.sku_code,
    stock.spec_no,
    stock.goods_no,
    stock.goods_name,
    stock.spec_name,
    discrepancy.kind,
    discrepancy.field,
    discrepancy.source_qty,
    discrepancy.counterpart_qty,
    discrepancy.delta_qty,
    discrepancy.state,
    discrepancy.first_seen_at,
    case
        when discrepancy.state = 'resolved' then discrepancy.changed_at
        else coalesce(newest_comparison.compared_at, discrepancy.changed_at)
    end as last_seen_at,
    coalesce(discrepancy.resolved_at, now()) - discrepancy.first_seen_at as age,
    discrepancy.reopened_count,
    discrepancy.resolved_at,
    discrepancy.resolved_run_id,
    discrepancy.decided_by,
    discrepancy.decided_at,
    discrepancy.reason,
    stock_result.candidate_count,
    stock_result.sharing_count,
    discrepancy.record_key
from compare.discrepancy
left join newest_comparison on newest_comparison.pipeline_code = discrepancy.pipeline_code
left join compare.stock_result
    on stock_result.connection_code = discrepancy.connection_code
    and stock_result.pipeline_code = discrepancy.pipeline_code
    and stock_result.spec_id = split_part(discrepancy.record_key, '@', 1)
    and stock_result.warehouse_id = split_part(discrepancy.record_key, '@', 2)
    and discrepancy.kind <> 'missing_here'
left join wdt.stock
    on stock.connection_code = stock_result.connection_code
    and stock.spec_id = stock_result.spec_id
    and stock.warehouse_id = stock_result.warehouse_id;
comment on view report.discrepancy is 'One row is one difference between the two systems that was ever found. Quantities are in base units; delta_qty is source minus counterpart, an absent row counted as 0.';
