select finding.run_id, finding.code, finding.message, null as kind, null as state
from ops.finding
union all
select discrepancy_event.run_id, discrepancy_event.event, discrepancy_event.record_key || ' ' || coalesce(discrepancy_event.delta_qty::text, 'no figure'), discrepancy_event.kind, null
from compare.discrepancy_event
order by 1, 3
