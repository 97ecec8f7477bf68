-- The other direction is switched on, and later off, although neither side changed.
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[
    {"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1},
    {"warehouse_code": "W1", "product": "P", "productsku_code": "only-there", "currentqty": 3}
]');
-- run
select given.param('both_directions', 'on');
-- run
select given.param('both_directions', 'off');
