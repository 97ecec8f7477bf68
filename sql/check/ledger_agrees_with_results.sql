-- Every outcome that is a difference is unresolved in the ledger with the same figures, and the other way round.
--
-- pipeline: stock-compare
-- severity: error
-- reads:    compare.stock_result, compare.discrepancy, compare.basis
-- writes:   nothing
-- rerun:    safe

select
    coalesce(result.record_key, ledger.record_key) as record_key,
    case
        when ledger.record_key is null then 'differs (' || result.outcome || ') but the ledger does not say so'
        when result.record_key is null then 'is unresolved in the ledger but does not differ any more'
        else 'stands in the ledger with other figures'
    end as message
from (
    select
        stock_result.spec_id || '@' || stock_result.warehouse_id as record_key,
        stock_result.outcome,
        stock_result.source_qty,
        stock_result.counterpart_qty
    from compare.stock_result
    where
        stock_result.connection_code = ops.param('source_connection')
        and stock_result.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
        and stock_result.outcome in ('different', 'missing_there', 'not_comparable')
) as result
full join (
    select
        discrepancy.record_key,
        discrepancy.kind,
        discrepancy.source_qty,
        discrepancy.counterpart_qty
    from compare.discrepancy
    where
        discrepancy.connection_code = ops.param('source_connection')
        and discrepancy.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
        and discrepancy.field = ops.param('counterpart_field')
        and discrepancy.state <> 'resolved'
        and discrepancy.kind <> 'missing_here'
) as ledger
    on ledger.record_key = result.record_key
where
    (
        result.record_key is null
        or ledger.record_key is null
        or (result.outcome, result.source_qty, result.counterpart_qty)
            is distinct from (ledger.kind, ledger.source_qty, ledger.counterpart_qty)
    )
    -- while a side is not complete nothing is compared, and the two may drift
    and exists (
        select from compare.basis
        where
            basis.connection_code = ops.param('source_connection')
            and basis.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
    )
