select finding.run_id, finding.code, regexp_replace(finding.message, '\d{4}-.*?,', 'TIME,') as message
from ops.finding
union all
select discrepancy_event.run_id, discrepancy_event.event, discrepancy_event.record_key
from compare.discrepancy_event
order by 1, 2
