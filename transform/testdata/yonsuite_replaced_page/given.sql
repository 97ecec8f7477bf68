-- Two snapshots are typed at once: the page that the second replaced is left out, so an old figure cannot come back.
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 3}
]');
