-- A SKU code is renamed: the row stays (its id did not change), and both codes are in the change feed, so that the
-- source rows of both are compared again.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "OLD", "stock_num": "5"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "NEW", "stock_num": "5"}
]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku": "S", "productsku_code": "OLD", "currentqty": 5}]');
-- run
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku": "S", "productsku_code": "NEW", "currentqty": 5}]');
