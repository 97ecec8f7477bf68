select
    shop_change.shop_id,
    string_agg('run ' || shop_change.run_id, ', ' order by shop_change.run_id) as changed_in,
    shop.shop_name,
    shop.is_disabled,
    core_shop.shop_code,
    core_shop.is_disabled as is_disabled_in_core
from wdt.shop_change
left join wdt.shop on shop.shop_id = shop_change.shop_id
left join core.shop as core_shop on core_shop.shop_key = shop.shop_id
group by
    shop_change.shop_id,
    shop.shop_name,
    shop.is_disabled,
    core_shop.shop_code,
    core_shop.is_disabled
order by 1
