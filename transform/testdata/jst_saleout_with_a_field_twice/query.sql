select
    saleout.place,
    saleout.io_id,
    'is kept' as field,
    coalesce(saleout.pay_amount, saleout_item.qty)::text as value,
    null as reason
from jst.saleout
left join jst.saleout_item
    on saleout_item.connection_code = saleout.connection_code
    and saleout_item.io_id = saleout.io_id
union all
select
    reject.place,
    reject.record_key,
    reject.field,
    reject.value,
    reject.reason
from staging.reject
order by 1, 2, 3
