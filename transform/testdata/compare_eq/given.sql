-- The decision table of CompareData with operator eq: equal, different either way, no counterpart, no figure.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "equal", "stock_num": "10.5000"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "more-here", "stock_num": "12"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "more-there", "stock_num": "0"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "nowhere", "stock_num": "7"},
    {"spec_id": "5", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "no-figure-here", "stock_num": null},
    {"spec_id": "6", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "no-figure-there", "stock_num": "0"},
    {"spec_id": "7", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "no-figure-at-all", "stock_num": ""},
    {"spec_id": "8", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "tiny", "stock_num": "0.30000001"},
    {"spec_id": "9", "warehouse_id": "1", "warehouse_no": "W2", "goods_no": "equal", "stock_num": "10.5"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "equal", "currentqty": 10.5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "more-here", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "more-there", "currentqty": 3},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "no-figure-here", "currentqty": 0},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "no-figure-there", "currentqty": null},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "no-figure-at-all"},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "tiny", "currentqty": 0.3}
]');
