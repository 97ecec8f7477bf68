-- target_field_quote = 0 writes nothing back.
select given.param('target_field_quote', '0');
select given.wdt('[{"spec_id": "1", "warehouse_id": "2", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 12}]');
