-- A condition on a figure that is missing does not hold, whatever its operator, so the row is not ignored.
select given.param('ignore_index_exception', '{"stock_num": {"operator": "eq", "value": ""}, "lock_num": {"operator": "like", "value": "1"}, "order_num": {"operator": "notlike", "value": "1"}}');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "all-hold", "stock_num": "0", "lock_num": "21", "order_num": "3"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "unknown-like", "stock_num": "0", "order_num": "3"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "unknown-notlike", "stock_num": "0", "lock_num": "21"}
]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "other", "currentqty": 1}]');
