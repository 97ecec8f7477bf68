-- pipeline: wdt-shops-to-jdy
-- 星辰 takes changes: a shop that changes long after it was delivered is an update, although what it got then is not kept
-- (1), also where the document between was never sent (2). A shop that did not change makes nothing (3).
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "one"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "two"},
    {"shop_id": "3", "shop_no": "S3", "shop_name": "three"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
-- run
select given.sent('1', '2', '3');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "one"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "two, given up"},
    {"shop_id": "3", "shop_no": "S3", "shop_name": "three"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
-- run
select given.decided('2', 'discarded');
select given.archived();
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "one changed"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "two changed"},
    {"shop_id": "3", "shop_no": "S3", "shop_name": "three"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
