-- An overlapping window brings records again; one that is older than the row does not overwrite it.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "7", "stock_num": "10", "modified": "2026-01-01 00:00:05"},
    {"spec_id": "2", "warehouse_id": "7", "stock_num": "20", "modified": "2026-01-01 00:00:05"},
    {"spec_id": "3", "warehouse_id": "7", "stock_num": "30", "modified": "2026-01-01 00:00:05"},
    {"spec_id": "4", "warehouse_id": "7", "stock_num": "40"}
]');
-- run
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "7", "stock_num": "11", "modified": "2026-01-01 00:00:04"},
    {"spec_id": "2", "warehouse_id": "7", "stock_num": "21", "modified": "2026-01-01 00:00:05"},
    {"spec_id": "3", "warehouse_id": "7", "stock_num": "31", "modified": "2026-01-01 00:00:06"},
    {"spec_id": "4", "warehouse_id": "7", "stock_num": "41", "modified": "2026-01-01 00:00:01"}
]');
