-- What cannot be read goes to staging.reject with field, value and reason; the good records of the page go on.
select given.wdt('[
    {"spec_id": "good-1", "warehouse_id": "7", "stock_num": "1"},
    {"warehouse_id": "7", "stock_num": "2"},
    {"spec_id": "  ", "warehouse_id": null, "stock_num": "3"},
    {"spec_id": "thousands", "warehouse_id": "7", "stock_num": "1,234.50", "lock_num": "abc"},
    {"spec_id": "huge", "warehouse_id": "7", "stock_num": 1e400},
    {"spec_id": "full-width", "warehouse_id": "7", "stock_num": "１２"},
    {"spec_id": "wide-blank", "warehouse_id": "7", "stock_num": "\u300012"},
    {"spec_id": "no-digits", "warehouse_id": "7", "stock_num": "-", "lock_num": ".", "order_num": "1e", "weight": "NaN"},
    {"spec_id": "nested", "warehouse_id": "7", "stock_num": {"value": 1}},
    {"spec_id": "no-time", "warehouse_id": "7", "modified": "yesterday"},
    {"spec_id": "Feb-30", "warehouse_id": "7", "modified": "2024-02-30 00:00:00"},
    {"spec_id": "25-o-clock", "warehouse_id": "7", "Created": "2024-02-03 25:00:00"},
    {"spec_id": "a@b", "warehouse_id": "7", "stock_num": "4"},
    {"spec_id": "good-2", "warehouse_id": "7", "stock_num": "5"}
]');
