select current_stock_change.run_id, current_stock_change.productsku_code, current_stock.currentqty as stands_with
from yonsuite.current_stock_change
left join yonsuite.current_stock on current_stock.row_key = current_stock_change.row_key
order by 1, 2
