-- Equality with figures of yesterday is worse than none: a side older than stale_after is not compared.
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9}]');
update ops."window" set opened_at = opened_at - interval '25 hours' where kind = 'snapshot';
-- run
select given.param('stale_after', '1d2h');
