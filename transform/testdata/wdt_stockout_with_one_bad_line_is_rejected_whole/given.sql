-- pipeline: wdt-stockouts-to-tplus
-- One field that cannot be read, wherever it stands, rejects its document: the last good state stays, the other
-- documents of the page go on.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "old", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "old", "goods_count": "1"}]},
    {"stockout_id": "2", "order_no": "old", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "old", "goods_count": "1"}]}
]');
-- run
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "new", "modified": "2026-01-01 00:00:02", "post_fee": "1,000.00", "details_list": [
        {"spec_no": "good", "goods_count": "1"},
        {"spec_no": "bad", "goods_count": "two", "expire_date": "soon", "position_list": [{"num": "1"}, {"num": "１", "modified": "2026-02-30"}]}
    ]},
    {"stockout_id": "2", "order_no": "new", "modified": "2026-01-01 00:00:02", "details_list": [{"spec_no": "new", "goods_count": "2"}]},
    {"stockout_id": "3", "order_no": "positions", "details_list": [{"position_list": [{"num": "x"}]}]},
    {"stockout_id": "4", "order_no": "no list", "details_list": "many"},
    {"stockout_id": "5", "order_no": "no list", "details_list": {"spec_no": "A"}},
    {"stockout_id": "6", "order_no": "no list", "details_list": 5},
    {"stockout_id": "7", "order_no": "no list", "details_list": [{"position_list": true}]},
    {"stockout_id": "8", "order_no": "no objects", "details_list": ["A", null, {"spec_no": "A", "position_list": [7]}]},
    {"order_no": "no key", "details_list": [{"spec_no": "A"}]},
    {"stockout_id": " ", "order_no": "blank key"},
    "no record"
]');
