-- A key that comes several times in one reading keeps the record modified last, wherever it stands; of records
-- modified in the same second the one read last.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "7", "stock_num": "11", "modified": "2026-01-01 00:00:02"},
    {"spec_id": "1", "warehouse_id": "7", "stock_num": "12", "modified": "2026-01-01 00:00:03"},
    {"spec_id": "2", "warehouse_id": "7", "stock_num": "21", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "3", "warehouse_id": "7", "stock_num": "31", "modified": "0000-00-00 00:00:00"},
    {"spec_id": "4", "warehouse_id": "7", "stock_num": "broken", "modified": "2026-01-01 00:00:09"}
]', '[
    {"spec_id": "1", "warehouse_id": "7", "stock_num": "13", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "2", "warehouse_id": "7", "stock_num": "22", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "3", "warehouse_id": "7", "stock_num": "32", "modified": "2026-01-01 00:00:01"},
    {"spec_id": "4", "warehouse_id": "7", "stock_num": "41", "modified": "2026-01-01 00:00:01"}
]');
