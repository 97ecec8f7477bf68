-- pipeline: wdt-stockouts-to-tplus
-- Lines and positions are replaced as a whole with their document.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "modified": "2026-01-01 00:00:01", "details_list": [
        {"spec_no": "A", "position_list": [{"position_no": "A-1"}, {"position_no": "A-2"}]},
        {"spec_no": "B", "position_list": [{"position_no": "B-1"}]},
        {"spec_no": "B", "remark": "the same SKU on another line"}
    ]},
    {"stockout_id": "2", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "stays"}]},
    {"stockout_id": "3", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "goes"}]}
]');
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "1", "modified": "2026-01-01 00:00:02", "details_list": [
        {"spec_no": "B", "position_list": [{"position_no": "B-1"}]},
        {"spec_no": "A", "position_list": [{"position_no": "A-2"}]}
    ]},
    {"stockout_id": "3", "modified": "2026-01-01 00:00:02"}
]');
