select reject.place, reject.record_key, reject.field, reject.value, reject.reason
from staging.reject
union all
select current_stock.place, current_stock.productsku_code, 'is kept', current_stock.currentqty::text, ''
from yonsuite.current_stock
order by 1, 2, 3
