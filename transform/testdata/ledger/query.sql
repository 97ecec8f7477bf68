select run_id, record_key, event, kind, source_qty, counterpart_qty, delta_qty, by_whom, reason
from compare.discrepancy_event
order by happened_at, record_key
