-- When a rule has expired between two runs, its rows are differences again.
insert into ref.ignore_rule (pipeline_code, sku_code, reason, created_at, expires_at)
values ('stock-compare', 'A', 'stocktaking', clock_timestamp() - interval '1 day', clock_timestamp() + interval '1 day');
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9}]');
-- run
update ref.ignore_rule set expires_at = clock_timestamp();
