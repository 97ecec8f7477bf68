-- Every figure of 旺店通 that the configuration allows can be compared.
select given.param('source_field', 'weight');
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1", "weight": "2.5", "cost_price": "3"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 2.5}]');
