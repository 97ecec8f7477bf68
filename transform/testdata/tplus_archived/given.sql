-- pipeline: wdt-stockouts-to-tplus
-- fault 27: what retention dropped long ago is not delivered again, and not forgotten: delivered (1 unchanged, 2 changed, 3
-- cancelled), withdrawn (4 due again word for word, 5 due again and changed, 6 not due), discarded by a person (7
-- unchanged, 8 changed), and never due (9).
select given.pages('wdt', 'wdt.stockout', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', case id when 9 then '55' else '95' end,
        'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:01', 'logistics_no', 'L1',
        'details_list', json_build_array(json_build_object('spec_no', 'A', 'goods_count', '1', 'price', '1'))
    ))::text
    from generate_series(1, 9) as id
));
-- run
select given.sent('1', '2', '3');
select given.decided('7', 'discarded');
select given.decided('8', 'discarded');
select given.pages('wdt', 'wdt.stockout.cancelled', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', '5', 'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:02'
    ))::text
    from generate_series(4, 6) as id
));
-- run
select given.archived();
select given.pages('wdt', 'wdt.stockout.modified', (
    select json_agg(json_build_object(
        'stockout_id', id, 'order_no', 'CK' || id, 'status', case id when 3 then '5' when 6 then '5' when 9 then '55' else '95' end,
        'consign_time', '2024-02-29 00:20:00', 'modified', '2024-02-29 00:00:03',
        'logistics_no', case when id in (2, 5, 8) then 'L2' else 'L1' end,
        'details_list', json_build_array(json_build_object('spec_no', 'A', 'goods_count', '1', 'price', '1'))
    ))::text
    from generate_series(1, 9) as id
));
