select stock.spec_id, stock.stock_num, stock.modified, stock.run_id, count(stock_change.run_id) as changes
from wdt.stock
inner join wdt.stock_change
    on stock_change.spec_id = stock.spec_id
    and stock_change.warehouse_id = stock.warehouse_id
group by stock.spec_id, stock.stock_num, stock.modified, stock.run_id
order by stock.spec_id
