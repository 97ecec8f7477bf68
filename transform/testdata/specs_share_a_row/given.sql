-- Several specs of one 货品编号 meet one row of the counterpart: each is compared with the whole figure, and that is a
-- finding. When one of them gets a number of its own, the other stands alone again.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "spec_no": "A-red", "stock_num": "4"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": " A ", "spec_no": "A-blue", "stock_num": "6"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "6"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "6"},
    {"spec_id": "5", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "6"},
    {"spec_id": "6", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "6"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 6}
]');
-- run
select given.wdt('[{"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "D", "stock_num": "6"}]');
