-- pipeline: wdt-stockouts-to-tplus
-- A stockout that was shipped before shipped_since and changes now is not delivered; the border itself is.
select given.param('shipped_since', '2024-03-01T00:00:00+08:00');
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "110", "consign_time": "2024-02-29 23:59:59", "modified": "2024-03-02 00:00:01",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "2", "order_no": "CK2", "status": "95", "consign_time": "2024-03-01 00:00:00", "modified": "2024-03-02 00:00:01",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "CK3", "status": "95", "consign_time": "0000-00-00 00:00:00", "modified": "2024-03-02 00:00:01",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
