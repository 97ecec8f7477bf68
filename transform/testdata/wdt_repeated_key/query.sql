select spec_id, stock_num::text, modified::text
from wdt.stock
union all
select tally.name, tally.value::text, ''
from ops.tally
where tally.run_id = 1 and tally.subject = 'wdt.stock' and tally.value > 0
order by 1
