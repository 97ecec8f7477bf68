select
    saleout.io_id,
    jsonb_strip_nulls(to_jsonb(saleout) - array['connection_code', 'io_id', 'page_id', 'place', 'record_hash', 'run_id']) as fields,
    (
        select jsonb_agg(jsonb_strip_nulls(to_jsonb(saleout_item) - array['connection_code', 'io_id']) order by line_no)
        from jst.saleout_item
        where saleout_item.io_id = saleout.io_id
    ) as items,
    (
        select jsonb_agg(jsonb_strip_nulls(to_jsonb(saleout_batch) - array['connection_code', 'io_id']) order by batch_line_no)
        from jst.saleout_batch
        where saleout_batch.io_id = saleout.io_id
    ) as batches,
    (
        select jsonb_agg(jsonb_strip_nulls(to_jsonb(saleout_sn) - array['connection_code', 'io_id']) order by sn_line_no)
        from jst.saleout_sn
        where saleout_sn.io_id = saleout.io_id
    ) as codes,
    (
        select jsonb_agg(jsonb_strip_nulls(to_jsonb(saleout_cluster) - array['connection_code', 'io_id']) order by cluster_line_no)
        from jst.saleout_cluster
        where saleout_cluster.io_id = saleout.io_id
    ) as clusters,
    (select count(*) from jst.saleout_pay where saleout_pay.io_id = saleout.io_id) as payments
from jst.saleout
order by saleout.page_id, saleout.place
