select io_id, 'batch' as part, batch_line_no as place, line_no, batch_no, null as sn, null as pay_date, null as said
from jst.saleout_batch
union all
select io_id, 'code', sn_line_no, line_no, batch_no, sn, pay_date::text, concat_ws(' ', code, issuccess, msg)
from jst.saleout_sn
order by 1 desc, 2, 3
