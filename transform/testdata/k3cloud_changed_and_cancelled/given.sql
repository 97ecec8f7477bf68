-- pipeline: jst-saleouts-to-k3cloud
-- 星空 takes no changes to an audited bill: before sending a change is a new revision and a cancellation withdraws the
-- bill; after sending both are listed for a person, with the fields that differ.
select given.pages('jst', 'jst.saleout', (
    select json_agg(json_build_object(
        'io_id', id, 'drp_co_id_from', 'D', 'status', case id when 6 then 'WaitConfirm' else 'Confirmed' end, 'io_date', '2024-05-01 10:20:30',
        'wms_co_id', 7, 'modified', '2024-05-01 00:00:01', 'free_amount', 0, 'items', json_build_array(json_build_object('sku_id', 'A', 'qty', 1, 'sale_price', 1))
    ))::text
    from generate_series(1, 6) as id
));
-- run
select given.sent('3', '4', '5');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": 1, "drp_co_id_from": "D", "status": "Confirmed", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "modified": "2024-05-01 00:00:02", "free_amount": 0, "items": [{"sku_id": "A", "qty": 2, "sale_price": 1}]},
    {"io_id": 2, "drp_co_id_from": "D", "status": "Delete", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "modified": "2024-05-01 00:00:02", "items": []},
    {"io_id": 3, "drp_co_id_from": "D", "status": "Archive", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "modified": "2024-05-01 00:00:02", "free_amount": 3, "remark": "退一件",
     "items": [{"sku_id": "A", "qty": 1, "sale_price": 0}]},
    {"io_id": 4, "drp_co_id_from": "D", "status": "Cancelled", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "modified": "2024-05-01 00:00:02", "items": []},
    {"io_id": 5, "drp_co_id_from": "D", "status": "Archive", "io_date": "2024-05-01 10:20:30", "wms_co_id": 7, "modified": "2024-05-01 00:00:02", "free_amount": 0, "items": [{"sku_id": "A", "qty": 1, "sale_price": 1}]},
    {"io_id": 6, "drp_co_id_from": "D", "status": "Cancelled", "modified": "2024-05-01 00:00:02"}
]');
