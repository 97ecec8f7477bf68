-- A map that holds a code with and without blanks translates each row once: the code without blanks counts.
insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
values
    ('wdt', ' A', 'yonsuite', 'wrong'),
    ('wdt', 'A', 'yonsuite', 'right'),
    ('wdt', 'A ', 'yonsuite', 'also wrong');
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "W1", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "right", "currentqty": 1}]');
