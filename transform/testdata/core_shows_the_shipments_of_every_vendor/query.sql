select
    'shipment' as view,
    shipment.platform,
    shipment.shipment_key,
    jsonb_strip_nulls(to_jsonb(shipment) - array['platform', 'shipment_key', 'connection_code', 'dataset', 'page_id', 'place', 'run_id']) as fields
from core.shipment
union all
select
    'line',
    shipment_line.platform,
    shipment_line.shipment_key || '/' || shipment_line.line_no,
    jsonb_strip_nulls(to_jsonb(shipment_line) - array['platform', 'shipment_key', 'connection_code', 'line_no'])
from core.shipment_line
union all
select 'shop', shop.platform, shop.shop_key, jsonb_strip_nulls(to_jsonb(shop) - array['platform', 'connection_code', 'shop_key'])
from core.shop
order by 1, 2, 3
