select stock_result.sku_code, stock_result.outcome, stock_result.counterpart_qty
from compare.stock_result
order by 1
