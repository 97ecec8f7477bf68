-- While a side is not complete nothing is compared and the ledger stays as it is; the next run that can compare
-- compares everything, also what changed in between.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "2", "modified": "2026-01-01 00:00:01"}
]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]');
-- run
select given.wdt_incomplete('page 7 was short', '[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "9", "modified": "2026-01-01 00:00:02"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "5", "modified": "2026-01-01 00:00:02"}
]');
select given.yonsuite_incomplete('the answer broke off');
-- run
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}
]');
-- run
-- Both are complete; nothing is new in this run.
select given.wdt('[]');
