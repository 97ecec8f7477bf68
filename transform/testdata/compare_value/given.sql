-- With compare_value the counterpart is held against it and not against the source's figure.
select given.param('operator', 'between');
select given.param('compare_value', '5,10');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "1"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 10},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 10.1}
]');
