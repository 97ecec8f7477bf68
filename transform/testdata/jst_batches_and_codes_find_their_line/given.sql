-- pipeline: jst-orders
-- A batch belongs to the item it stands in, else to that with its ioi_id, else to the first with its SKU, else to none;
-- a code to the batch it stands in, and to the line of its batch or SKU.
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "wire", "pay_date": "2026-01-01 00:00:00",
     "items": [{"ioi_id": 1, "sku_id": "A"}, {"ioi_id": 2, "sku_id": "A"}, {"ioi_id": 3, "sku_id": "B"}],
     "batchs": [{"batch_no": "by ioi_id", "ioi_id": 2, "sku_id": "A"}, {"batch_no": "by SKU", "sku_id": "A"},
                {"batch_no": "ioi_id goes first", "ioi_id": 3, "sku_id": "A"}, {"batch_no": "unknown", "ioi_id": 9, "sku_id": "Z"}],
     "sns": [{"sn": "by SKU", "sku_id": "B"}, {"sn": "unknown", "sku_id": "Z"}, {"sn": "no SKU"}]},
    {"io_id": "printed", "pay_date": "2026-01-01 00:00:00",
     "items": [
        {"ioi_id": 1, "sku_id": "A"},
        {"ioi_id": 2, "sku_id": "B", "sns": [{"sn": "of the item", "sku_id": "A"}], "batchs": [
            {"batch_no": "b1", "sku_id": "A", "sns": [{"sn": "1"}, {"sn": "2", "pay_date": "2026-02-02 00:00:00", "code": "0", "issuccess": "true", "msg": "ok"}]},
            {"batch_no": "b2", "sns": [{"sn": "3", "batch_no": "its own"}]}
        ]}
     ]}
]');
