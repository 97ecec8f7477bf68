select spec_id, created, status, stock_num
from wdt.stock
order by spec_id
