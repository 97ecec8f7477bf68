-- What the ledger says in the end: one row per difference ever found, with its history in figures.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "comes-back", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "resolved", "stock_num": "1"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "acknowledged", "stock_num": "1"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "equal", "stock_num": "5"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "comes-back", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "resolved", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "acknowledged", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "equal", "currentqty": 5}
]');
-- run
select compare.acknowledge('stock-compare', '3@1', 'in transit', 'Li');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "comes-back", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "resolved", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "acknowledged", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "equal", "currentqty": 5}
]');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "comes-back", "currentqty": 4},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "resolved", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "acknowledged", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "equal", "currentqty": 5}
]');
