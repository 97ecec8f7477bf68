-- The document as it goes out.
select given.wdt('[{"spec_id": "1", "warehouse_id": "2", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1.5000"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 12}]');
