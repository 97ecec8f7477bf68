-- A document for each outcome that has something to write back; a new revision when it changes; a cleared figure
-- when the counterpart goes; nothing for a row that never had a counterpart.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "stays", "stock_num": "1.5000"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "changes", "stock_num": "1"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "goes", "stock_num": "1"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "never", "stock_num": "1"},
    {"spec_id": "5", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "no-figure", "stock_num": "1"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "stays", "currentqty": 1.50},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "changes", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "goes", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "no-figure", "currentqty": null}
]');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "stays", "currentqty": "1.500"},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "changes", "currentqty": 2},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "no-figure", "currentqty": null}
]');
