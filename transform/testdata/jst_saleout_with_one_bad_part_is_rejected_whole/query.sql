select reject.place, reject.record_key, reject.field, reject.value, reject.reason
from staging.reject
union all
select saleout.place, saleout.io_id, 'is kept', saleout.so_id, 'run ' || saleout.run_id
from jst.saleout
order by 1, 2, 3
