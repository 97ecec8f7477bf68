select reject.place, reject.record_key, reject.field, reject.value, reject.reason, left(reject.record, 40) as record
from staging.reject
union all
select stock.place, stock.spec_id || '@' || stock.warehouse_id, 'is kept', stock.stock_num::text, '', ''
from wdt.stock
order by 1, 3
