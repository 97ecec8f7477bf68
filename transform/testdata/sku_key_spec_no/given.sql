-- sku_key = spec_no looks up 商家编码 and not 货品编号; the map is asked for the same.
select given.param('sku_key', 'spec_no');
insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
values ('wdt', 'A-blue', 'yonsuite', '77'), ('wdt', 'A', 'yonsuite', '88');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "spec_no": "A-red", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "spec_no": "A-blue", "stock_num": "2"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "spec_no": null, "stock_num": "3"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "spec_no": " ", "stock_num": "4"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A-red", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "77", "currentqty": 2},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9},
    {"warehouse_code": "W1", "product": "Q", "productsku_code": "", "currentqty": 9},
    {"warehouse_code": "W1", "product": "R", "currentqty": 9}
]');
