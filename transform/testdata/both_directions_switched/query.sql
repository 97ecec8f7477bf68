select event, kind, record_key, counterpart_qty, run_id
from compare.discrepancy_event
order by event_id
