-- What stands in a page becomes the value of a column, whatever form the platform sends it in.
select given.wdt('[
    {"spec_id": "1", "warehouse_id": "7", "goods_no": "A", "spec_no": "A-red", "barcode": "690", "warehouse_no": "W1",
     "stock_num": "12.5000", "lock_num": "0.0000", "cost_price": "1.10000", "rec_id": "9007199254740993",
     "Status": "1", "Created": "2024-02-29 23:59:59", "modified": "2026-01-02 03:04:05", "unknown": {"kept": ["raw"]}},
    {"spec_id": 1234567890123456789, "warehouse_id": 7, "goods_no": null, "spec_no": "", "stock_num": 3,
     "lock_num": -1.5, "order_num": 1e2, "sending_num": null, "unpay_num": "", "weight": " 0.1 ",
     "Status": null, "Created": "0000-00-00 00:00:00", "modified": "1000-01-01 00:00:00"},
    {"spec_id": "3", "warehouse_id": "7", "goods_no": " B\t", "stock_num": "+0.1", "lock_num": ".25", "order_num": "7.",
     "purchase_num": "99999999999999999.9", "goods_name": "a}b \"quoted\" 红色", "Created": "", "modified": "2026-01-02T03:04:05.678"}
]');
