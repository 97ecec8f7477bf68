select stock_result.outcome, discrepancy.kind, discrepancy.state, discrepancy.first_seen_run_id
from compare.stock_result
left join compare.discrepancy on discrepancy.record_key = stock_result.spec_id || '@' || stock_result.warehouse_id
