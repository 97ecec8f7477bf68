-- pipeline: wdt-stockouts-to-tplus
-- A document that cannot be mapped is held back with the reason, one after the other, and made as soon as the source,
-- the map or the parameter is mended.
select given.param('customer', '');
select given.param('warehouse', '');
select given.param('voucher_type', '');
insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
values ('wdt', 'KNOWN', 'tplus', 'C-KNOWN');
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "lines", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN"},
    {"stockout_id": "2", "order_no": " ", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "sku", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}, {"spec_no": " ", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "4", "order_no": "quantity", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "0.0000", "price": "1"}]},
    {"stockout_id": "5", "order_no": "negative", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}, {"spec_no": "B", "goods_count": "-1", "price": "1"}]},
    {"stockout_id": "6", "order_no": "date", "status": "95", "consign_time": "0000-00-00 00:00:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "7", "order_no": "price", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "", "sell_price": null, "gift_type": "0"}]},
    {"stockout_id": "8", "order_no": "customer", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "UNKNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "9", "order_no": "no shop", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "10", "order_no": "warehouse", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "11", "order_no": "parameter", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "12", "order_no": "not shipped yet", "status": "55", "shop_no": "UNKNOWN"},
    {"stockout_id": "13", "order_no": "no status", "details_list": []}
]');
-- run
select 1;
-- run
select given.param('voucher_type', 'ST1021');
insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
values ('wdt', 'UNKNOWN', 'tplus', 'C-UNKNOWN');
-- run
select given.param('customer', 'TESTCUST');
insert into ref.warehouse_map (source_connection_code, source_warehouse_code, target_connection_code, target_warehouse_code)
values ('wdt', 'W9', 'tplus', 'CK9');
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "10", "order_no": "warehouse", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W9", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "1", "order_no": "lines", "status": "95", "consign_time": "2024-02-29 00:20:00", "warehouse_no": "W1", "shop_no": "KNOWN",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "sku", "status": "5"}
]');
