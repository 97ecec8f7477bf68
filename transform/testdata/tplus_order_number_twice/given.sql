-- pipeline: wdt-stockouts-to-tplus
-- Of two stockouts with one number the one that was delivered keeps it, else the older, ids compared as numbers; the
-- other is held back until the number is free.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "10", "order_no": "CK1", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "9", "order_no": "CK1 ", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "20", "order_no": "CK2", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "30", "order_no": "CK3", "status": "5", "details_list": []},
    {"stockout_id": "31", "order_no": "CK3", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "40", "order_no": "CK4", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "50", "order_no": "CK5", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "51", "order_no": "CK5", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
-- run
select given.sent('20', '40');
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "19", "order_no": "CK2", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "40", "order_no": "CK4", "status": "5"},
    {"stockout_id": "41", "order_no": "CK4", "status": "95", "consign_time": "2024-02-29 00:20:00", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "50", "order_no": "CK5", "status": "5"}
]');
