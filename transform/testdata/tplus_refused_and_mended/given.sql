-- pipeline: wdt-stockouts-to-tplus
-- A voucher that T+ refused is looked at by every run: a map that was mended makes a new revision, without one it stays.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "95", "consign_time": "2024-02-29 00:20:00", "shop_no": "S1", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "2", "order_no": "CK2", "status": "95", "consign_time": "2024-02-29 00:20:00", "shop_no": "S2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "CK3", "status": "95", "consign_time": "2024-02-29 00:20:00", "shop_no": "S3", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
-- run
select given.rejected('1', 'no such customer');
select given.rejected('2', 'no such customer');
select given.sent('3');
-- run
insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
values ('wdt', 'S1', 'tplus', 'C1'), ('wdt', 'S1', 'another', 'C9');
-- run
select given.sent('1');
