select record_key, field, kind, state, warehouse_code, sku_code, source_qty, counterpart_qty, delta_qty, reopened_count,
    first_seen_run_id, changed_run_id, resolved_run_id
from compare.discrepancy
order by record_key
