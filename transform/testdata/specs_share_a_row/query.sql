select
    stock_result.spec_id,
    stock_result.sku_code,
    stock_result.outcome,
    stock_result.sharing_count,
    stock_finding.source_row_count,
    stock_finding.source_qty,
    stock_finding.counterpart_qty
from compare.stock_result
left join report.stock_finding
    on stock_finding.warehouse_code = stock_result.warehouse_code
    and stock_finding.sku_code = stock_result.sku_code
order by 1
