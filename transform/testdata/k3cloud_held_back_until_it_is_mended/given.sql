-- pipeline: jst-saleouts-to-k3cloud
-- A bill that cannot be mapped is held back with the reason, and made when the source, ref.shop_map or the parameter is
-- mended.
select given.param('currency', '');
select given.param('form_id', '');
insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code, currency_code)
values ('jst', '1', 'k3cloud', 'C1', 'PRE001');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7},
    {"io_id": "2", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "", "qty": 1, "sale_price": 1}]},
    {"io_id": "3", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 0, "sale_price": 1}]},
    {"io_id": "4", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": "-2", "sale_price": 1}]},
    {"io_id": "5", "shop_id": 2, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "6", "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "7", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": null, "is_gift": false}]},
    {"io_id": "8", "shop_id": 1, "status": "Confirmed", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "9", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "10", "shop_id": 3, "drp_co_id_from": "D", "status": "Archive", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "11", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "12", "shop_id": 2, "status": "WaitConfirm"},
    {"io_id": "13"}
]');
-- run
select given.param('form_id', 'SAL_OUTSTOCK');
insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code, currency_code)
values ('jst', '2', 'k3cloud', 'C2', 'PRE001');
-- run
select given.param('currency', 'PRE001');
select given.param('organisation', '');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "shop_id": 12948597, "drp_co_id_from": "D", "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": "14", "shop_id": 1, "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]}
]');
-- run
select given.param('organisation', '101');
