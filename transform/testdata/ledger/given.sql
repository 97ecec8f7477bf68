-- The life of a difference: opened, changed, resolved, reopened; a second one that is acknowledged and then changes.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "1", "modified": "2026-01-01 00:00:01"}
]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 5}]',
    '[{"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 5}]');
-- run
-- A changes; B is acknowledged and stays as it is.
select compare.acknowledge('stock-compare', '2@1', 'in transit', 'Li');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 6}]',
    '[{"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 5}]');
-- run
-- A agrees; B's figures change, so it is open again.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "6", "modified": "2026-01-01 00:00:02"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "2", "modified": "2026-01-01 00:00:02"}
]');
-- run
-- A differs again; B's counterpart is gone.
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 7}]');
