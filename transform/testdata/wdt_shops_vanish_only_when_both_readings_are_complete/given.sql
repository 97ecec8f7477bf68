-- pipeline: wdt-shops-to-jdy
-- Shops in use and shops out of use are two readings. One that stands in neither is removed, but only once both are
-- complete; one that moves between them is not removed.
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "stays", "is_disabled": "0"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "is disabled", "is_disabled": "0", "modified": "2026-01-01 00:00:01"}
]', '[
    {"shop_id": "3", "shop_no": "S3", "shop_name": "vanishes", "is_disabled": "0"}
]');
-- run
select given.pages('wdt', 'wdt.shop.disabled', '[
    {"shop_id": "9", "shop_no": "S9", "shop_name": "out of use, vanishes", "is_disabled": "1"}
]');
-- run
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "stays", "is_disabled": "0"}
]');
select given.pages_incomplete('wdt', 'wdt.shop.disabled', 'the gateway did not answer');
-- run
select given.pages_incomplete('wdt', 'wdt.shop', 'the gateway did not answer', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "stays", "is_disabled": "0"}
]');
select given.pages('wdt', 'wdt.shop.disabled', '[
    {"shop_id": "2", "shop_no": "S2", "shop_name": "is disabled", "is_disabled": "1", "modified": "2026-01-01 00:00:02"}
]');
-- run
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "stays", "is_disabled": "0"}
]');
select given.pages('wdt', 'wdt.shop.disabled', '[
    {"shop_id": "2", "shop_no": "S2", "shop_name": "is disabled", "is_disabled": "1", "modified": "2026-01-01 00:00:02"}
]');
-- run
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "stays", "is_disabled": "0"},
    {"shop_id": "4", "shop_no": "S4", "shop_name": "is new", "is_disabled": "0"}
]');
select given.pages('wdt', 'wdt.shop.disabled', '[
    {"shop_id": "2", "shop_no": "S2", "shop_name": "is disabled", "is_disabled": "1", "modified": "2026-01-01 00:00:02"}
]');
