-- A place that did not change is not landed again; its rows stay, untouched, while those of the other place change.
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 5},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 6}
]');
