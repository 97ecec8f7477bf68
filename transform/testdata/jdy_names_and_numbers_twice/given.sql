-- pipeline: wdt-shops-to-jdy
-- The shop with the smaller id has a name first, so that another shop may have to be called otherwise when one appears
-- or goes; a number belongs to whom its 商品 was made for.
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "20", "shop_no": "S20", "shop_name": "旗舰店"},
    {"shop_id": "21", "shop_no": "S21", "shop_name": "另一店"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
-- run
select given.sent('20', '21');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "20", "shop_no": "S20", "shop_name": "旗舰店"},
    {"shop_id": "21", "shop_no": "S21", "shop_name": "另一店"},
    {"shop_id": "3", "shop_no": "S3", "shop_name": "旗舰店"},
    {"shop_id": "4", "shop_no": "S21", "shop_name": "占号店"}
]');
-- run
select given.sent('3', '20');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "20", "shop_no": "S20", "shop_name": "旗舰店"},
    {"shop_id": "21", "shop_no": "S21", "shop_name": "另一店"},
    {"shop_id": "4", "shop_no": "S21", "shop_name": "占号店"}
]');
select given.pages('wdt', 'wdt.shop.disabled');
