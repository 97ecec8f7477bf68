-- Figures that differ by no more than the tolerance are the same, exactly so and not a hundred-millionth more.
select given.param('tolerance', '0.5');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "10.5"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "9.5"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "10.50000001"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "D", "stock_num": "9.49999999"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "D", "currentqty": 10}
]');
