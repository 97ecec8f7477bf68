-- A row that a complete snapshot no longer has is removed, wherever it stood: in a place that changed (B), or in a
-- place that is no more (D).
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 3}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "D", "currentqty": 4}
]');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 3}
]');
