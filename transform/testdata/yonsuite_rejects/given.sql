-- What cannot be read goes to staging.reject with field, value and reason; the good records of the page go on.
-- A row that stood before keeps its last good figure.
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P1", "productsku_code": "A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P2", "productsku_code": "B", "currentqty": 2}
]');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P1", "productsku_code": "A", "currentqty": "1,234.50", "invStockExchRate": "x"},
    {"warehouse_code": "W1", "product": "P2", "productsku_code": "B", "currentqty": 3},
    {"warehouse": " ", "warehouse_code": "", "product": "P1", "currentqty": 4},
    {"warehouse_code": "W1", "currentqty": 5}
]');
