-- Several rows of the counterpart behind one index. on_multiple = first.
select given.param('on_multiple', 'first');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "two-batches", "stock_num": "15"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "first-is-equal", "stock_num": "5"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "one-unknown", "stock_num": "5"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "single", "stock_num": "5"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "two-batches", "batchno": "z", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "two-batches", "batchno": "a", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "first-is-equal", "batchno": "2", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "first-is-equal", "batchno": "1", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "one-unknown", "batchno": "1", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "one-unknown", "batchno": "2", "currentqty": null},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "single", "currentqty": 5}
]');
