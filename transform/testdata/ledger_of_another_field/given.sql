-- Another field of the counterpart is compared from now on: what stood in the ledger for the old one is resolved.
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 5, "availableqty": 6}]');
-- run
select given.param('counterpart_field', 'availableqty');
