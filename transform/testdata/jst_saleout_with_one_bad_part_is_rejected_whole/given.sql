-- pipeline: jst-orders
-- One field that cannot be read, in whichever list it stands, rejects its document; the good ones go on.
select given.pages('jst', 'jst.saleout', '[{"io_id": "1", "so_id": "old", "modified": "2026-01-01 00:00:01"}]');
-- run
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "so_id": "new", "modified": "2026-01-01 00:00:02", "items": [{"qty": 1}, {"qty": "one"}]},
    {"io_id": "2", "so_id": "good", "modified": "2026-01-01 00:00:02", "items": [{"qty": 1}]},
    {"io_id": "3", "batchs": [{"product_date": "2026-13-01"}]},
    {"io_id": "4", "sns": [{"pay_date": "?"}]},
    {"io_id": "5", "pays": [{"amount": "1,000.00"}]},
    {"io_id": "6", "ClusterInfos": [{"f_weight": "heavy"}]},
    {"io_id": "7", "items": [{"batchs": [{"qty": "x", "sns": [{"pay_date": "x"}]}], "sns": [{"pay_date": "y"}], "pays": [{"amount": "z"}]}]},
    {"io_id": "8", "items": [{"pay_amount": "of the order, no number", "pays": [{"weight": "nor this"}]}]},
    {"io_id": "9", "items": "none", "batchs": 1, "sns": true, "pays": {"a": 1}, "ClusterInfos": "x"},
    {"io_id": "10", "items": [null], "sns": ["SN1"]},
    {"so_id": "no key"},
    {"io_id": "11", "modified": "long ago", "ts": "x", "pay_amount": "1e400"}
]');
