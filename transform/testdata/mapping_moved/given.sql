-- A row that stood in the wrong map is moved to the right one, as it stands: everything is compared anew.
insert into ref.warehouse_map (source_connection_code, source_warehouse_code, target_connection_code, target_warehouse_code)
values ('wdt', 'A', 'yonsuite', 'B');
select given.wdt('[{"spec_id": "1", "warehouse_id": "1", "warehouse_no": "A", "goods_no": "A", "stock_num": "1"}]');
select given.yonsuite('[{"warehouse_code": "A", "product": "P", "productsku_code": "B", "currentqty": 1}]');
-- run
insert into ref.sku_map
select * from ref.warehouse_map;
delete from ref.warehouse_map;
