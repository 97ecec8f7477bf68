select reject.place, reject.record_key, reject.field, reject.value, reject.reason
from staging.reject
union all
select stockout.place, stockout.stockout_id, 'is kept', stockout.order_no, 'run ' || stockout.run_id || ', line ' || stockout_line.spec_no
from wdt.stockout
inner join wdt.stockout_line on stockout_line.stockout_id = stockout.stockout_id
order by 1, 2, 3
