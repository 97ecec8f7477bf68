-- pipeline: wdt-stockouts-to-tplus
-- A stockout that changes while its document waits makes a new revision; a change that the voucher does not carry makes
-- none; one that goes back makes one more.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "95", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:01",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "2", "order_no": "CK2", "status": "95", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:01",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "details_list": [{"spec_no": "A", "goods_count": "2", "price": "1"}]},
    {"stockout_id": "2", "order_no": "CK2", "status": "110", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_name": "now known", "details_list": [{"spec_no": "A", "goods_count": "1.0000", "price": "1.00", "remark": "looked at"}]}
]');
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "110", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
