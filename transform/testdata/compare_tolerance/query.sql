select spec_id, warehouse_code, sku_code, outcome, source_qty, counterpart_qty, candidate_count, sharing_count,
    ignore_reason, is_written_back, currentqty
from compare.stock_result
order by spec_id
