select spec_id, warehouse_code, sku_code, length(sku_code) as sku_code_length, outcome
from compare.stock_result
order by spec_id
