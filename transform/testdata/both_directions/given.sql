-- Rows that only the counterpart has are looked for as well, unless they are 0, have no code or are ignored.
select given.param('both_directions', 'on');
insert into ref.ignore_rule (pipeline_code, sku_code, reason) values ('stock-compare', 'known', 'samples');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "only-here", "stock_num": "2"}
]');
select given.yonsuite('[
    {"warehouse_code": " W1", "product": "P", "productsku_code": "A ", "currentqty": 9},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "only-there", "batchno": "1", "currentqty": 3},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "only-there", "batchno": "2", "currentqty": 4},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "unknown-there", "currentqty": null},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "zero-there", "currentqty": 0},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "known", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "", "currentqty": 5},
    {"warehouse_code": "W/1", "product": "P", "productsku_code": "x", "currentqty": 5},
    {"warehouse_code": "W", "product": "P", "productsku_code": "1/x", "currentqty": 5}
]');
