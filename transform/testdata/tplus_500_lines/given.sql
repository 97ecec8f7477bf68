-- pipeline: wdt-stockouts-to-tplus
-- An order of 500 lines is one voucher of 500 lines, in their order; the analyst sees the same lines and totals.
select given.pages('wdt', 'wdt.stockout', json_build_array(json_build_object(
    'stockout_id', '1', 'order_no', 'CK1', 'status', '95', 'consign_time', '2024-02-29 00:20:00',
    'details_list', (
        select json_agg(json_build_object(
            'spec_no', 'SKU-' || line_no, 'goods_count', line_no, 'price', round(line_no / 100.0, 2), 'goods_name', '货品', 'gift_type', line_no % 2,
            'position_list', json_build_array(
                json_build_object('position_goods_count', line_no - 1, 'batch_no', 'B1'),
                json_build_object('position_goods_count', 1, 'batch_no', 'B2')
            )
        ) order by line_no)
        from generate_series(1, 500) as line_no
    )
))::text);
