-- pipeline: wdt-shops-to-jdy
-- What cannot be read is rejected; a shop that is rejected still stands, with its last good state; a shop that comes
-- twice keeps the state modified last.
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": 8, "shop_no": "S8", "shop_name": "good", "is_disabled": 0, "shop_priority": "5"},
    {"Shop_Id": "9", "SHOP_NO": "S9", "shop_name": "twice", "modified": "2026-01-01 00:00:02", "expire_time": "0000-00-00 00:00:00"},
    {"shop_id": "9", "shop_no": "S9", "shop_name": "twice, older", "modified": "2026-01-01 00:00:01"},
    {"shop_no": "no key"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
-- run
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": 8, "shop_no": "S8", "shop_name": "bad", "is_disabled": 0, "shop_priority": "first"},
    {"shop_id": "9", "shop_no": "S9", "shop_name": "older than the row", "modified": "2026-01-01 00:00:01", "auth_time": "2024-01-02 03:04:05.678"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
