-- Source rows without a counterpart are ignored when every condition holds; a blank value is 0. With a counterpart
-- the conditions are not asked.
select given.param('ignore_index_exception', '{"stock_num": {"operator": "eq", "value": ""}, "lock_num": {"operator": "elt", "value": "2"}}');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "both-hold", "stock_num": "0.0000", "lock_num": "2"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "one-holds", "stock_num": "0", "lock_num": "3"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "no-figure", "stock_num": "0", "lock_num": null},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "counterpart", "stock_num": "0", "lock_num": "0"}
]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "counterpart", "currentqty": 1}]');
