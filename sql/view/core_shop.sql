-- Shops of every vendor in our names. 聚水潭 has no shop query here: its shops are those that its sale-outs name.
--
-- grain:  connection, shop_code
-- reads:  wdt.shop, jst.saleout
-- writes: nothing
-- rerun:  safe

create or replace view core.shop as
select
    'wdt' as platform,
    shop.connection_code,
    shop.shop_no as shop_code,
    shop.shop_id as shop_key,
    shop.shop_name,
    shop.platform_id as sales_platform_code,
    shop.province_name,
    shop.city_name,
    shop.district_name,
    shop.is_disabled = '1' as is_disabled,
    shop.modified as changed_at
from wdt.shop
union all
select
    'jst',
    saleout.connection_code,
    saleout.shop_id,
    saleout.shop_id,
    max(saleout.shop_name),
    null::text,
    null::text,
    null::text,
    null::text,
    null::boolean,
    max(saleout.modified)
from jst.saleout
where saleout.shop_id <> ''
group by
    saleout.connection_code,
    saleout.shop_id;
comment on view core.shop is 'One row is one shop of one vendor. is_disabled is null where the vendor does not say.';
