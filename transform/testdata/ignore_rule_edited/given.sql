-- A rule that is deleted or edited acts on the next run, although neither side changed.
insert into ref.ignore_rule (pipeline_code, warehouse_code, sku_code, reason)
values
    ('stock-compare', null, 'A', 'known'),
    ('stock-compare', null, 'C', 'known'),
    ('stock-compare', null, 'D', 'known');
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"},
    {"spec_id": "2", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "B", "stock_num": "2"},
    {"spec_id": "3", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "C", "stock_num": "3"},
    {"spec_id": "4", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "D", "stock_num": "4"}
]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "other", "currentqty": 9}]');
-- run
delete from ref.ignore_rule where sku_code = 'C';
-- run
update ref.ignore_rule set sku_code = 'B' where sku_code = 'A';
update ref.ignore_rule set reason = 'known better' where sku_code = 'D';
