-- pipeline: jst-saleouts-to-k3cloud
-- A sale-out that was shipped before shipped_since and changes now, as by being archived, is not delivered. One that
-- pandian delivered and that falls before a later shipped_since is told of when it changes.
select given.param('shipped_since', '2024-03-01T00:00:00+08:00');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": 1, "status": "Archive", "io_date": "2024-02-29 23:59:59", "modified": "2024-03-02 00:00:01", "shop_id": 5,
     "drp_co_id_from": "D1", "wms_co_id": 9, "items": [{"sku_id": "A", "qty": 1, "sale_price": 2}]},
    {"io_id": 2, "status": "Confirmed", "io_date": "2024-03-01 00:00:00", "modified": "2024-03-02 00:00:01", "shop_id": 5,
     "drp_co_id_from": "D1", "wms_co_id": 9, "items": [{"sku_id": "A", "qty": 1, "sale_price": 2}]}
]');
-- run
select given.sent('2');
select given.param('shipped_since', '2024-04-01T00:00:00+08:00');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": 2, "status": "Archive", "io_date": "2024-03-01 00:00:00", "modified": "2024-03-03 00:00:01", "shop_id": 5,
     "drp_co_id_from": "D1", "wms_co_id": 9, "items": [{"sku_id": "A", "qty": 1, "sale_price": 2}]}
]');
