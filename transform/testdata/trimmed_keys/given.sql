-- Blanks around a code are no part of it. Case, full-width letters and characters of no width are: such codes differ.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": " W1", "goods_no": "A  ", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "b", "stock_num": "1"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "Ｃ", "stock_num": "1"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "D\u200b", "stock_num": "1"},
    {"spec_id": "5", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "E E", "stock_num": "1"},
    {"spec_id": "6", "warehouse_id": "1", "warehouse_no": "w1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "7", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "007", "stock_num": "1"},
    {"spec_id": "8", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "12345678901234567891", "stock_num": "1"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1 ", "product": "P", "productsku_code": " A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "D", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "EE", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "7", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": 12345678901234567890, "currentqty": 1}
]');
