-- Codes are translated through ref, for these two connections only; a code without a row keeps its name. Blanks
-- around a code are no part of it.
insert into ref.warehouse_map (source_connection_code, source_warehouse_code, target_connection_code, target_warehouse_code)
values
    ('wdt', 'W1', 'yonsuite', 'Y1'),
    ('wdt', 'W3', 'another', 'Y3'),
    ('another', 'W3', 'yonsuite', 'Y3');
insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
values
    ('wdt', 'A', 'yonsuite', ' 100 '),
    ('wdt', ' C', 'yonsuite', '300');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "2"},
    {"spec_id": "3", "warehouse_id": "3", "warehouse_no": "W3", "goods_no": "A", "stock_num": "3"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": " W1 ", "goods_no": "A ", "stock_num": "4"},
    {"spec_id": "5", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "5"}
]');
select given.yonsuite('[
    {"warehouse_code": "Y1", "product": "P", "productsku_code": "100", "currentqty": 1},
    {"warehouse_code": "Y1", "product": "P", "productsku_code": "B", "currentqty": 2},
    {"warehouse_code": "W3", "product": "P", "productsku_code": "100", "currentqty": 3},
    {"warehouse_code": "Y1", "product": "P", "productsku_code": "300", "currentqty": 5}
]');
