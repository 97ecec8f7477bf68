-- pipeline: wdt-stockouts-to-tplus
-- Cancelled before the voucher was sent, it is never sent, unless it is due again later; cancelled after, a person is
-- told. What was held back, or never due, is simply not due any more. A person's decision stands.
select given.pages('wdt', 'wdt.stockout', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', case id when 7 then '55' else '95' end,
        'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:01',
        'details_list', json_build_array(json_build_object('spec_no', 'A', 'goods_count', case id when 6 then '0' else '1' end, 'price', '1'))
    ))::text
    from generate_series(1, 10) as id
));
-- run
select given.sent('3');
select given.rejected('4', 'the customer is not known');
select given.in_doubt('5', 'no answer');
select given.decided('8', 'held');
select given.decided('9', 'discarded');
select given.pages('wdt', 'wdt.stockout.cancelled', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', '5', 'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:02'
    ))::text
    from generate_series(1, 10) as id
));
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "2", "order_no": "CK2", "status": "95", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "4", "order_no": "CK4", "status": "95", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "details_list": [{"spec_no": "A", "goods_count": "1", "price": "1"}]},
    {"stockout_id": "10", "order_no": "CK10", "status": "95", "consign_time": "2024-02-29 00:20:00", "modified": "2024-02-29 00:00:03",
     "details_list": [{"spec_no": "A", "goods_count": "3", "price": "1"}]}
]');
