-- pipeline: jst-orders
-- A document finishes without a call. Only the states asked for make one; what was kept once is kept up to date,
-- whatever becomes of it, sent or not.
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "o_id": 5, "so_id": "T1", "shop_id": 9, "status": "Confirmed", "modified": "2024-05-01 10:20:30", "pay_amount": "706.00", "items": [{"sku_id": "A"}, {"sku_id": "B"}]},
    {"io_id": "2", "status": "WaitConfirm", "modified": "2024-05-01 10:20:30"},
    {"io_id": "3", "status": "Confirmed", "modified": "2024-05-01 10:20:30"},
    {"io_id": "4", "modified": "2024-05-01 10:20:30"}
]');
-- run
select given.sent('1');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "o_id": 5, "so_id": "T1", "shop_id": 9, "status": "Cancelled", "modified": "2024-05-01 10:20:31", "pay_amount": 0, "items": []},
    {"io_id": "2", "status": "Confirmed", "modified": "2024-05-01 10:20:31"},
    {"io_id": "3", "status": "Confirmed", "modified": "2024-05-01 10:20:30", "remark": "nothing that the document carries"}
]');
