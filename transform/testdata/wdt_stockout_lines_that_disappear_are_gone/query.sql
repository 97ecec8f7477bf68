select stockout.stockout_id, stockout_line.line_no, stockout_line.spec_no, stockout_line.remark, stockout_position.position_no
from wdt.stockout
left join wdt.stockout_line on stockout_line.stockout_id = stockout.stockout_id
left join wdt.stockout_position
    on stockout_position.stockout_id = stockout_line.stockout_id
    and stockout_position.line_no = stockout_line.line_no
order by 1, 2, stockout_position.position_line_no
