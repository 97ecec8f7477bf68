select current_stock.productsku_code as name, current_stock.currentqty::text as value
from yonsuite.current_stock
union all
select tally.name, tally.value::text
from ops.tally
where tally.run_id = 1 and tally.subject = 'yonsuite.current_stock' and tally.value > 0
order by 1
