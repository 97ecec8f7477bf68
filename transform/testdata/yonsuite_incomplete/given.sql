-- A snapshot that was not read to its end removes nothing; what it brought is taken.
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 3}
]');
-- run
select given.yonsuite_incomplete('the answer broke off', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9}
]');
