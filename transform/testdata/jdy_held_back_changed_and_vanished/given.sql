-- pipeline: wdt-shops-to-jdy
-- 星辰 takes changes: a shop that changes makes a new revision, sent or not. A shop that cannot be mapped is held back;
-- one that vanished is not sent any more, and if it was, a person is told.
select given.param('base_unit_id', '');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "changes after it was sent"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "changes before"},
    {"shop_id": "3", "shop_no": "", "shop_name": "without a number"},
    {"shop_id": "4", "shop_no": "S4", "shop_name": " "},
    {"shop_id": "5", "shop_no": "S5", "shop_name": "vanishes after it was sent"},
    {"shop_id": "6", "shop_no": "S6", "shop_name": "vanishes before"},
    {"shop_id": "7", "shop_no": "", "shop_name": "vanishes, held back"},
    {"shop_id": "8", "shop_no": "S1", "shop_name": "number of another"},
    {"shop_id": "10", "shop_no": "S10", "shop_name": "one name"},
    {"shop_id": "9", "shop_no": "S9", "shop_name": "one name"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
-- run
select given.param('base_unit_id', '77');
-- run
select given.sent('1', '5');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "1", "shop_no": "S1", "shop_name": "changed after it was sent"},
    {"shop_id": "2", "shop_no": "S2", "shop_name": "changed before"},
    {"shop_id": "3", "shop_no": "S3", "shop_name": "with a number"},
    {"shop_id": "4", "shop_no": "S4", "shop_name": " "},
    {"shop_id": "8", "shop_no": "S1", "shop_name": "number of another"},
    {"shop_id": "10", "shop_no": "S10", "shop_name": "one name"}
]');
select given.pages('wdt', 'wdt.shop.disabled', '[
    {"shop_id": "9", "shop_no": "S9", "shop_name": "out of use, another name", "is_disabled": "1"}
]');
