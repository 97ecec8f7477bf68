-- Field names are matched without regard to case, in every record of a page and whatever stands in its texts.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "7", "created": "2024-01-01 00:00:01", "status": "1"},
    {"spec_id": "2", "warehouse_id": "7", "Created": "2024-01-01 00:00:02", "Status": "2", "STOCK_NUM": "2.0"}
]', '[
    {"spec_id": "3", "warehouse_id": "7", "goods_name": "a}b", "Created": "2024-01-01 00:00:03", "Status": "3"}
]', '[
    {"spec_id": "4", "warehouse_id": "7", "extra": {"deep": "x"}, "Created": "2024-01-01 00:00:04", "Status": "4"}
]');
