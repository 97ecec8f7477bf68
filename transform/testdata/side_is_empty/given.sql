-- An empty side gives no thousand differences but a finding.
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite();
-- run
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 9}]');
-- run
-- It empties again: the difference stays open.
select given.yonsuite();
