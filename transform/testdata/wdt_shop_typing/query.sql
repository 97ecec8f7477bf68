select shop.shop_id as key, 'is kept' as field, shop.shop_name as value, 'run ' || shop.run_id || ', priority ' || coalesce(shop.shop_priority::text, 'none') as reason
from wdt.shop
union all
select reject.record_key, reject.field, reject.value, reject.reason
from staging.reject
order by 1, 2
