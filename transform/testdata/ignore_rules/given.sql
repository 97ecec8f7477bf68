-- A rule names a warehouse, a SKU or both, as the counterpart calls them; one that has expired, or is another
-- pipeline's, is no rule. What is equal is equal, rule or not.
insert into ref.warehouse_map (source_connection_code, source_warehouse_code, target_connection_code, target_warehouse_code)
values ('wdt', 'W1', 'yonsuite', 'Y1');
insert into ref.ignore_rule (pipeline_code, warehouse_code, sku_code, reason, created_at, expires_at)
values
    ('stock-compare', 'Y1', 'A', 'both', '2026-01-01', null),
    ('stock-compare', null, ' B ', 'any warehouse', '2026-01-01', '2999-01-01'),
    ('stock-compare', 'W2', null, 'any SKU', '2026-01-01', null),
    ('stock-compare', 'Y1', 'C', 'has expired', '2026-01-01', '2026-01-02'),
    ('another', 'Y1', 'C', 'of another pipeline', '2026-01-01', null),
    ('stock-compare', 'W1', 'C', 'the source''s own name', '2026-01-01', null);
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "2"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "3"},
    {"spec_id": "4", "warehouse_id": "2", "warehouse_no": "W2", "goods_no": "A", "stock_num": "4"},
    {"spec_id": "5", "warehouse_id": "2", "warehouse_no": "W2", "goods_no": "D", "stock_num": "5"}
]');
select given.yonsuite('[
    {"warehouse_code": "Y1", "product": "P", "productsku_code": "A", "currentqty": 9},
    {"warehouse_code": "Y1", "product": "P", "productsku_code": "C", "currentqty": 9},
    {"warehouse_code": "W2", "product": "P", "productsku_code": "D", "currentqty": 5}
]');
