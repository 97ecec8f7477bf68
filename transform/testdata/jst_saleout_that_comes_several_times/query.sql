select
    saleout.io_id,
    saleout.so_id,
    saleout.ts,
    saleout.run_id,
    (select string_agg(saleout_item.sku_id, ' ' order by line_no) from jst.saleout_item where saleout_item.io_id = saleout.io_id) as skus,
    (select count(*) from jst.saleout_batch where saleout_batch.io_id = saleout.io_id)
    + (select count(*) from jst.saleout_sn where saleout_sn.io_id = saleout.io_id)
    + (select count(*) from jst.saleout_pay where saleout_pay.io_id = saleout.io_id)
    + (select count(*) from jst.saleout_cluster where saleout_cluster.io_id = saleout.io_id) as other_parts,
    (select count(*) from jst.saleout_change where saleout_change.io_id = saleout.io_id) as changes
from jst.saleout
order by 1
