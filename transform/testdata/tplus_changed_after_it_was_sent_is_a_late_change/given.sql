-- pipeline: wdt-stockouts-to-tplus
-- T+ takes no changes. What changed after the voucher was made, or was perhaps made, is listed field by field; a change
-- that goes back is taken off the list; a later change replaces the earlier.
select given.pages('wdt', 'wdt.stockout', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', '95', 'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:01',
        'receiver_address', 'first street', 'logistics_no', 'L1',
        'details_list', json_build_array(json_build_object('spec_no', 'A', 'goods_count', '1', 'price', '1'))
    ))::text
    from generate_series(1, 7) as id
));
-- run
select given.sent('1', '2', '3', '4');
select given.in_doubt('5', 'no answer');
select given.sending('6');
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "1", "order_no": "CK1", "status": "105", "consign_time": "2024-03-01 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "second street", "logistics_no": "L1",
     "details_list": [{"spec_no": "A", "goods_count": "2", "price": "1"}, {"spec_no": "B", "goods_count": "1", "price": "0", "gift_type": "1"}]},
    {"stockout_id": "2", "order_no": "CK2", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "CK3", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "4", "order_no": "CK4", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L1", "details_list": [{"spec_no": "A", "goods_count": "0", "price": "1"}]},
    {"stockout_id": "5", "order_no": "CK5", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "6", "order_no": "CK6", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "7", "order_no": "CK7", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:02",
     "receiver_address": "first street", "logistics_no": "L2", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "2", "order_no": "CK2", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "receiver_address": "first street", "logistics_no": "L1", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "3", "order_no": "CK3", "status": "105", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "receiver_address": "first street", "logistics_no": "L3", "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]}
]');
