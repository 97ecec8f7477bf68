-- The second snapshot brought a page and broke off. The third is complete and finds every page standing, so it lands
-- nothing; B, which the second no longer had, must go all the same.
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
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9}
]', '[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "C", "currentqty": 3}
]');
